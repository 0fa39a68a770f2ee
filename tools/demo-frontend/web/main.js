/** The suite's page: menu, views, who is here, and who calls. */
import { h } from './dom.js';
import { lang, me, pageOf, t } from './lang.js';
import { Rings } from './ring.js';
import { agenda, meetings, phone } from './agenda.js';
import { airtime, chats, community, contacts } from './people.js';
import { journal, mails, organisation, profile } from './settings.js';

const views = { airtime, contacts, chats, agenda, meetings, community, profile, organisation, phone, mails, journal };
const menu = document.getElementById('menu');
const main = document.getElementById('view');
let state = await read();
let update = () => {};

async function read() {
    return (await fetch(`/app/state?user=${encodeURIComponent(me)}`)).json();
}

function show() {
    const name = Object.hasOwn(views, location.hash.slice(1)) ? location.hash.slice(1) : 'airtime';
    for (const link of menu.children) link.toggleAttribute('aria-current', link.dataset.view === name);
    main.replaceChildren(h('h1', {}, t(name)));
    document.title = `${t(name)} – Suite`;
    update = views[name](main, () => state) ?? (() => {});
    update(state);
}

/** Everything the pages share has changed, or who is here. */
function listen() {
    const source = new EventSource(`/app/events?user=${encodeURIComponent(me)}`);
    source.onopen = () => (document.documentElement.dataset.present = '');
    source.onmessage = async () => {
        state = await read();
        update(state);
    };
}

document.documentElement.lang = lang;
for (const element of document.querySelectorAll('[data-text]'))
    element.textContent = t(element.dataset.text);
for (const name of Object.keys(views))
    menu.append(h('a', { href: `#${name}`, 'data-view': name }, t(name)));
const who = document.getElementById('who');
for (const { ref, name } of state.people)
    who.append(h('option', { value: ref, selected: ref === me }, name));
who.addEventListener('change', () => location.assign(pageOf({ user: who.value })));
const other = document.getElementById('language');
other.textContent = t('other');
other.href = pageOf({ lang: lang === 'fr' ? 'en' : 'fr' });
other.lang = lang === 'fr' ? 'en' : 'fr';

addEventListener('hashchange', show);
show();
listen();
new Rings(state.salon).run();
