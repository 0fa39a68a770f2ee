/**
 * The room in the page of a front end: what page and room say to each other. The other side is
 * embed.js, the protocol docs/embedding.md. Nothing is said before a page of the tenant's own
 * origins has said hello, and nothing to any other.
 */

/** @typedef {import('../lib/room.js').Room} Room */

const KEPT = 20; // events before the hello

/** The origins that may frame this page: this server's, and the tenant's. */
function trusted() {
    const named = document.querySelector('meta[name="salon-origins"]')?.getAttribute('content');
    return new Set([location.origin, ...(named ?? '').split(' ').filter(Boolean)]);
}

class Embedding {
    /** @type {Record<string, () => void>} */
    #commands = {};
    /** @type {string | null} the page's origin, once it said hello */
    #page = null;
    #ownInvite = false;
    /** @type {object[]} */
    #kept = [];

    constructor() {
        if (parent === window) return;
        const origins = trusted();
        addEventListener('message', ({ source, origin, data }) => {
            if (source !== parent || !origins.has(origin) || data?.salon !== 1) return;
            if (data.command === 'hello') this.#hello(origin, data.data);
            else if (Object.hasOwn(this.#commands, data.command))
                this.#commands[data.command]();
        });
        this.tell('ready');
    }

    /**
     * @param {string} origin
     * @param {any} data
     */
    #hello(origin, data) {
        this.#page = origin;
        this.#ownInvite = data?.ownInvite === true;
        for (const message of this.#kept.splice(0)) parent.postMessage(message, origin);
    }

    /**
     * @param {string} event
     * @param {object} [data]
     */
    tell(event, data = {}) {
        if (parent === window) return;
        const message = { salon: 1, event, data };
        if (this.#page) parent.postMessage(message, this.#page);
        else if (this.#kept.length < KEPT) this.#kept.push(message);
    }

    /** Somebody is to be invited. True: the page around us shows whom. */
    invite() {
        if (this.#ownInvite) this.tell('invite-requested');
        return this.#ownInvite;
    }

    /**
     * At the door: somebody has to let us in.
     * @param {Room} room
     */
    wait(room) {
        this.#commands = { leave: () => room.leave() };
        this.tell('waiting');
    }

    /**
     * In the room: events from now on until it is closed.
     * @param {Room} room
     */
    enter(room) {
        if (parent === window) return;
        const count = () =>
            this.tell('participants', {
                count:
                    1 +
                    [...room.participants.values()].filter((p) => p.client !== 'whep').length,
            });
        this.#commands = { leave: () => room.leave() };
        this.tell('joined', { participant: room.self.id });
        count();
        room.on('participant', ({ event }) => event !== 'changed' && count());
        room.on('state', ({ state, reason }) => {
            if (state !== 'closed') return;
            this.#commands = {};
            this.tell('left', { reason });
        });
    }
}

/** The one page around this one, if there is one. */
export const embedding = new Embedding();
