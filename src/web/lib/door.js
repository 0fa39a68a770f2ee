/**
 * The door of a room: what we wait for before it, who knocks while we are inside, and what a
 * host may do. The server decides who may; others are refused with `not_allowed`.
 */

import { Emitter } from './emitter.js';

/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').Source} Source */
/** @typedef {import('./types.js').Welcome} Welcome */
/** @typedef {import('./types.js').Waiting} Waiting */
/** @typedef {import('./types.js').Knock} Knock */

/**
 * @typedef {object} DoorEvents
 * @property {Waiting} waiting we are not let in at once; told again when the reason changes
 * @property {{knocking: Knock[]}} knocking who waits now, oldest first; told to who may let in
 * @property {{locked: boolean, access: string}} room the room was locked, unlocked or opened
 * @property {{source: Source, by: {id: string, name: string} | null}} muted a host (or a front
 *     end: null) has muted what we publish; we may unmute it
 */

/** @extends {Emitter<DoorEvents>} */
export class Door extends Emitter {
    /** @type {Knock[]} who waits to be let in, oldest first; empty if we may not let anybody in */
    knocking = [];
    /** Whoever comes knocks, but for hosts. */
    locked = false;
    /** Open, lobby or members. */
    access = 'open';
    #session;

    /** @param {import('./session.js').Session} session */
    constructor(session) {
        super();
        this.#session = session;
        session.on('waiting', (waiting) => this.emit('waiting', waiting));
        session.on('welcome', (welcome) => this.#welcome(welcome));
        session.on('message', (message) => this.#hear(message));
    }

    /**
     * Lets somebody in.
     * @param {string} id of a knock
     * @throws {import('./error.js').SalonError} `not_allowed`, `unknown_participant`
     */
    async admit(id) {
        await this.#session.request({ type: 'admit', participant: id });
    }

    /** Lets everybody in who waits. */
    async admitAll() {
        await this.#session.request({ type: 'admit', all: true });
    }

    /**
     * Sends somebody away.
     * @param {string} id of a knock
     */
    async deny(id) {
        await this.#session.request({ type: 'deny', participant: id });
    }

    /**
     * Locks or unlocks the room; hosts only.
     * @param {boolean} locked
     */
    async lock(locked) {
        await this.#session.request({ type: 'lock', locked });
    }

    /**
     * Puts a participant out; hosts only. Their link goes on working.
     * @param {string} id
     */
    async remove(id) {
        await this.#session.request({ type: 'remove', participant: id });
    }

    /**
     * Mutes what another publishes; hosts only. Nobody can be unmuted by others.
     * @param {string} id
     * @param {Source} source
     */
    async mute(id, source) {
        await this.#session.request({ type: 'mute', participant: id, source, muted: true });
    }

    /**
     * Mutes everybody but ourselves; hosts only.
     * @param {Source} [source]
     */
    async muteEveryone(source = 'microphone') {
        await this.#session.request({ type: 'mute', everyone: true, source, muted: true });
    }

    /** @param {Welcome} welcome */
    #welcome(welcome) {
        this.#room(welcome.room ?? {});
        this.#knocks(welcome.knocking ?? []);
        for (const source of welcome.muted ?? []) this.emit('muted', { source, by: null });
    }

    /** @param {Message} message */
    #hear(message) {
        if (message.type === 'knocking') this.#knocks(message.participants ?? []);
        else if (message.type === 'room') this.#room(message.room ?? {});
        else if (message.type === 'muted')
            this.emit('muted', { source: message.source, by: message.by ?? null });
    }

    /** @param {Knock[]} knocking */
    #knocks(knocking) {
        this.knocking = knocking;
        this.emit('knocking', { knocking });
    }

    /** @param {{locked?: boolean, access?: string}} room */
    #room({ locked = false, access = 'open' }) {
        this.locked = locked;
        this.access = access;
        this.emit('room', { locked, access });
    }
}
