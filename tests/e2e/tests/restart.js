/** Control ends while media goes on: its workers keep forwarding, and its successor adopts them. */
import assert from 'node:assert/strict';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Of a page without a server, the browser itself reports each try to connect. */
const NO_SERVER = /WebSocket|ERR_CONNECTION_REFUSED|connection to ws|can.t establish/i;

test('after kill -9 of control calls go on without a gap in the pictures, and its successor knows all', async (t) => {
    t.allowed.push(NO_SERVER);
    const first = await t.ownServer();
    const link = await first.room();
    const people = [];
    for (const [kind, name] of [['chromium', 'Ada'], ['firefox', 'Blaise']])
        people.push(t.keep(await Person.join(await t.browser(kind), link, name)));
    const [ada, blaise] = people;
    await ada.meets(blaise);
    await blaise.meets(ada);
    await ada.page.call(() => window.salonRoom.chat('before'));
    for (const { page } of people)
        await page.call(() => {
            window.oldConnection = window.salonRoom.connection;
            window.oldId = window.salonRoom.self.id;
            window.said = [];
            window.salonRoom.on('chat', ({ text }) => window.said.push(text));
        });
    const workers = first.workers();
    await Promise.all([ada.watch(blaise), blaise.watch(ada)]);

    await first.crash();
    await ada.page.until('away', () => window.salonRoom.state === 'reconnecting');
    await sleep(3000); // longer than any buffer: what is shown now came without control
    for (const pid of workers) process.kill(pid, 0);
    const second = await t.ownServer({ port: first.port, state: first.state });
    const back = (p) => p.page.until('back', () => window.salonRoom.state === 'connected', { timeout: 10000 });
    await Promise.all([back(ada), back(blaise)]);
    await sleep(1000);
    const gaps = [await ada.longestGap(), await blaise.longestGap()];
    // Control is away for more than three seconds.
    assert.ok(Math.max(...gaps) < (process.env.BUILD?.includes('asan') ? 2000 : 1000), `pictures stood still for ${gaps} ms`);
    for (const { page } of people) {
        assert.ok(await page.call(() => window.salonRoom.connection === window.oldConnection), 'another peer connection');
        assert.ok(await page.call(() => window.salonRoom.self.id === window.oldId), 'another participant');
    }
    assert.match(second.log, /supervisor\.adopted/);
    await ada.sees(blaise, 'camera');
    await blaise.sees(ada, 'camera');
    // What is agreed, muted and said from now on reaches the same worker.
    await blaise.page.call(() => window.salonRoom.chat('after'));
    await ada.page.until('the message', () => window.said.includes('after'));
    await ada.page.call(() => window.salonRoom.setMuted('camera', true));
    await blaise.page.until('the mute', () => [...window.salonRoom.participants.values()][0].tracks
        .find(({ source }) => source === 'camera')?.muted);
    await ada.page.call(() => window.salonRoom.setMuted('camera', false));
});

test('control becomes another program in place: calls go on, and pages are back by themselves', async (t) => {
    const server = await t.ownServer();
    const link = await server.room();
    const [ada, blaise] = [t.keep(await Person.join(await t.browser('chromium'), link, 'Ada')),
        t.keep(await Person.join(await t.browser('firefox'), link, 'Blaise'))];
    await ada.meets(blaise);
    await blaise.meets(ada);
    for (const { page } of [ada, blaise])
        await page.call(() => {
            window.oldConnection = window.salonRoom.connection;
            window.oldId = window.salonRoom.self.id;
            window.states = [];
            window.salonRoom.on('state', ({ state }) => window.states.push(state));
        });
    const [workers, pid] = [server.workers(), server.process.pid];
    await Promise.all([ada.watch(blaise), blaise.watch(ada)]);
    process.kill(pid, 'SIGUSR2');
    await server.printed(/serve\.ready[^]*serve\.ready/);
    for (const { page } of [ada, blaise])
        await page.until('back', () => window.states.includes('reconnecting') && window.states.at(-1) === 'connected');
    const gaps = [await ada.longestGap(), await blaise.longestGap()];
    assert.ok(Math.max(...gaps) < (process.env.BUILD?.includes('asan') ? 2000 : 1000), `pictures stood still for ${gaps} ms`);
    assert.deepEqual([server.workers(), server.process.exitCode], [workers, null]);
    for (const { page } of [ada, blaise]) {
        assert.ok(await page.call(() => window.salonRoom.connection === window.oldConnection), 'another peer connection');
        assert.ok(await page.call(() => window.salonRoom.self.id === window.oldId), 'another participant');
    }
    await ada.sees(blaise, 'camera');
    await blaise.sees(ada, 'camera');
});
