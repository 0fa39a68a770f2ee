/** A bad day: what the page says when nothing gets through, and that nothing is lost on the way back. */
import assert from 'node:assert/strict';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

/** Peer connections that may only use a relay, of which there is none: as where UDP is blocked. */
const NO_WAY = `() => {
    const Native = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Native {
        constructor(conf) { super({ ...conf, iceTransportPolicy: 'relay' }); }
    };
}`;

for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: where nothing but the page gets through, it says so and what helps`, async (t) => {
        const server = await t.server();
        const page = await (await t.browser(kind)).page();
        t.pages.push(page);
        t.allowed.push(/WebRTC: ICE failed/); // Firefox says it, and it is so
        await page.bidi.send('script.addPreloadScript', { functionDeclaration: NO_WAY, contexts: [page.context] });
        await page.goto(await server.room());
        await page.type('#name', 'Gus');
        await page.click('#start');
        await page.until('why, and what helps', () => {
            const trouble = document.querySelector('#trouble');
            return trouble?.checkVisibility() && /UDP/.test(trouble.textContent);
        }, { timeout: 30000 });
    });

    test(`${kind}: without a network the page says so, and comes back with chat, mute and hand as they were`, async (t) => {
        const server = await t.server();
        const link = await server.room();
        const ada = t.keep(await Person.join(await t.browser(kind), link, 'Ada'));
        const blaise = t.keep(await Person.join(await t.browser('chromium'), link, 'Blaise'));
        await ada.meets(blaise);
        t.allowed.push(/WebSocket|offline|ERR_|can.t establish/i);
        await ada.page.click('#mic');
        await ada.page.click('#react');
        await ada.page.click('#hand');
        await blaise.page.call(() => window.salonRoom.chat('before'));
        await ada.page.until('a message', () => document.querySelectorAll('#messages li').length === 1);
        await ada.page.call(() => { // the network is gone, for all that the page can see of it
            Object.defineProperty(navigator, 'onLine', { configurable: true, get: () => false });
            window.Reachable = window.WebSocket;
            window.WebSocket = class extends window.Reachable {
                constructor() { super('ws://127.0.0.1:9/'); }
            };
            window.dispatchEvent(new Event('offline'));
            window.testSockets.at(-1).close();
        });
        await ada.page.until('that there is no network', () => document.querySelector('#trouble').checkVisibility() &&
            document.querySelector('#banner').checkVisibility());
        await blaise.page.call(() => window.salonRoom.chat('meanwhile'));
        await ada.page.call(() => {
            delete navigator.onLine;
            window.WebSocket = window.Reachable;
            window.dispatchEvent(new Event('online'));
        });
        await ada.page.until('back, with what was said', () => window.salonRoom.state === 'connected' &&
            document.querySelectorAll('#messages li').length === 2 && document.querySelector('#trouble').hidden);
        const kept = await blaise.page.call(() => {
            const [other] = window.salonRoom.participants.values();
            return [other.name, other.muted('microphone'), other.hand];
        });
        assert.deepEqual(kept, ['Ada', true, true]);
        await blaise.sees(ada);
    });
}
