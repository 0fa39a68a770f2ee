/**
 * Chat, by the data channel while it is open and by the socket otherwise. Each message is told
 * once: its number says whether we had it. What went by a channel that broke is asked for again.
 */

import { Emitter } from './emitter.js';

/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').ChatMessage} ChatMessage */

/** How many numbers before the last one may be missing, so much is asked for again. */
const MISSING = 50;
const REMEMBERED = 400;

/** @extends {Emitter<{chat: ChatMessage}>} */
export class Chat extends Emitter {
    #session;
    #data;
    /** @type {Set<number>} */
    #seen = new Set();
    #last = 0;
    /** What was said up to this number was said before we came. */
    #before = Infinity;

    /**
     * @param {import('./session.js').Session} session
     * @param {import('./data.js').DataChannels} data
     */
    constructor(session, data) {
        super();
        this.#session = session;
        this.#data = data;
        data.on('open', () => this.#catchUp());
        data.on('closed', () => this.#catchUp());
        data.on('message', (message) => {
            if (message.type === 'chat') this.hear(/** @type {any} */ (message));
        });
    }

    /**
     * @param {string} text
     * @param {string} [to]
     * @throws {import('./error.js').SalonError}
     */
    async say(text, to) {
        const message = { type: 'chat', text, ...(to ? { to } : {}) };
        if (this.#session.online && this.#data.ready) await this.#data.request(message);
        else await this.#session.request(message);
    }

    /** @param {import('./types.js').Welcome} welcome */
    welcome(welcome) {
        if (welcome.type === 'joined') {
            this.#seen.clear();
            this.#last = this.#before = welcome.chat_n ?? 0;
        }
        for (const message of welcome.chat ?? []) this.hear(message);
    }

    /** @param {ChatMessage} message */
    hear(message) {
        if (this.#seen.has(message.n)) return;
        this.#seen.add(message.n);
        this.#last = Math.max(this.#last, message.n);
        if (this.#seen.size > REMEMBERED) {
            const [oldest] = this.#seen;
            this.#seen.delete(oldest);
        }
        this.emit('chat', message);
    }

    async #catchUp() {
        if (!this.#session.online || this.#before === Infinity) return;
        const after = Math.max(this.#before, this.#last - MISSING);
        try {
            const { chat } = await this.#session.request({ type: 'history', after });
            for (const message of chat ?? []) this.hear(message);
        } catch {
            // the socket broke: the next `resumed` or the next channel brings it
        }
    }
}
