/** What the views are made of. */
import { lang, me, t } from './lang.js';

/** An element: h('a', { href, class: 'x', onclick }, 'text', other). */
export function h(tag, props = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
        if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
        else if (value === true) element.setAttribute(name, '');
        else if (value !== false && value != null) element.setAttribute(name, value);
    }
    element.append(...children.flat().filter((child) => child != null));
    return element;
}

/** A camera and a text beside it. */
export function filmed(text) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', 'M3 6h11a2 2 0 0 1 2 2v1.5l5-3v11l-5-3V16a2 2 0 0 1-2 2H3a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2z');
    svg.append(path);
    return h('span', { class: 'filmed' }, svg, text);
}

/** Asks the suite's own server; throws what it says is wrong. */
export async function ask(action, body = {}) {
    const reply = await fetch(`/app/${action}?${new URLSearchParams({ user: me, lang })}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
    });
    const answer = await reply.json();
    if (!reply.ok) throw Object.assign(new Error(answer.error), { kind: answer.kind });
    return answer;
}

/** A line at the bottom, for a while. */
export function say(text, stays = 8000) {
    const line = h('p', {}, text);
    document.getElementById('states').append(line);
    if (stays) setTimeout(() => line.remove(), stays);
    return line;
}

/**
 * Renders when what `select` takes of the state is another than before: nobody loses the focus,
 * or a half-made click, because somebody else came online.
 */
export function when(select, render) {
    let shown;
    return (state) => {
        const now = JSON.stringify(select(state));
        if (now === shown) return;
        shown = now;
        render(state);
    };
}

/** A button whose work may fail: then that is said. */
export function button(text, work, props = {}) {
    const made = h('button', { type: 'button', ...props }, text);
    made.addEventListener('click', async () => {
        made.disabled = true;
        await work(made).catch((error) => say(error.message));
        made.disabled = false;
    });
    return made;
}

/** A form; `work` gets its fields. It is emptied when that went well. */
export function form(fields, text, work, props = {}) {
    const made = h('form', props, fields, h('button', { class: 'main' }, text));
    made.addEventListener('submit', async (event) => {
        event.preventDefault();
        try {
            await work(Object.fromEntries(new FormData(made)), made);
            made.reset();
        } catch (error) {
            say(error.message);
        }
    });
    return made;
}

export const field = (name, text, props = {}) =>
    h('label', { class: 'field' }, text, h('input', { name, ...props }));

export const check = (name, text, props = {}) =>
    h('label', { class: 'row' }, h('input', { type: 'checkbox', name, value: '1', ...props }), text);

/**
 * A launch link: a plain href, so that Ctrl + click opens a tab. Every link is good for one
 * room; so it is made anew once it was used.
 */
export function launch(text, claims, props = {}) {
    const link = h('a', { 'data-salon': 'AirTime', class: 'button', ...props }, text);
    const renew = async () => {
        link.href = await ask('launch', claims);
    };
    const used = () => setTimeout(renew, 500);
    link.addEventListener('click', used);
    link.addEventListener('auxclick', used);
    renew().catch((error) => say(error.message));
    return link;
}

/** A link to a room: in a window over the page, or a tab. */
export const roomLink = (url, text, props = {}) =>
    h('a', { href: url, 'data-salon': 'AirTime', ...props }, text ?? url);

export const copyButton = (url) =>
    button(t('copy'), async () => {
        await navigator.clipboard.writeText(url);
        say(t('copied'));
    });
