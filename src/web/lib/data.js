/**
 * Data channels over our peer connection: the server's own, "salon", by which chat goes, and
 * those that applications open. A new peer connection opens them anew.
 */

import { Emitter } from './emitter.js';
import { SalonError } from './error.js';

/** @typedef {import('./types.js').Message} Message */
/** @typedef {{resolve: (m: Message) => void, reject: (e: Error) => void, timer: any}} Waiting */
/** @typedef {string | ArrayBuffer} Data */

/**
 * @typedef {object} ChannelOptions
 * @property {string} [to] id of one participant; everybody else who has data channels if absent
 * @property {boolean} [ordered] default: yes
 * @property {number} [maxRetransmits] of a message, then it is given up
 * @property {number} [maxPacketLifeTime] of a message in ms, then it is given up
 */

const SALON = 'salon';
const REQUEST_TIMEOUT = 10000;
/** Bytes of the longest message the server takes. */
export const MESSAGE_MAX = 65536;

/**
 * A channel that we opened, to send on.
 * @extends {Emitter<{open: null, low: null, closed: {reason: string}}>}
 */
export class Channel extends Emitter {
    /** @type {RTCDataChannel | null} */
    #channel = null;
    #over = false;
    #options;
    #forget;

    /**
     * @param {string} label
     * @param {ChannelOptions} options
     * @param {(channel: Channel) => void} forget
     */
    constructor(label, options, forget) {
        super();
        this.label = label;
        this.to = options.to ?? '';
        this.#options = options;
        this.#forget = forget;
    }

    get open() {
        return this.#channel?.readyState === 'open';
    }

    /** Bytes that wait in the browser; while there are many, wait for `low` before sending more. */
    get bufferedAmount() {
        return this.#channel?.bufferedAmount ?? 0;
    }

    /**
     * @param {string | ArrayBuffer | ArrayBufferView<ArrayBuffer>} data at most 64 KiB
     * @throws {SalonError} `not_open`, `too_large`
     */
    send(data) {
        const bytes =
            typeof data === 'string' ? new TextEncoder().encode(data).length : data.byteLength;
        if (bytes > MESSAGE_MAX) throw new SalonError('too_large');
        if (!this.open) throw new SalonError('not_open');
        this.#channel?.send(/** @type {any} */ (data));
    }

    close() {
        if (this.#over) return;
        this.#end('closed');
    }

    /**
     * For DataChannels: opens it on this peer connection.
     * @param {RTCPeerConnection} pc
     */
    attach(pc) {
        const { ordered = true, maxRetransmits, maxPacketLifeTime } = this.#options;
        const channel = pc.createDataChannel(this.label, {
            ordered,
            protocol: this.to,
            ...(maxRetransmits === undefined ? {} : { maxRetransmits }),
            ...(maxPacketLifeTime === undefined ? {} : { maxPacketLifeTime }),
        });
        channel.bufferedAmountLowThreshold = MESSAGE_MAX;
        channel.addEventListener('open', () => this.emit('open', null));
        channel.addEventListener('bufferedamountlow', () => this.emit('low', null));
        channel.addEventListener('close', () => {
            if (channel === this.#channel) this.#end('refused');
        });
        this.#channel = channel;
    }

    /** For DataChannels: its peer connection is gone, another may come. */
    detach() {
        this.#channel = null;
    }

    /** @param {string} reason */
    #end(reason) {
        const channel = this.#channel;
        this.#over = true;
        this.#channel = null;
        channel?.close();
        this.#forget(this);
        this.emit('closed', { reason });
    }
}

/**
 * A channel that somebody else sends on.
 * @extends {Emitter<{message: {data: Data}, closed: null}>}
 */
export class IncomingChannel extends Emitter {
    #channel;

    /** @param {RTCDataChannel} channel */
    constructor(channel) {
        super();
        this.#channel = channel;
        this.label = channel.label;
        /** The sender's id. */
        this.from = channel.protocol;
        channel.addEventListener('close', () => this.emit('closed', null));
    }

    /** Refuses more of it. */
    close() {
        this.#channel.close();
    }
}

/**
 * @typedef {object} DataEvents
 * @property {null} open the server's channel is there
 * @property {null} closed … and is not any more
 * @property {Message} message the server says something on it, unasked
 * @property {{channel: IncomingChannel}} channel somebody sends to us
 * @property {{from: string, label: string, data: Data}} data … this
 */

/** @extends {Emitter<DataEvents>} */
export class DataChannels extends Emitter {
    /** @type {RTCPeerConnection | null} */
    #pc = null;
    /** @type {RTCDataChannel | null} */
    #salon = null;
    /** @type {Set<Channel>} */
    #channels = new Set();
    /** @type {Map<number, Waiting>} */
    #waiting = new Map();
    #lastId = 0;

    get ready() {
        return this.#salon?.readyState === 'open';
    }

    /**
     * Opens a channel to all others, or to one; it may be sent on once it is `open`.
     * @param {string} label
     * @param {ChannelOptions} options
     */
    open(label, options) {
        const channel = new Channel(label, options, (gone) => this.#channels.delete(gone));
        this.#channels.add(channel);
        if (this.#pc) channel.attach(this.#pc);
        return channel;
    }

    /** It is over. */
    close() {
        for (const channel of [...this.#channels]) channel.close();
    }

    /**
     * Asks the server by its channel.
     * @param {Message} message
     * @returns {Promise<Message>}
     * @throws {SalonError} the server's; `socket_lost`; `timeout`
     */
    request(message) {
        const id = ++this.#lastId;
        return new Promise((resolve, reject) => {
            if (!this.ready) {
                reject(new SalonError('socket_lost'));
                return;
            }
            const timer = setTimeout(() => {
                this.#waiting.delete(id);
                reject(new SalonError('timeout'));
            }, REQUEST_TIMEOUT);
            this.#waiting.set(id, { resolve, reject, timer });
            this.#salon?.send(JSON.stringify({ ...message, id }));
        });
    }

    // As a part of the connection

    reset() {
        this.#pc = null;
        this.#lost();
        for (const channel of this.#channels) channel.detach();
    }

    /** @param {RTCPeerConnection} pc */
    fill(pc) {
        if (this.#pc === pc) return;
        this.#pc = pc;
        pc.addEventListener('datachannel', ({ channel }) => this.#incoming(channel));
        const salon = pc.createDataChannel(SALON);
        salon.addEventListener('open', () => this.emit('open', null));
        salon.addEventListener('message', (event) => this.#hear(event.data));
        salon.addEventListener('close', () => {
            if (salon === this.#salon) this.#lost();
        });
        this.#salon = salon;
        for (const channel of this.#channels) channel.attach(pc);
    }

    /** @returns {import('./types.js').MediaHint[]} */
    hints() {
        return [];
    }

    settled() {}

    refused() {}

    // Inside

    #lost() {
        if (!this.#salon) return;
        this.#salon = null;
        for (const { reject, timer } of this.#waiting.values()) {
            clearTimeout(timer);
            reject(new SalonError('socket_lost'));
        }
        this.#waiting.clear();
        this.emit('closed', null);
    }

    /** @param {unknown} text */
    #hear(text) {
        /** @type {Message} */
        let message;
        try {
            message = JSON.parse(String(text));
        } catch {
            return;
        }
        const waiting = this.#waiting.get(message.re);
        if (!waiting) {
            this.emit('message', message);
            return;
        }
        this.#waiting.delete(message.re);
        clearTimeout(waiting.timer);
        if (message.type === 'error') waiting.reject(SalonError.from(message));
        else waiting.resolve(message);
    }

    /** @param {RTCDataChannel} raw */
    #incoming(raw) {
        raw.binaryType = 'arraybuffer';
        const channel = new IncomingChannel(raw);
        this.emit('channel', { channel });
        raw.addEventListener('message', ({ data }) => {
            channel.emit('message', { data });
            this.emit('data', { from: channel.from, label: channel.label, data });
        });
    }
}
