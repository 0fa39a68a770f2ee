/** What breaks, heals: a worker's death, a lost socket, a reload, a restart of the server. */
import assert from 'node:assert/strict';
import { PATIENCE } from '../lib/patience.js';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function couple(t, server, kinds, names) {
    const link = await server.room();
    const people = [];
    for (const [i, kind] of kinds.entries())
        people.push(t.keep(await Person.join(await t.browser(kind), link, names[i])));
    await people[0].meets(people[1]);
    await people[1].meets(people[0]);
    return people;
}

test('after kill -9 of a worker its people are back within 5 s, and others notice nothing', async (t) => {
    const server = await t.ownServer();
    assert.ok(server.workers().length >= 2, 'this test needs two workers');
    const [ada, blaise] = await couple(t, server, ['chromium', 'firefox'], ['Ada', 'Blaise']);
    const victim = server.workerOf(await ada.mediaPort());
    // Rooms are spread over the workers: some room soon lies on another one.
    let carla, denis;
    for (let tries = 0; ; tries++) {
        [carla, denis] = await couple(t, server, ['chromium', 'chromium'], ['Carla', 'Denis']);
        if (server.workerOf(await carla.mediaPort()) !== victim) break;
        assert.ok(tries < 4, 'every room lies on the same worker');
        await carla.leave();
        await denis.leave();
    }
    await carla.watch(denis);
    for (const { page } of [ada, blaise])
        await page.call(() => { window.oldConnection = window.salonRoom.connection; });
    process.kill(victim, 'SIGKILL');
    const killed = Date.now();
    const renewed = (p) => p.page.until('a new connection', () => window.salonRoom.connection &&
        window.salonRoom.connection !== window.oldConnection &&
        window.salonRoom.connection.connectionState === 'connected', { timeout: 10000, every: 50 });
    await Promise.all([renewed(ada), renewed(blaise)]);
    await Promise.all([ada.decodes(blaise), blaise.decodes(ada)]);
    const seconds = (Date.now() - killed) / 1000;
    await Promise.all([ada.meets(blaise), blaise.meets(ada)]);
    const gap = await carla.longestGap();
    // The promise is the product's; a server under sanitizers takes longer beside four browsers.
    const promised = PATIENCE * (process.env.BUILD?.includes('asan') ? 10 : 5);
    assert.ok(seconds < promised, `pictures were back after ${seconds} s`);
    assert.ok(gap < 1000 * PATIENCE, `another worker's room saw nothing for ${gap} ms`);
    assert.equal(server.workers().length, 2);
});

for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: a lost socket is resumed without losing the media session`, async (t) => {
        const server = await t.server();
        const [ada, blaise] = await couple(t, server, [kind, 'chromium'], ['Ada', 'Blaise']);
        await ada.page.call(() => { window.oldConnection = window.salonRoom.connection; });
        const id = await ada.page.call(() => window.salonRoom.self.id);
        await ada.watch(blaise);
        await ada.dropSocket();
        await ada.page.until('away', () => window.salonRoom.state === 'reconnecting', { timeout: 2000, every: 10 }).catch(() => {});
        await ada.page.until('back', () => window.salonRoom.state === 'connected');
        await ada.page.until('a second socket', () => window.testSockets.length === 2 && window.testSockets[1].readyState === 1);
        await sleep(500);
        assert.ok(await ada.longestGap() < 1000 * PATIENCE, 'the picture stopped');
        assert.ok(await ada.page.call(() => window.salonRoom.connection === window.oldConnection), 'another peer connection');
        assert.equal(await ada.page.call(() => window.salonRoom.self.id), id);
        await blaise.knows('Ada');
        await blaise.page.click('#chat');
        await blaise.page.type('#chat-text', 'still here?');
        await blaise.page.press('\uE007');
        await ada.page.until('a message', () => document.querySelector('#messages')?.textContent.includes('still here?'));
    });

    test(`${kind}: a reloaded page is in the room again after Start`, async (t) => {
        const server = await t.server();
        const [ada, blaise] = await couple(t, server, [kind, 'chromium'], ['Ada', 'Blaise']);
        await ada.page.reload();
        await ada.start();
        await ada.meets(blaise);
        await blaise.knows('Ada');
        await blaise.meets(ada);
    });
}

test('SIGTERM ends the server in good order, and the pages come back to its successor', async (t) => {
    const server = await t.ownServer();
    const [ada, blaise] = await couple(t, server, ['chromium', 'firefox'], ['Ada', 'Blaise']);
    // While nobody listens, the browser itself reports each try to connect.
    t.allowed.push(/WebSocket|ERR_CONNECTION_REFUSED|connection to ws|can.t establish/i);
    const workers = server.workers();
    await server.stop({ keep: true });
    for (const pid of workers) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' }, `worker ${pid} lives on`);
    await t.ownServer({ port: server.port, state: server.state });
    await ada.page.until('in the room again', () => window.salonRoom.state === 'connected' &&
        window.salonRoom.connection?.connectionState === 'connected', { timeout: 40000 });
    await ada.sees(blaise, 'camera', { timeout: 40000 });
    await blaise.sees(ada, 'camera', { timeout: 40000 });
});

test('someone who closes the window is gone from the others', async (t) => {
    const server = await t.server();
    const [ada, blaise] = await couple(t, server, ['chromium', 'firefox'], ['Ada', 'Blaise']);
    t.pages = t.pages.filter((page) => page !== blaise.page);
    await blaise.page.close();
    await ada.page.until('nobody else', () => window.salonRoom.participants.size === 0, { timeout: 40000 });
});
