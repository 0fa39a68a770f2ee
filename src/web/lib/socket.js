/**
 * One WebSocket, from open to close: frames as objects, requests answered by `re`, and a
 * heartbeat that notices a dead network before the browser does.
 */

import { Emitter } from './emitter.js';
import { SalonError } from './error.js';

/** @typedef {import('./types.js').Message} Message */
/** @typedef {{resolve: (m: Message) => void, reject: (e: Error) => void, timer: any}} Waiting */

const OPEN_TIMEOUT = 8000;
const REQUEST_TIMEOUT = 10000;
const PING_EVERY = 20000; // the server takes 60 s of silence for a lost socket
const PONG_TIMEOUT = 8000;

/** @extends {Emitter<{message: Message, lost: null}>} */
export class Socket extends Emitter {
    #ws;
    #nextId;
    #pings;
    #over = false;
    /** @type {Map<number, Waiting>} */
    #waiting = new Map();

    /**
     * @param {WebSocket} ws already open
     * @param {() => number} nextId gives ids never used before in this session, so that a late
     *     answer to a question of the last socket is not taken for one of this
     */
    constructor(ws, nextId) {
        super();
        this.#ws = ws;
        this.#nextId = nextId;
        ws.addEventListener('message', (event) => this.#read(event.data));
        ws.addEventListener('close', () => this.#end());
        ws.addEventListener('error', () => this.#end());
        this.#pings = setInterval(() => this.#ping(), PING_EVERY);
    }

    /**
     * @param {string | URL} url
     * @param {() => number} nextId
     * @returns {Promise<Socket>}
     * @throws {SalonError} `unreachable`
     */
    static open(url, nextId) {
        return new Promise((resolve, reject) => {
            const ws = new WebSocket(url, 'salon.v1');
            const fail = () => {
                clearTimeout(timer);
                ws.close();
                reject(new SalonError('unreachable'));
            };
            const timer = setTimeout(fail, OPEN_TIMEOUT);
            ws.addEventListener('error', fail);
            ws.addEventListener('close', fail);
            ws.addEventListener('open', () => {
                clearTimeout(timer);
                ws.removeEventListener('error', fail);
                ws.removeEventListener('close', fail);
                resolve(new Socket(ws, nextId));
            });
        });
    }

    /** @param {Message} message sent without expecting an answer; lost if the socket is */
    send(message) {
        if (!this.#over && this.#ws.readyState === 1) this.#ws.send(JSON.stringify(message));
    }

    /**
     * @param {Message} message
     * @param {number} [timeout] ms
     * @returns {Promise<Message>} the message that answers it
     * @throws {SalonError} the server's `error`; `socket_lost`; `timeout`
     */
    request(message, timeout = REQUEST_TIMEOUT) {
        const id = this.#nextId();
        return new Promise((resolve, reject) => {
            if (this.#over) {
                reject(new SalonError('socket_lost'));
                return;
            }
            const timer = setTimeout(() => {
                this.#waiting.delete(id);
                reject(new SalonError('timeout'));
            }, timeout);
            this.#waiting.set(id, { resolve, reject, timer });
            this.send({ ...message, id });
        });
    }

    /** Closes it; `lost` is not told. */
    close() {
        this.#finish();
        this.#ws.close();
    }

    async #ping() {
        try {
            await this.request({ type: 'ping' }, PONG_TIMEOUT);
        } catch {
            this.#end();
        }
    }

    /** @param {unknown} data */
    #read(data) {
        if (this.#over) return;
        /** @type {Message} */
        let message;
        try {
            message = JSON.parse(String(data));
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

    #end() {
        if (this.#over) return;
        this.#finish();
        this.#ws.close();
        this.emit('lost', null);
    }

    #finish() {
        this.#over = true;
        clearInterval(this.#pings);
        for (const { reject, timer } of this.#waiting.values()) {
            clearTimeout(timer);
            reject(new SalonError('socket_lost'));
        }
        this.#waiting.clear();
    }
}
