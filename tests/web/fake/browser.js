/**
 * What the client library takes from a browser, as far as its logic needs it, for Node: peer
 * connections that negotiate with FakeServer in JSON instead of SDP and carry nothing.
 */

import { WebSocket } from 'ws';

export class FakeTrack extends EventTarget {
    enabled = true;
    contentHint = '';
    readyState = 'live';

    constructor(kind, id = `${kind}-track`) {
        super();
        this.kind = kind;
        this.id = id;
    }

    stop() {
        this.readyState = 'ended';
    }
}

class FakeStream {
    constructor(tracks = []) {
        this.tracks = tracks;
    }
}

class FakeTransceiver {
    mid = null;
    currentDirection = null;

    constructor(trackOrKind, init) {
        const track = typeof trackOrKind === 'string' ? null : trackOrKind;
        this.kind = track?.kind ?? trackOrKind;
        this.direction = init.direction;
        this.encodings = init.sendEncodings;
        this.receiver = { track: new FakeTrack(this.kind, `remote-${this.kind}`) };
        this.sender = {
            track,
            replaceTrack: async (next) => {
                this.sender.track = next;
            },
            getParameters: () => structuredClone({ encodings: this.encodings ?? [] }),
            setParameters: async ({ encodings }) => {
                await null;
                this.encodings = encodings;
            },
        };
    }

    setCodecPreferences(codecs) {
        this.codecs = codecs.map(({ mimeType }) => mimeType);
    }

    stop() {
        this.direction = 'stopped';
        this.currentDirection = 'stopped';
    }
}

/** Open from the moment that its connection is said to be connected. */
export class FakeDataChannel extends EventTarget {
    readyState = 'connecting';
    bufferedAmount = 0;
    sent = [];

    constructor(label, init = {}) {
        super();
        Object.assign(this, { label, protocol: init.protocol ?? '', init });
    }

    send(data) {
        if (this.readyState !== 'open') throw new DOMException('closed', 'InvalidStateError');
        this.sent.push(data);
    }

    close() {
        this.becomes('closed');
    }

    becomes(state) {
        if (this.readyState === state) return;
        this.readyState = state;
        this.dispatchEvent(new Event(state === 'open' ? 'open' : 'close'));
    }

    hears(data) {
        this.dispatchEvent(new MessageEvent('message', { data }));
    }
}

export class FakePeerConnection extends EventTarget {
    /** All that were ever made, the newest last. @type {FakePeerConnection[]} */
    static made = [];
    /** Layers inside an encoding that it knows. */
    static modes = ['L1T3', 'L3T3_KEY'];

    transceivers = [];
    /** @type {FakeDataChannel[]} */
    channels = [];
    signalingState = 'stable';
    connectionState = 'new';
    localDescription = null;
    restarts = 0;
    offers = 0;

    constructor(configuration) {
        super();
        this.configuration = configuration;
        FakePeerConnection.made.push(this);
    }

    static get newest() {
        return FakePeerConnection.made.at(-1);
    }

    addTransceiver(trackOrKind, init) {
        const modes = (init.sendEncodings ?? []).map(({ scalabilityMode }) => scalabilityMode);
        if (modes.some((mode) => mode && !FakePeerConnection.modes.includes(mode)))
            throw new DOMException('no such layers', 'OperationError');
        const transceiver = new FakeTransceiver(trackOrKind, init);
        this.transceivers.push(transceiver);
        return transceiver;
    }

    createDataChannel(label, init) {
        const channel = new FakeDataChannel(label, init);
        this.channels.push(channel);
        return channel;
    }

    /** The other side opens one. */
    opened(channel) {
        channel.readyState = 'open';
        this.dispatchEvent(Object.assign(new Event('datachannel'), { channel }));
    }

    async setLocalDescription(description) {
        await null;
        this.#alive();
        if (description?.type === 'rollback') {
            this.signalingState = 'stable';
            for (const t of this.transceivers) if (!t.currentDirection) t.mid = null;
            return;
        }
        this.offers++;
        const offered = this.transceivers.filter((t) => t.direction !== 'stopped');
        for (const t of offered) t.mid ??= String(this.transceivers.indexOf(t));
        const lines = offered.map(({ mid, kind, direction }) => ({ mid, kind, direction }));
        this.localDescription = { type: 'offer', sdp: JSON.stringify(lines) };
        this.signalingState = 'have-local-offer';
    }

    async setRemoteDescription({ sdp }) {
        await null;
        this.#alive();
        for (const { mid, direction } of JSON.parse(sdp)) {
            const mine = { recvonly: 'sendonly', sendonly: 'recvonly' }[direction] ?? direction;
            const transceiver = this.transceivers.find((t) => t.mid === mid);
            transceiver.currentDirection = mine;
        }
        this.signalingState = 'stable';
    }

    restartIce() {
        this.restarts++;
    }

    close() {
        this.signalingState = 'closed';
    }

    /** The network brings it to this state. */
    becomes(state) {
        this.connectionState = state;
        this.dispatchEvent(new Event('connectionstatechange'));
    }

    #alive() {
        if (this.signalingState === 'closed') throw new Error('closed');
    }
}

/** A browser gives each frame a task of its own; `ws` does only when told so. */
class BrowserWebSocket extends WebSocket {
    constructor(url, protocol) {
        super(url, protocol, { allowSynchronousEvents: false });
    }
}

/** Puts them where the library looks for them. */
export function install() {
    Object.assign(globalThis, {
        WebSocket: BrowserWebSocket,
        RTCPeerConnection: FakePeerConnection,
        MediaStream: FakeStream,
        RTCRtpSender: {
            getCapabilities: () => ({
                codecs: ['VP8', 'rtx', 'H264', 'AV1'].map((c) => ({ mimeType: `video/${c}` })),
            }),
        },
    });
}
