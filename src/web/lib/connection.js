/**
 * Our one peer connection, kept alive. It offers, one offer at a time; it heals itself:
 *
 *      new ──answer──▶ connecting ──▶ connected ──ICE lost──▶ restart ──▶ connected
 *       ▲                                                       │ 7 s without
 *       └────────────── a new peer connection ◀─────────────────┘
 *
 * What the offer is about (what we send, our slots) are its *parts*. They add their
 * transceivers to it and take them back, and do not know of each other.
 */

import { backoff, pause } from './backoff.js';
import { Emitter } from './emitter.js';
import { SalonError } from './error.js';

/** @typedef {import('./types.js').MediaHint} MediaHint */
/** @typedef {import('./types.js').Message} Message */

/**
 * @typedef {object} Part
 * @property {() => void} reset the peer connection is another one
 * @property {(pc: RTCPeerConnection) => void} fill adds what is missing, before each offer
 * @property {() => MediaHint[]} hints what its m-lines are for
 * @property {() => void} settled the answer is applied
 * @property {() => void} refused the offer was refused: forget what was new in it
 */

/** @typedef {'new' | 'connected' | 'lost' | 'refused'} MediaState */

/** Refusals that pass; any other is about the offer itself. */
const PASSING = new Set([
    'socket_lost',
    'no_media_worker',
    'offer_pending',
    'rate_limited',
    'internal',
]);

/**
 * @typedef {object} ConnectionEvents
 * @property {MediaState} state
 * @property {null} renewed there is a new peer connection: the old one's slots are gone
 * @property {{first: boolean}} answered an offer is agreed; first: of this peer connection
 * @property {SalonError} failed an offer was refused
 */

/** @typedef {{resolve: () => void, reject: (e: unknown) => void}} Waiter */

/** @extends {Emitter<ConnectionEvents>} */
export class Connection extends Emitter {
    /** @type {RTCPeerConnection | null} */
    #pc = null;
    #parts;
    #ask;
    #patience;
    /** @type {RTCIceServer[]} */
    #iceServers = [];
    /** @type {MediaState} */
    #state = 'new';
    /** Of the last answer; the server counts peer connections. */
    #generation = 0;
    /** Generations up to this one are of peer connections before this one. */
    #past = 0;
    #answered = false;
    /** Aborted when this peer connection is given up. */
    #current = new AbortController();
    #running = false;
    /** @type {Waiter[]} who waits for the next offer to be agreed */
    #waiters = [];
    /** @type {any} */
    #timer;
    #rebuilds = 0;

    /**
     * @param {Part[]} parts
     * @param {(message: Message, current: AbortSignal) => Promise<Message>} ask sends an offer
     *     unless it is outdated by then, gives its answer
     * @param {{disconnected?: number, restart?: number}} [patience] in ms: how long
     *     `disconnected` may last before an ICE restart, and the restart before a new connection
     */
    constructor(parts, ask, { disconnected = 2500, restart = 7000 } = {}) {
        super();
        this.#parts = parts;
        this.#ask = ask;
        this.#patience = { disconnected, restart };
    }

    get pc() {
        return this.#pc;
    }

    get state() {
        return this.#state;
    }

    /**
     * Throws the peer connection away and makes a new one with the same parts.
     * @param {RTCIceServer[]} [iceServers]
     * @returns {Promise<void>} when the server has agreed
     */
    rebuild(iceServers = this.#iceServers) {
        this.#iceServers = iceServers;
        this.#past = this.#generation;
        this.#drop();
        this.#current = new AbortController();
        this.#answered = false;
        const pc = new RTCPeerConnection({
            iceServers,
            bundlePolicy: 'max-bundle',
        });
        pc.addEventListener('connectionstatechange', () => this.#watch(pc));
        this.#pc = pc;
        this.emit('renewed', null);
        return this.negotiate();
    }

    /**
     * Offers what the parts are now. Calls in one go share one offer.
     * @returns {Promise<void>} when the server has agreed
     * @throws {SalonError} when it refused
     */
    negotiate() {
        return new Promise((resolve, reject) => {
            this.#waiters.push({ resolve: () => resolve(), reject });
            if (!this.#running) this.#run();
        });
    }

    /** Finds a new path for the same connection; media goes on. */
    restartIce() {
        if (!this.#pc || !this.#answered) return;
        this.#pc.restartIce();
        this.#quietly(this.negotiate());
        const pc = this.#pc;
        this.#after(this.#patience.restart, () => {
            if (pc.connectionState !== 'connected') this.#renew();
        });
    }

    /**
     * @param {number} [generation] that the server speaks of
     * @returns {boolean} it is of a connection whose successor is on the way
     */
    outdated(generation = Infinity) {
        return generation <= this.#past;
    }

    /** The server lost it. */
    lost() {
        if (this.#pc) this.#renew();
    }

    close() {
        this.#drop();
        this.#pc = null;
        const gone = new SalonError('closed');
        for (const { reject } of this.#waiters.splice(0)) reject(gone);
    }

    #drop() {
        clearTimeout(this.#timer);
        this.#current.abort();
        this.#pc?.close();
        for (const part of this.#parts) part.reset();
    }

    async #run() {
        this.#running = true;
        await pause(0); // whatever is called in one go shares one offer
        while (this.#waiters.length > 0 && this.#pc) {
            const waiters = this.#waiters.splice(0);
            try {
                await this.#exchange(this.#pc, this.#current.signal);
                for (const { resolve } of waiters) resolve();
            } catch (error) {
                this.#failed(error, waiters);
            }
        }
        this.#running = false;
    }

    /**
     * @param {unknown} error
     * @param {Waiter[]} waiters
     */
    #failed(error, waiters) {
        const superseded = error instanceof SalonError && error.reason === 'superseded';
        if (superseded && this.#pc) {
            this.#waiters.unshift(...waiters); // the new connection's offer serves them
            return;
        }
        for (const { reject } of waiters) reject(error);
        if (superseded) return;
        const told =
            error instanceof SalonError
                ? error
                : new SalonError('negotiation', {
                      detail: String(error),
                  });
        if (!this.#answered) this.#set('refused');
        this.emit('failed', told);
    }

    /**
     * One offer and its answer.
     * @param {RTCPeerConnection} pc
     * @param {AbortSignal} current
     */
    async #exchange(pc, current) {
        const check = () => {
            if (current.aborted) throw new SalonError('superseded');
        };
        try {
            for (const part of this.#parts) part.fill(pc);
            await pc.setLocalDescription();
            check();
            const answer = await this.#answerTo(pc, current);
            check();
            this.#generation = answer.generation ?? this.#generation + 1;
            this.#past = this.#generation - 1; // it counts from 1 again for who joined anew
            await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
            check();
        } catch (error) {
            check(); // whatever a dropped connection throws
            if (pc.signalingState === 'have-local-offer') {
                await pc.setLocalDescription({ type: 'rollback' }).catch(() => {});
            }
            for (const part of this.#parts) part.refused();
            throw error;
        }
        const first = !this.#answered;
        this.#answered = true;
        for (const part of this.#parts) part.settled();
        this.emit('answered', { first });
    }

    /**
     * Asks until there is an answer or a refusal that is meant. The same offer is asked again, so
     * it does no harm if the server had already agreed when the socket broke.
     * @param {RTCPeerConnection} pc
     * @param {AbortSignal} current
     * @returns {Promise<Message>}
     */
    async #answerTo(pc, current) {
        const message = {
            type: 'offer',
            sdp: pc.localDescription?.sdp ?? '',
            media: this.#parts.flatMap((part) => part.hints()),
        };
        const dropped = new Promise((_, reject) => {
            const superseded = () => reject(new SalonError('superseded'));
            if (current.aborted) superseded();
            current.addEventListener('abort', superseded);
        });
        dropped.catch(() => {}); // it may come when nobody asks any more
        for (let attempt = 0; ; attempt++) {
            try {
                return await Promise.race([this.#ask(message, current), dropped]);
            } catch (error) {
                if (!(error instanceof SalonError) || !PASSING.has(error.reason)) throw error;
                const wait = (error.retryAfter ?? 0) * 1000;
                await pause(Math.max(wait, backoff(attempt, { most: 2000 })), current);
            }
        }
    }

    /** @param {RTCPeerConnection} pc */
    #watch(pc) {
        if (pc !== this.#pc) return;
        if (pc.connectionState === 'connected') {
            clearTimeout(this.#timer);
            this.#rebuilds = 0;
            this.#set('connected');
        } else if (pc.connectionState === 'disconnected') {
            this.#after(this.#patience.disconnected, () => {
                this.#set('lost');
                this.restartIce();
            });
        } else if (pc.connectionState === 'failed') {
            const first = this.#state === 'connected';
            this.#set('lost');
            if (first) this.restartIce();
            else this.#renew();
        }
    }

    /** A new connection, at once the first time, then less and less often. */
    #renew() {
        this.#set('lost');
        const wait =
            this.#rebuilds === 0 ? 0 : backoff(this.#rebuilds, { first: 1000, most: 15000 });
        this.#rebuilds++;
        this.#after(wait, () => this.#quietly(this.rebuild()));
    }

    /**
     * @param {number} ms
     * @param {() => void} act unless the connection comes up or is replaced before
     */
    #after(ms, act) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(act, ms);
    }

    /** @param {Promise<void>} promise whose failure is told by `failed` */
    #quietly(promise) {
        promise.catch(() => {});
    }

    /** @param {MediaState} state */
    #set(state) {
        if (this.#state === state) return;
        this.#state = state;
        this.emit('state', state);
    }
}
