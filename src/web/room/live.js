/**
 * What screen readers are told while it happens: who came and went, hands, reactions. Several
 * things at once become one text, so that a full room does not talk without end.
 */

import { byId } from './dom.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('../i18n.js').Translate} Translate */

const GATHER_MS = 700;
const MOST = 3;

export class Live {
    #t;
    #live = byId('live');
    /** @type {string[]} */
    #waiting = [];
    /** @type {any} */
    #timer = null;

    /**
     * @param {Room} room
     * @param {Translate} t
     */
    constructor(room, t) {
        this.#t = t;
        room.on('participant', ({ event, participant: { name, client } }) => {
            if (event === 'changed' || client === 'whep') return;
            this.say(t(event === 'joined' ? 'live.joined' : 'live.left', { name }));
        });
    }

    /** @param {string} text */
    say(text) {
        this.#waiting.push(text);
        this.#timer ??= setTimeout(() => this.#speak(), GATHER_MS);
    }

    stop() {
        clearTimeout(this.#timer);
        this.#live.textContent = '';
    }

    #speak() {
        this.#timer = null;
        const all = this.#waiting.splice(0);
        const more = all.length - MOST;
        const said = all.slice(0, MOST).join(' ');
        this.#live.textContent =
            more > 0 ? `${said} ${this.#t('live.more', { count: more })}` : said;
    }
}
