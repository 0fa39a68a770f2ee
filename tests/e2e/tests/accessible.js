/** For everybody: no violation that axe-core finds, keyboard only, 320 px, twice the size, both themes. */
import assert from 'node:assert/strict';
import { violations } from '../lib/axe.js';
import { Browser } from '../lib/browser.js';
import { PATIENCE } from '../lib/patience.js';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

const TAB = '\uE004', ENTER = '\uE007', ESCAPE = '\uE00C', SPACE = ' ';

/** Elements that stick out of the window, or targets smaller than 24 px (WCAG 2.2, 2.5.8); in the page. */
function cramped() {
    const found = [];
    if (document.documentElement.scrollWidth > window.innerWidth) found.push('the page scrolls sideways');
    for (const e of document.querySelectorAll('button, select, input, textarea, a[href]')) {
        if (!e.checkVisibility({ visibilityProperty: true })) continue;
        const box = (e.matches('[type=checkbox], [type=radio]') ? e.closest('label') ?? e : e).getBoundingClientRect();
        const name = e.id || e.className || e.textContent;
        if (box.width < 24 || box.height < 24) found.push(`${name}: ${box.width} × ${box.height}`);
        if (box.left < -1 || box.right > window.innerWidth + 1) found.push(`${name} sticks out: ${box.left} to ${box.right}`);
    }
    return found;
}

/** What still sticks out once the page has had time to be laid out for its new size. */
async function stillCramped(page) {
    for (let i = 0; ; i++) {
        const found = await page.call(cramped);
        if (found.length === 0 || i === 20 * PATIENCE) return found;
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

/** Every state that a guest and a host come through; `look` judges each. */
async function throughAllStates(t, browser, server, look) {
    const made = await server.makeRoom({ title: 'Conseil' });
    const ada = t.keep(await Person.arrive(browser, made.host_url, 'Ada'));
    await ada.shows('#start');
    await look(ada, 'before');
    await ada.page.click('#before-settings');
    await look(ada, 'settings');
    await ada.page.press(ESCAPE);
    await ada.start();
    await look(ada, 'alone');
    const blaise = t.keep(await Person.join(browser, made.url, 'Blaise'));
    await ada.sees(blaise);
    await look(ada, 'call');
    for (const [open, panel] of [['#people', '#people-panel'], ['#chat', '#chat-panel'], ['#info', '#info-panel']]) {
        await ada.page.click(open);
        await ada.shows(panel);
        await look(ada, panel);
    }
    for (const menu of ['react', 'more']) {
        await ada.page.click(`#${menu}`);
        await ada.shows(`#${menu}-menu`);
        await look(ada, menu);
        await ada.page.press(ESCAPE);
    }
    await ada.leave();
    await ada.shows('#after');
    await look(ada, 'after');
}

for (const [kind, lang, extra, theme] of [
    ['chromium', 'fr', { args: ['--force-dark-mode'] }, 'dark'],
    ['firefox', 'en', { prefs: { 'layout.css.prefers-color-scheme.content-override': 1 } }, 'light'],
]) {
    test(`${kind}: axe-core finds nothing wrong and nothing sticks out at 320 px in any state, ${theme}, ${lang}`, async (t) => {
        const server = await t.server();
        const browser = await Browser.start(kind, lang, extra);
        try {
            const found = [];
            await throughAllStates(t, browser, server, async (person, state) => {
                for (const line of await violations(person.page)) found.push(`${state}: ${line}`);
                await person.page.resize(320, 480); // 640 px at twice the size
                for (const line of await stillCramped(person.page)) found.push(`${state}, 320 px: ${line}`);
                await person.page.resize(1280, 800);
            });
            assert.deepEqual(found, []);
            assert.deepEqual(t.consoleErrors(), []);
        } catch (e) {
            await t.report(`${kind} axe`);
            throw e;
        } finally {
            await browser.stop();
            t.pages = [];
        }
    });
}

for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: a call with the keyboard alone, and single keys can be turned off`, async (t) => {
        const server = await t.server();
        const ada = t.keep(await Person.arrive(await t.browser(kind), await server.room(), 'Ada'));
        const on = (what) => ada.page.until(`the focus on ${what}`, (id) => document.activeElement?.id === id, { args: [what] });
        const hand = (up) => ada.page.until(`hand ${up}`, (wanted) => window.salonRoom.self.hand === wanted, { args: [up] });
        await on('name');
        await ada.page.press(...'Ada', ENTER);
        await ada.inCall();
        await ada.page.press('h');
        await hand(true);
        await ada.page.press('c');
        await on('chat-text');
        await ada.page.press(...'hh', ENTER); // typed, not done
        await ada.page.until('the message', () => document.querySelector('#messages li .text')?.textContent === 'hh');
        assert.equal(await ada.page.call(() => window.salonRoom.self.hand), true);
        await ada.page.press(ESCAPE);
        await on('chat');
        await ada.page.press('?');
        await ada.shows('#help');
        await ada.page.press(ESCAPE);
        await ada.page.press('l');
        await ada.page.until('another layout', () => document.querySelector('#layouts input:checked').value === 'grid');
        await on('chat');
        await ada.page.press(TAB);
        await on('more');
        await ada.page.press(ENTER);
        await ada.shows('#more-menu');
        await ada.page.call(() => document.querySelector('#settings-open').focus());
        await ada.page.press(ENTER);
        await ada.shows('#settings');
        await ada.page.call(() => document.querySelector('#set-keys').focus());
        await ada.page.press(SPACE, ESCAPE);
        await ada.page.press('h');
        await ada.page.click('#react'); // what a key would have done first would be seen by now
        await ada.page.click('#hand');
        await hand(false);
        await ada.page.call(() => document.querySelector('#leave').focus());
        await ada.page.press(ENTER);
        await ada.shows('#after');
    });
}
