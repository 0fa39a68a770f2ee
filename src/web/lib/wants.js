/**
 * What the page will show, by slot or by participant. Resizing a window asks for much in a
 * short time: what has not changed is not sent, and the rest is sent together.
 */

/** @typedef {import('./types.js').Want} Want */

const MOST_AT_ONCE = 64; // docs/signalling.md
const GATHER_MS = 100;

export class Wants {
    /** @type {Map<string, {want: Want, sent: boolean}>} */
    #all = new Map();
    #send;
    /** @type {any} */
    #timer = null;

    /** @param {(wants: Want[]) => boolean} send says whether it could be sent */
    constructor(send) {
        this.#send = send;
    }

    /** @param {Want[]} wants */
    set(wants) {
        for (const want of wants) {
            const key = keyOf(want);
            const before = this.#all.get(key);
            if (before && JSON.stringify(before.want) === JSON.stringify(want)) continue;
            this.#all.set(key, { want, sent: false });
        }
        this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
    }

    /**
     * @param {string} participant
     * @param {import('./types.js').Source} source which is no more
     */
    forget(participant, source) {
        this.#all.delete(keyOf({ participant, source }));
    }

    /** Everything has to be said again: the server lost it. Mids of another connection mean nothing. */
    again() {
        for (const [key, entry] of this.#all) {
            if (entry.want.mid) this.#all.delete(key);
            else entry.sent = false;
        }
        this.flush();
    }

    flush() {
        clearTimeout(this.#timer);
        this.#timer = null;
        const entries = [...this.#all.values()].filter((entry) => !entry.sent);
        for (let at = 0; at < entries.length; at += MOST_AT_ONCE) {
            const some = entries.slice(at, at + MOST_AT_ONCE);
            if (!this.#send(some.map(({ want }) => want))) return;
            for (const entry of some) entry.sent = true;
        }
    }

    stop() {
        clearTimeout(this.#timer);
        this.#all.clear();
    }
}

/** @param {Want} want */
function keyOf({ mid, participant, source }) {
    return mid ? `mid ${mid}` : `${participant} ${source ?? 'camera'}`;
}
