/** Every control of the room's page at the size of a telephone, a laptop and a large screen, in both languages. */
import assert from 'node:assert/strict';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

const ESCAPE = '\uE00C';
const START = { fr: 'Démarrer', en: 'Start' };

/** What a control says of itself, by label and state; or whether that is `other` than `old`. In the page. */
const says = (selector, old, other) => {
    const e = document.querySelector(selector);
    const now = [e.textContent.trim(), e.ariaLabel, e.title, e.ariaPressed].join('|');
    return old === undefined ? now : (now !== old) === other;
};

class Hand {
    constructor(page) {
        this.page = page;
    }

    shows(selector, wanted = true) {
        return this.page.until(`${selector} ${wanted ? 'there' : 'gone'}`, (s, w) =>
            (document.querySelector(s)?.checkVisibility() ?? false) === w, { args: [selector, wanted] });
    }

    /** Presses what has two states, waits until it says so, and presses it again: it is as before. */
    async thereAndBack(selector, open) {
        const press = async () => {
            if (open) await this.page.click(open);
            await this.page.click(selector);
        };
        const before = await this.page.call(says, selector);
        await press();
        await this.page.until(`${selector} says something else`, says, { args: [selector, before, true] });
        await press();
        await this.page.until(`${selector} says what it said`, says, { args: [selector, before, false] });
    }

    /** Opens a panel by the bar, does something there, and closes it by the same button. */
    async panel(button, panel, act = () => {}) {
        await this.page.click(button);
        await this.shows(panel);
        await act();
        await this.page.click(button);
        await this.shows(panel, false);
    }

    /** Opens a window by the menu, does something there, and closes it by Escape. */
    async dialog(item, dialog, act = () => {}) {
        await this.page.click('#more');
        await this.page.click(item);
        await this.shows(dialog);
        await act();
        await this.page.press(ESCAPE);
        await this.shows(dialog, false);
    }
}

async function beforeTheCall(ada, lang) {
    const { page } = ada;
    await ada.shows('#start');
    assert.equal(await page.call(() => document.documentElement.lang), lang);
    assert.equal(await page.call(() => document.querySelector('#start').textContent.trim()), START[lang]);
    const hand = new Hand(page);
    await hand.thereAndBack('#before-mic');
    await hand.thereAndBack('#before-camera');
    await page.click('#before-settings');
    await hand.shows('#settings');
    await page.press(ESCAPE);
    await hand.shows('#settings', false);
    await ada.start();
    return hand;
}

async function bar(hand, page) {
    await hand.thereAndBack('#mic');
    await hand.thereAndBack('#camera');
    await page.click('#share');
    await hand.shows('#sharing');
    await page.click('#sharing input[value=motion]');
    await page.click('#sharing input[value=text]');
    await page.click('#share');
    await hand.shows('#sharing', false);
    await hand.thereAndBack('#hand', '#react');
    await page.click('#react');
    await page.click('[data-reaction=bravo]');
    await page.until('the reaction', () => document.querySelector('.reaction[data-reaction=bravo]'), { every: 50 });
}

async function panels(hand, page) {
    await hand.panel('#people', '#people-panel', async () => {
        await page.click('#lock');
        await hand.shows('#locked');
        await page.click('#lock');
        await hand.shows('#locked', false);
        await page.click('#invite-open');
        await hand.shows('#invite-panel');
        await page.click('#people');
        await hand.shows('#people-panel');
    });
    await hand.panel('#chat', '#chat-panel', async () => {
        await page.type('#chat-text', 'bonjour');
        await page.click('#chat-send');
        await page.until('the message', () => document.querySelector('#messages li .text')?.textContent === 'bonjour');
    });
    await page.click('#more');
    for (const layout of ['grid', 'speaker', 'auto']) {
        await page.click(`#layouts input[value=${layout}]`);
        await page.until(`the layout ${layout}`, (wanted) => JSON.parse(localStorage.salon).layout === wanted, { args: [layout] });
    }
    await page.press(ESCAPE);
    await hand.dialog('#settings-open', '#settings', async () => {
        for (const id of ['set-noise', 'set-gain', 'set-keys']) {
            const was = await page.call((i) => document.getElementById(i).checked, id);
            for (const now of [!was, was]) {
                await page.click(`#${id}`);
                assert.equal(await page.call((i) => document.getElementById(i).checked, id), now, id);
            }
        }
    });
    await hand.dialog('#help-open', '#help');
}

const SIZES = [[360, 640], [1280, 800], [1920, 1080]];

for (const [kind, first] of [['chromium', 'fr'], ['firefox', 'en']]) {
    SIZES.forEach(([width, height], at) => {
        const lang = at % 2 ? { fr: 'en', en: 'fr' }[first] : first;
        test(`${kind}: every control does what it says, ${width} × ${height}, ${lang}`, async (t) => {
            const server = await t.server();
            const { host_url } = await server.makeRoom({ title: 'Conseil' });
            const link = host_url.replace(/(#|$)/, (rest) => `${host_url.includes('?') ? '&' : '?'}lang=${lang}${rest}`);
            const ada = t.keep(await Person.arrive(await t.browser(kind), link, 'Ada', { width, height }));
            const hand = await beforeTheCall(ada, lang);
            await bar(hand, ada.page);
            await panels(hand, ada.page);
            await ada.leave();
            await ada.shows('#after');
            await ada.page.click('#rejoin');
            await ada.page.until('a call again', () => document.querySelector('#call')?.checkVisibility() ||
                document.querySelector('#before')?.checkVisibility());
        });
    });
}
