/** Rooms in a page of another origin: the element, events, commands, and who is not listened to. */
import assert from 'node:assert/strict';
import { test } from '../lib/runner.js';
import { Suite } from '../lib/suite.js';

/** A page with two rooms; `window.said` keeps what they tell. */
const PAGE = (server, links) => `
    <style>salon-room { width: 640px; height: 380px }</style>
    <script src="${server}/embed.js"></script>
    ${links.map((link, n) => `<salon-room id="room${n}" link="${link}" name="Nom ${n}" lang="fr" own-invite></salon-room>`).join('')}
    <script>
        window.said = [[], []];
        for (const n of [0, 1])
            for (const event of ['ready', 'joined', 'left', 'muted', 'participants', 'invite-requested', 'error'])
                document.querySelector('#room' + n).addEventListener(event, ({ detail }) => said[n].push([event, detail]));
    </script>`;

for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: two rooms in a page of another origin tell it what happens, and do what it asks`, async (t) => {
        const server = await t.server();
        const suite = new Suite(server, `Embed ${kind}`);
        const [a, b] = [await suite.api('POST', '/rooms', {}), await suite.api('POST', '/rooms', {})];
        const page = await (await t.browser(kind)).page(1300, 900);
        t.pages.push(page);
        const portal = await Suite.page(PAGE(server.url, [a.url, b.url]));
        try {
            await suite.api('PATCH', '/tenant', { origins: [new URL(portal.url).origin] });
            await page.goto(portal.url);
            const said = (n, what, where) => page.until(`room ${n}: ${what}`, (room, event, test_) =>
                window.said[room].findLast(([name, data]) => name === event && Object.entries(test_).every(([k, v]) => data[k] === v)),
            { args: [n, what, where ?? {}], timeout: 30000 });
            const rooms = [];
            for (const [n, { url }] of [a, b].entries()) {
                await said(n, 'ready');
                const room = await page.frame(new URL(url).pathname);
                await room.until('the name', (name) => document.querySelector('#name').value === name, { args: [`Nom ${n}`] });
                assert.equal(await room.call(() => document.querySelector('#start').textContent), 'Démarrer');
                if (n === 0) await room.call(() => document.querySelector('#before-mic').click());
                if (n === 0) await room.until('the microphone', () => 'on' in document.querySelector('#before-mic').dataset);
                await room.call(() => document.querySelector('#start').click());
                await said(n, 'joined');
                await said(n, 'participants', { count: 1 });
                rooms.push(room);
            }
            await said(0, 'muted', { microphone: false, camera: true, sharing: false });
            await said(1, 'muted', { microphone: true });
            await page.call(() => document.querySelector('#room0').mute({ microphone: true }));
            await said(0, 'muted', { microphone: true });
            await page.call(() => document.querySelector('#room0').mute({ microphone: false }));
            await said(0, 'muted', { microphone: false });
            // What the person never opened stays closed, whatever the page asks for.
            await page.call(() => {
                document.querySelector('#room1').mute({ microphone: false, camera: false });
                document.querySelector('#room1').setAttribute('name', 'Zoé <b>');
            });
            await rooms[1].until('the new name', () => window.salonRoom.self.name === 'Zoé <b>');
            assert.equal(await rooms[1].call(() => window.salonRoom.publishing.length), 0);
            await page.call(() => document.querySelector('#room1').invite());
            await said(1, 'invite-requested');
            await page.call(() => document.querySelector('#room0').leave());
            assert.deepEqual((await said(0, 'left'))[1], { reason: 'left' });
            assert.equal(await page.call(() => window.said[1].some(([event]) => event === 'left')), false, 'the other goes on');
        } finally {
            portal.close();
        }
    });
}

test('a page of no tenant may not frame a room, and words from elsewhere are not heard', async (t) => {
    const server = await t.server();
    const suite = new Suite(server, 'Embed strangers');
    const { url } = await suite.api('POST', '/rooms', {});
    const page = await (await t.browser('chromium')).page();
    t.pages.push(page);
    t.allowed.push(/frame-ancestors|Refused to frame|Framing/);
    const stranger = await Suite.page(PAGE(server.url, [url, 'https://evil.example/r/x']));
    try {
        await page.goto(stranger.url);
        assert.deepEqual(await page.until('an error of the foreign link', () => window.said[1][0]), ['error', { reason: 'invalid_link' }]);
        // What says it is our frame, and is the page itself, is not believed.
        await page.call(() => window.postMessage({ salon: 1, event: 'joined', data: {} }, '*'));
        await page.call(() => new Promise((done) => setTimeout(done, 500)));
        assert.deepEqual(await page.call(() => window.said[0]), []);
    } finally {
        stranger.close();
    }
    // In the room: a window that is not the page around it says "leave", and "hello" from a stranger's origin.
    const room = await (await t.browser('chromium')).page();
    t.pages.push(room);
    await room.goto(url);
    await room.type('#name', 'Gus');
    await room.click('#start');
    await room.until('the call', () => window.salonRoom?.state === 'connected');
    await room.call(async () => {
        for (const command of ['hello', 'leave', 'mute', '__proto__', 'toString'])
            window.postMessage({ salon: 1, command, data: null }, '*');
        await new Promise((done) => setTimeout(done, 300));
    });
    assert.equal(await room.call(() => window.salonRoom.state), 'connected');
});
