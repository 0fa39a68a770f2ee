/** Sound on its way: Chromium sends redundant audio (RED), and on a clean line viewers get plain packets of it. */
import assert from 'node:assert/strict';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

/** What this page's microphone is agreed to be sent as, and what was sent of it; in the page. */
async function sent() {
    const room = window.salonRoom;
    const mid = room.midOf('microphone');
    const { sender } = room.connection.getTransceivers().find((x) => x.mid === mid);
    const stats = [...(await room.connection.getStats()).values()];
    const { packetsSent, bytesSent } = stats.find((s) => s.type === 'outbound-rtp' && s.mid === mid);
    return { codec: sender.getParameters().codecs[0].mimeType, packets: packetsSent, bytes: bytesSent };
}

/** What came of the other's microphone; in the page. */
async function got(name) {
    const room = window.salonRoom;
    const { track } = [...room.participants.values()].find((p) => p.name === name).media.get('microphone');
    const stats = [...(await room.connection.getStats()).values()];
    const { packetsReceived, bytesReceived } =
        stats.find((s) => s.type === 'inbound-rtp' && s.trackIdentifier === track.id);
    return { packets: packetsReceived, bytes: bytesReceived };
}

const size = (before, after) => (after.bytes - before.bytes) / (after.packets - before.packets);

for (const kind of ['chromium', 'firefox']) {
    test(`chromium sends its microphone as RED, and ${kind} hears it in plain packets`, async (t) => {
        const server = await t.server();
        const link = await server.room();
        const ada = t.keep(await Person.join(await t.browser('chromium'), link, 'Ada'));
        const blaise = t.keep(await Person.join(await t.browser(kind), link, 'Blaise'));
        await blaise.hears(ada);
        await ada.hears(blaise);
        const before = [await ada.page.call(sent), await blaise.page.call(got, 'Ada')];
        assert.equal(before[0].codec.toLowerCase(), 'audio/red');
        await new Promise((r) => setTimeout(r, 4000));
        const after = [await ada.page.call(sent), await blaise.page.call(got, 'Ada')];
        // Each frame goes up twice and comes down once. Pages report an Opus payload either way.
        const up = size(before[0], after[0]), down = size(before[1], after[1]);
        assert.ok(up > 1.4 * down, `${up} bytes a packet go up, ${down} come down`);
    });
}
