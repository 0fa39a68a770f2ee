/** The pages before and around a call. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Browser } from '../lib/browser.js';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

const WORDS = { fr: 'Démarrer', en: 'Start' };

for (const kind of ['chromium', 'firefox']) {
    for (const [lang, word] of Object.entries(WORDS)) {
        test(`${kind}: the join page speaks ${lang} and fits 360 px`, async (t) => {
            const server = await t.server();
            const browser = await Browser.start(kind, lang);
            try {
                const ada = t.keep(await Person.arrive(browser, await server.room(), 'Ada', { width: 360, height: 740 }));
                await ada.shows('#start');
                assert.equal(await ada.page.call(() => document.querySelector('#start').textContent.trim()), word);
                assert.equal(await ada.page.call(() => document.documentElement.lang), lang);
                const fits = () => document.documentElement.scrollWidth <= window.innerWidth;
                assert.ok(await ada.page.call(fits), 'the page before the call is wider than the window');
                await ada.start();
                assert.ok(await ada.page.call(fits), 'the call is wider than the window');
                assert.deepEqual(t.consoleErrors(), []);
            } catch (e) {
                await t.report(`${kind} ${lang}`);
                throw e;
            } finally {
                await browser.stop();
                t.pages = [];
            }
        });
    }
}

test('the join page is there with less than 150 kB over the wire, its call included', async (t) => {
    const server = await t.server();
    const page = await (await t.browser('chromium')).page();
    t.pages.push(page);
    await page.goto(await server.room());
    await page.until('the call\'s modules', () => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/room/moderation.js')));
    const bytes = await page.call(() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
        .reduce((sum, { transferSize }) => sum + transferSize, 0));
    console.log(`     ${Math.round(bytes / 1000)} kB`);
    assert.ok(bytes > 20000 && bytes < 150000, `${bytes} bytes`);
});

test('a link that nobody has is a 404 page in the reader\'s language', async (t) => {
    const server = await t.server();
    const url = `${server.url}/r/${'0'.repeat(26)}`;
    const pages = {};
    for (const lang of ['fr', 'en']) {
        const reply = await fetch(url, { headers: { 'accept-language': lang, accept: 'text/html' } });
        assert.equal(reply.status, 404);
        assert.match(reply.headers.get('content-type'), /^text\/html/);
        pages[lang] = await reply.text();
    }
    assert.match(pages.fr, /lang="fr"/);
    assert.match(pages.en, /lang="en"/);
});

test('a room that is full says so, and takes who tries again when somebody has left', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'salon-full-'));
    await writeFile(join(folder, 'salon.yaml'), 'limits:\n  room_participants: 2\n');
    const server = await t.ownServer({ args: ['--config', join(folder, 'salon.yaml')] });
    const link = await server.room();
    const browser = await t.browser('chromium');
    const ada = t.keep(await Person.join(browser, link, 'Ada'));
    t.keep(await Person.join(browser, link, 'Zoé'));
    const blaise = t.keep(await Person.arrive(browser, link, 'Blaise'));
    await blaise.pressStart();
    await blaise.page.until('words for it', () => document.querySelector('#after')?.checkVisibility() &&
        document.querySelector('#after-title').textContent === 'The room is full' && document.querySelector('#after-text').textContent);
    await ada.leave();
    await ada.shows('#after');
    await blaise.page.click('#rejoin');
    await blaise.page.until('the room again', () => document.querySelector('#before')?.checkVisibility() ||
        window.salonRoom?.state === 'connected');
    if (await blaise.page.call(() => document.querySelector('#before').checkVisibility())) await blaise.page.click('#start');
    await blaise.inCall();
    await rm(folder, { recursive: true, force: true });
});

test('the landing page makes a room', async (t) => {
    const server = await t.server();
    const browser = await t.browser('chromium');
    const page = await browser.page();
    t.pages.push(page);
    await page.goto(`${server.url}/`);
    await page.click('#make');
    await page.until('the page of a room', () => location.pathname.startsWith('/r/') && document.querySelector('#start')?.checkVisibility());
});

test('the printed join link works, and still does after a restart of the server', async (t) => {
    const server = await t.ownServer();
    const made = await server.room();
    const first = await Person.join(await t.browser('chromium'), server.link, 'Ada');
    await first.page.close();
    await server.stop({ keep: true });
    const again = await t.ownServer({ port: server.port, state: server.state });
    const ada = t.keep(await Person.join(await t.browser('chromium'), made, 'Ada'));
    const blaise = t.keep(await Person.join(await t.browser('firefox'), made, 'Blaise'));
    await ada.meets(blaise);
    await ada.leave();
    await blaise.leave();
    assert.notEqual(again.process.pid, server.process.pid);
});
