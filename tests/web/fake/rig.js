/** A fake server and a room in it, for one test, and ways to wait for what is to happen. */

import { joinRoom } from '../../../src/web/salon.js';
import { install } from './browser.js';
import { FakeServer } from './server.js';

/**
 * @param {import('node:test').TestContext} t
 * @param {(server: FakeServer) => void} [prepare]
 * @param {object} [options] of joinRoom()
 */
export async function enter(t, prepare = () => {}, options = {}) {
    const server = await serve(t);
    prepare(server);
    const room = await joinRoom({
        link: 'TOKEN',
        name: 'Ada',
        signal: server.signal,
        ...options,
    });
    t.after(() => room.leave());
    return { server, room };
}

/** @param {import('node:test').TestContext} t */
export async function serve(t) {
    install();
    const server = await FakeServer.start();
    t.after(() => server.stop());
    return server;
}

/** Resolves with the detail of the next event that fits. */
export function heard(room, type, fits = () => true) {
    return new Promise((resolve) => {
        const off = room.on(type, (detail) => {
            if (!fits(detail)) return;
            off();
            resolve(detail);
        });
    });
}

/** Waits until it is true; the test runner's limit is the only one. */
export async function until(claim) {
    while (!claim()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Somebody with a camera and a microphone. */
export function person(id, name = id, more = []) {
    return {
        id,
        name,
        role: 'guest',
        client: 'web',
        hand: false,
        away: false,
        tracks: [
            { source: 'microphone', kind: 'audio', muted: false },
            { source: 'camera', kind: 'video', muted: false },
            ...more,
        ],
    };
}
