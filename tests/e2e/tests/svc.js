/** Layers inside one stream (SVC), between real encoders and decoders: who shows little gets little. */
import assert from 'node:assert/strict';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

const SMALL = 200, LARGE = 1280;

/** Publishes a moving picture of 1280 x 720; in the page. */
async function publish(codec, scalability) {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720 } });
    await window.salonRoom.publish(stream.getVideoTracks()[0], { codec, scalability });
}

/** What the encoder does; in the page. */
async function sending() {
    const stats = [...(await window.salonRoom.connection.getStats()).values()];
    const out = stats.filter((s) => s.type === 'outbound-rtp' && s.kind === 'video' && s.active !== false);
    const codec = out[0] && stats.find((s) => s.id === out[0].codecId);
    return out.map((s) => ({ mode: s.scalabilityMode, width: s.frameWidth, frames: s.framesEncoded,
        keys: s.keyFramesEncoded, plis: s.pliCount, codec: codec?.mimeType }));
}

/** What arrives of `name`'s camera; in the page. */
async function arriving(name) {
    const room = window.salonRoom;
    const seated = [...room.participants.values()].find((p) => p.name === name)?.media.get('camera');
    const stats = seated && [...(await room.connection.getStats()).values()]
        .find((s) => s.type === 'inbound-rtp' && s.trackIdentifier === seated.track.id);
    return stats ? { width: stats.frameWidth ?? 0, frames: stats.framesDecoded ?? 0, bytes: stats.bytesReceived,
        dropped: stats.framesDropped, freezes: stats.freezeCount ?? 0, frozen: stats.totalFreezesDuration ?? 0,
        keys: stats.keyFramesDecoded, plis: stats.pliCount, nacks: stats.nackCount, at: stats.timestamp } : null;
}

/** Somebody who comes without camera and microphone, and whose page leaves it to us what it wants to see. */
async function comes(t, kind, link, name) {
    const person = t.keep(await Person.arrive(await t.browser(kind), link, name, { width: 500, height: 400 }));
    await person.page.type('#name', name);
    await person.page.click('#start');
    await person.inCall();
    await person.page.call(() => {
        const room = window.salonRoom;
        window.testWant = room.want.bind(room);
        room.want = () => {};
    });
    return person;
}

/** Says that `viewer` shows the other's camera with so many pixels. */
function wants(viewer, of, width) {
    return viewer.page.call((name, w) => {
        const other = [...window.salonRoom.participants.values()].find((p) => p.name === name);
        window.testWant([{ participant: other.id, source: 'camera', width: w, height: Math.round(w * 9 / 16) }]);
    }, of.name, width);
}

/** Waits for a picture whose width is within `range`, decoded anew. */
async function shows(viewer, of, [least, most], timeout = 30000) {
    const end = Date.now() + timeout;
    let last = null, first = null;
    while (Date.now() < end) {
        last = await viewer.page.call(arriving, of.name);
        const right = last && last.width >= least && last.width <= most;
        if (!right) first = null;
        else if (!first) first = last;
        else if (last.frames - first.frames >= 10) return last;
        await new Promise((r) => setTimeout(r, 200));
    }
    throw new Error(`${viewer.describe()} wants a width of ${least} to ${most}: ${JSON.stringify(last)}; ` +
        `the encoder: ${JSON.stringify(await of.page.call(sending))}`);
}

/** Bits a second that arrive of `of`. */
async function rate(viewer, of, ms = 3000) {
    const before = await viewer.page.call(arriving, of.name);
    await new Promise((r) => setTimeout(r, ms));
    const after = await viewer.page.call(arriving, of.name);
    return { bps: (after.bytes - before.bytes) * 8000 / (after.at - before.at),
        fps: (after.frames - before.frames) * 1000 / (after.at - before.at) };
}

/**
 * Decoders of Firefox get the lowest layer of AV1: it reads no dependency descriptor, by which
 * alone the layers could be put together.
 */
const CASES = [['chromium', 'vp9', 'L3T3_KEY', LARGE], ['chromium', 'av1', 'L3T3_KEY', LARGE],
    ['firefox', 'vp9', 'L3T3_KEY', LARGE], ['firefox', 'av1', 'L3T3', SMALL]];

for (const [kind, codec, scalability, most] of CASES) {
    test(`${kind}: a small tile of ${codec} ${scalability} gets the low layer, a large one the high`, async (t) => {
        const link = await (await t.server()).room();
        const ada = await comes(t, 'chromium', link, 'Ada');
        await ada.page.call(publish, codec, scalability);
        const viewer = await comes(t, kind, link, 'Blaise');
        const high = most === LARGE ? [400, 1280] : [80, 320];
        await wants(viewer, ada, LARGE);
        await shows(viewer, ada, high);
        const large = await rate(viewer, ada);
        await wants(viewer, ada, SMALL);
        await shows(viewer, ada, [80, 320]);
        const small = await rate(viewer, ada);
        await wants(viewer, ada, LARGE);
        await shows(viewer, ada, high);
        if (most === LARGE) assert.ok(small.bps < large.bps * 0.6, `${small.bps} of ${large.bps} bit/s`);
        assert.ok(small.fps > 3 && large.fps > 3, `${small.fps} and ${large.fps} pictures a second`);
    });
}
