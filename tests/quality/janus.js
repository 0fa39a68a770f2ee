/**
 * Janus with its videoroom plugin, under the same lines and read by the same eyes: one publisher with the
 * encodings that salon's client sends, one subscriber. Its JSON API over a WebSocket, spoken by pages
 * of our own.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDevices, startShowing } from './pages.js';

const ADDRESS = process.env.SALON_TEST_ADDRESS;
const API = 8188, PAGE = 8187;

const PLUGINS = ['audiobridge', 'duktape', 'echotest', 'lua', 'nosip', 'recordplay', 'sip', 'streaming', 'textroom',
    'videocall', 'voicemail'];
const TRANSPORTS = ['http', 'mqtt', 'nanomsg', 'pfunix', 'rabbitmq'];
const files = (names) => names.map((name) => `libjanus_${name}.so`).join(',');
const BLANK = '<!doctype html><title>Janus</title><link rel="icon" href="data:,">';

/**
 * Debian's folders; every plugin and transport but the two that are used stays away. Its ICE library binds
 * each socket to the device of its address, so only the lines' own addresses can be reached over them.
 */
const CONFIG = (home) => ({
    'janus.jcfg': `general: {
        configs_folder = "${home}"
        admin_secret = "unused"
        debug_level = 3
        interface = "${ADDRESS}"
    }
    nat: { nice_debug = false
        ice_enforce_list = "10.78." }
    media: { }
    plugins: { disable = "${files(PLUGINS)}" }
    transports: { disable = "${files(TRANSPORTS)}" }
    `,
    'janus.transport.websockets.jcfg': `general: { ws = true
        ws_port = ${API}
        ws_ip = "${ADDRESS}" }
    admin: { }
    `,
    'janus.plugin.videoroom.jcfg': 'general: { }\n',
});

/** A handle of the videoroom plugin in window.quality.ask(body, jsep); in the page. */
async function attach(port) {
    const quality = (window.quality ??= { samples: [], frames: [], seats: [] });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, 'janus-protocol');
    await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = () => reject(new Error('no Janus'));
    });
    const waiting = new Map();
    let session, handle;
    const send = (message) => new Promise((resolve, reject) => {
        const transaction = Math.random().toString(36).slice(2);
        waiting.set(transaction, { resolve, reject, asks: message.janus === 'message' });
        socket.send(JSON.stringify({ ...message, transaction, ...(session ? { session_id: session } : {}),
            ...(handle ? { handle_id: handle } : {}) }));
    });
    socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        const one = waiting.get(message.transaction);
        if (!one || (message.janus === 'ack' && one.asks)) return;
        waiting.delete(message.transaction);
        const error = message.error?.reason ?? message.plugindata?.data?.error;
        if (error) one.reject(new Error(`Janus: ${error}`));
        else one.resolve(message);
    };
    session = (await send({ janus: 'create' })).data.id;
    handle = (await send({ janus: 'attach', plugin: 'janus.plugin.videoroom' })).data.id;
    setInterval(() => send({ janus: 'keepalive' }).catch(() => {}), 20000);
    quality.ask = (body, jsep) => send({ janus: 'message', body, ...(jsep ? { jsep } : {}) });
    quality.complete = () => send({ janus: 'trickle', candidate: { completed: true } });
}

async function publish(number, simulcast) {
    const { quality } = window;
    await quality.ask({ request: 'create', room: number, publishers: 4, videocodec: 'vp8', audiocodec: 'opus',
        bitrate: 0, transport_wide_cc_ext: true, fir_freq: 0 });
    await quality.ask({ request: 'join', ptype: 'publisher', room: number, display: 'Ada' });
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    quality.connections = () => [pc];
    pc.addTransceiver(quality.audio, { direction: 'sendonly' });
    const whole = [{ maxBitrate: 1_700_000 }];
    // The same three as salon's; Janus takes the first of an offer for the best.
    const sizes = [{ rid: 'h', maxBitrate: 1_700_000 }, { rid: 'm', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
        { rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 150_000 }];
    quality.video.contentHint = 'motion';
    pc.addTransceiver(quality.video, { direction: 'sendonly', sendEncodings: simulcast ? sizes : whole });
    await pc.setLocalDescription();
    await new Promise((resolve) => {
        if (pc.iceGatheringState === 'complete') resolve();
        pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && resolve();
    });
    const { jsep } = await quality.ask({ request: 'publish', audio: true, video: true },
        { type: 'offer', sdp: pc.localDescription.sdp });
    await quality.complete();
    await pc.setRemoteDescription(jsep);
}

async function subscribe(number) {
    const { quality } = window;
    let feed;
    for (let i = 0; i < 40 && !feed; i++) {
        const { plugindata } = await quality.ask({ request: 'listparticipants', room: number });
        feed = plugindata.data.participants.find((p) => p.publisher)?.id;
        if (!feed) await new Promise((r) => setTimeout(r, 250));
    }
    const { jsep } = await quality.ask({ request: 'join', ptype: 'subscriber', room: number, streams: [{ feed }] });
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    quality.connections = () => [pc];
    pc.ontrack = ({ track }) => (track.kind === 'video' ? quality.show : quality.play)(new MediaStream([track]));
    await pc.setRemoteDescription(jsep);
    await pc.setLocalDescription();
    await new Promise((resolve) => {
        if (pc.iceGatheringState === 'complete') resolve();
        pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && resolve();
    });
    await quality.ask({ request: 'start' }, { type: 'answer', sdp: pc.localDescription.sdp });
    await quality.complete();
}

export class Janus {
    name = 'janus';
    ports = [API, PAGE];
    log = '';
    #rooms = 1000;

    static async start() {
        const janus = new Janus();
        janus.home = await mkdtemp(join(tmpdir(), 'salon-janus-'));
        for (const [name, text] of Object.entries(CONFIG(janus.home))) await writeFile(join(janus.home, name), text);
        janus.process = spawn('janus', ['-F', janus.home, '--disable-colors'], { stdio: ['ignore', 'pipe', 'pipe'] });
        for (const out of [janus.process.stdout, janus.process.stderr]) out.on('data', (data) => { janus.log += data; });
        janus.ended = new Promise((resolve) => { janus.process.once('exit', resolve); });
        janus.pages = createServer((_, reply) => reply.setHeader('content-type', 'text/html').end(BLANK));
        await new Promise((resolve) => { janus.pages.listen(PAGE, ADDRESS, resolve); });
        for (let i = 0; i < 100 && !/Websockets server started|WebSockets transport plugin initialized/i.test(janus.log); i++) {
            if (janus.process.exitCode !== null) throw new Error(`Janus ended:\n${janus.log}`);
            await new Promise((r) => setTimeout(r, 100));
        }
        return janus;
    }

    async room() {
        return this.#rooms++;
    }

    page() {
        return `http://127.0.0.1:${PAGE}/`;
    }

    async publish(line, room, devices) {
        await line.call(openDevices, devices);
        await line.call(attach, API);
        await line.call(publish, room, devices.simulcast);
    }

    async view(line, room) {
        await line.call(startShowing);
        await line.call(attach, API);
        await line.call(subscribe, room);
    }

    async stop() {
        this.process.kill('SIGTERM');
        const late = setTimeout(() => this.process.kill('SIGKILL'), 5000);
        await this.ended;
        clearTimeout(late);
        this.pages.close();
        this.pages.closeAllConnections?.();
        await rm(this.home, { recursive: true, force: true });
    }
}
