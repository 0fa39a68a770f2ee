/**
 * Says what is wrong while nothing gets through, and what helps: no network at all, or a network
 * that lets the page through and the call not.
 */

import { Meter } from '../lib/stats.js';
import { troubleOf } from './explain.js';

/** @typedef {import('../lib/room.js').Room} Room */

const LOOK_MS = 2000;
/** A new connection needs a moment before its failure means anything. */
const EARLY_MS = 6000;

export class Health {
    #room;
    #said;
    #meter = new Meter();
    #timer;
    #down = performance.now(); // since when nothing gets through
    #lost = '';
    #listening = new AbortController();

    /**
     * @param {Room} room
     * @param {(trouble: ReturnType<typeof troubleOf> | 'offline') => void} said hears what is
     *     wrong, "" when nothing is
     */
    constructor(room, said) {
        this.#room = room;
        this.#said = said;
        const { signal } = this.#listening;
        const look = () => this.#look();
        this.#timer = setInterval(look, LOOK_MS);
        addEventListener('offline', look, { signal });
        addEventListener('online', look, { signal });
        room.on('lost', ({ reason }) => (this.#lost = reason));
    }

    stop() {
        clearInterval(this.#timer);
        this.#listening.abort();
    }

    async #look() {
        const { connection, state } = this.#room;
        if (!navigator.onLine && state !== 'connected') return this.#said('offline');
        if (state === 'closed' || connection?.connectionState === 'connected') {
            this.#down = performance.now();
            this.#lost = '';
            return this.#said('');
        }
        if (state === 'reconnecting') return this.#said(''); // the banner says that
        if (performance.now() - this.#down < EARLY_MS) return;
        const { path } = await this.#meter.look(connection);
        if (this.#room.connection === connection) this.#said(troubleOf(path, this.#lost));
    }
}
