/** WHIP and WHEP beside the web client, from pages of another origin, as any encoder would. */
import { createServer } from 'node:http';
import { spawn } from 'node:child_process';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

/** A page of another origin, with nothing of ours in it. */
async function elsewhere(t, kind) {
    const server = createServer((request, reply) => {
        reply.setHeader('content-type', 'text/html');
        reply.end('<!doctype html><link rel="icon" href="data:,"><title>elsewhere</title><video autoplay playsinline></video>');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const page = await (await t.browser(kind)).page();
    t.pages.push(page);
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    server.unref();
    return page;
}

/** POSTs an offer with its candidates; in the page. */
async function negotiate(url, publish) {
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    window.pc = pc;
    if (publish) {
        const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } });
        for (const track of stream.getTracks()) pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    } else {
        const video = document.querySelector('video');
        video.srcObject = new MediaStream();
        pc.ontrack = ({ track }) => video.srcObject.addTrack(track);
        for (const kind of ['audio', 'video']) pc.addTransceiver(kind, { direction: 'recvonly' });
    }
    await pc.setLocalDescription();
    const reply = await fetch(url, {
        method: 'POST', headers: { 'content-type': 'application/sdp' }, body: pc.localDescription.sdp,
    });
    if (reply.status !== 201) throw new Error(`${reply.status} ${await reply.text()}`);
    window.resource = new URL(reply.headers.get('location'), url).href;
    window.etag = reply.headers.get('etag');
    await pc.setRemoteDescription({ type: 'answer', sdp: await reply.text() });
}

async function plays(page) {
    await page.until('moving pictures and sound', async () => {
        const video = document.querySelector('video');
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [32, 18];
        const context = canvas.getContext('2d');
        const grab = () => {
            context.drawImage(video, 0, 0, 32, 18);
            return context.getImageData(0, 0, 32, 18).data;
        };
        const before = grab();
        await new Promise((resolve) => setTimeout(resolve, 400));
        const moved = grab().some((v, i) => Math.abs(v - before[i]) > 12);
        let frames = 0, energy = 0;
        for (const s of (await window.pc.getStats()).values()) {
            if (s.type !== 'inbound-rtp') continue;
            frames += s.framesDecoded ?? 0;
            energy += s.totalAudioEnergy ?? 0;
        }
        return moved && frames > 10 && energy > 0;
    }, { timeout: 25000 });
}

const leave = (page) => page.call(async () => {
    const reply = await fetch(window.resource, { method: 'DELETE' });
    window.pc.close();
    return reply.status;
});

for (const kind of ['chromium', 'firefox']) {
    test(`${kind} publishes by WHIP; the web client and a WHEP player that came before see it`, async (t) => {
        const server = await t.server();
        const link = await server.room();
        const ada = t.keep(await Person.join(await t.browser('chromium'), link, 'Ada'));
        const player = await elsewhere(t, kind === 'chromium' ? 'firefox' : 'chromium');
        await player.call(negotiate, server.ingest(link, 'whep'), false);
        // The player shows Ada, the only one who publishes.
        await plays(player);
        const publisher = await elsewhere(t, kind);
        await publisher.call(negotiate, server.ingest(link), true);
        const whip = await ada.page.until('a publisher', () => [...window.salonRoom.participants.values()].find((p) => p.client === 'whip')?.name);
        const them = { name: whip, page: publisher, describe: () => `${whip} (${kind})` };
        await ada.sees(them);
        await ada.hears(them);
        await ada.leave();
        await plays(player); // follows to who is left
        const status = await leave(publisher);
        if (status !== 200 && status !== 204) throw new Error(`DELETE: ${status}`);
        await leave(player);
    });
}

test('aiortc publishes by WHIP and is seen and heard by the web client', async (t) => {
    const server = await t.server();
    const link = await server.room();
    const ada = t.keep(await Person.join(await t.browser('firefox'), link, 'Ada'));
    const script = new URL('../../interop/aiortc_peer.py', import.meta.url).pathname;
    const child = spawn('/usr/bin/python3', [script, 'publish', server.ingest(link), '25'], { stdio: ['ignore', 'inherit', 'inherit'] });
    try {
        const name = await ada.page.until('a publisher', () => [...window.salonRoom.participants.values()].find((p) => p.client === 'whip')?.name, { timeout: 20000 });
        const them = { name, page: {}, describe: () => `${name} (aiortc)` };
        await ada.sees(them);
        await ada.hears(them);
    } finally {
        child.kill('SIGKILL');
    }
});
