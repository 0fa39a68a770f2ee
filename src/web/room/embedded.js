/**
 * The room in the page of a front end: what page and room say to each other. The other side is
 * embed.js, the protocol docs/embedding.md. Nothing is said before a page of the tenant's own
 * origins has said hello, and nothing to any other.
 */

import { cleanName } from './link.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('./devices.js').Devices} Devices */

/** @type {import('./devices.js').Device[]} */
const DEVICES = ['microphone', 'camera'];
const KEPT = 20; // events before the hello

/** The origins that may frame this page: this server's, and the tenant's. */
function trusted() {
    const named = document.querySelector('meta[name="salon-origins"]')?.getAttribute('content');
    return new Set([location.origin, ...(named ?? '').split(' ').filter(Boolean)]);
}

class Embedding {
    /** @type {Record<string, (data: any) => void>} */
    #commands = {};
    /** @type {string | null} the page's origin, once it said hello */
    #page = null;
    #ownInvite = false;
    #opened = new Set(); // what the person has turned on
    #muted = ''; // as it was told last
    /** @type {object[]} */
    #kept = [];

    constructor() {
        if (parent === window) return;
        const origins = trusted();
        addEventListener('message', ({ source, origin, data }) => {
            if (source !== parent || !origins.has(origin) || data?.salon !== 1) return;
            if (data.command === 'hello') this.#hello(origin, data.data);
            else if (Object.hasOwn(this.#commands, data.command))
                this.#commands[data.command](Object(data.data));
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
     * @param {Devices} devices
     * @param {() => void} invite shows whom to invite
     */
    enter(room, devices, invite) {
        if (parent === window) return;
        const count = () =>
            this.tell('participants', {
                count:
                    1 +
                    [...room.participants.values()].filter((p) => p.client !== 'whep').length,
            });
        const stop = new AbortController();
        this.#commands = {
            leave: () => room.leave(),
            mute: (data) => this.#mute(devices, data),
            share: ({ on = true }) => {
                if (typeof on === 'boolean' && on !== devices.sharing) devices.toggleScreen();
            },
            name: ({ name }) => {
                const clean = typeof name === 'string' ? cleanName(name) : '';
                if (clean) room.update({ name: clean }).catch(() => {});
            },
            invite,
        };
        this.tell('joined', { participant: room.self.id });
        count();
        this.#tellMuted(devices);
        devices.on('changed', () => this.#tellMuted(devices), { signal: stop.signal });
        room.on('participant', ({ event }) => event !== 'changed' && count());
        room.on('state', ({ state, reason }) => {
            if (state !== 'closed') return;
            this.#commands = {};
            stop.abort();
            this.tell('left', { reason });
        });
    }

    /**
     * Closes what is open. Opens again only what the person has opened in this page before:
     * nobody's microphone is opened by somebody else.
     * @param {Devices} devices
     * @param {Record<string, unknown>} wishes true: muted
     */
    #mute(devices, wishes) {
        for (const device of DEVICES) {
            const muted = wishes[device];
            if (typeof muted !== 'boolean' || muted !== devices.isOn(device)) continue;
            if (muted || this.#opened.has(device)) devices.set(device, !muted);
        }
    }

    /** @param {Devices} devices */
    #tellMuted(devices) {
        for (const device of DEVICES) if (devices.isOn(device)) this.#opened.add(device);
        const [microphone, camera] = DEVICES.map((device) => !devices.isOn(device));
        const state = JSON.stringify({ microphone, camera, sharing: devices.sharing });
        if (state === this.#muted) return;
        this.#muted = state;
        this.tell('muted', JSON.parse(state));
    }
}

/** The one page around this one, if there is one. */
export const embedding = new Embedding();
