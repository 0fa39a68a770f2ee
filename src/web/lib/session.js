/**
 * Our stay in a room as the server knows it, over as many sockets as it takes:
 *
 *      joining ──joined──▶ online ──socket lost──▶ away ──resumed──▶ online
 *       │ └─lobby─▶ waiting ──joined─▲               │ unknown_session: joined anew
 *       └────────── refused, denied, closed ◀────────┘
 */

import { backoff, pause } from './backoff.js';
import { Emitter } from './emitter.js';
import { SalonError } from './error.js';
import { Socket } from './socket.js';

/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').Welcome} Welcome */

/** With these, trying again makes sense; every other refusal of a join is final. */
const PASSING = new Set([
    'unreachable',
    'socket_lost',
    'timeout',
    'rate_limited',
    'no_media_worker',
]);
/** After these a socket closed by the server is worth a new one. */
const REOPEN = new Set(['shutdown', 'idle_timeout', 'join_timeout']);
const FIRST_TRIES = 4;
const PATIENCE_S = 5; // who may not come in for longer is told so
const PROBE_TIMEOUT = 2500;

/**
 * @typedef {object} SessionEvents
 * @property {Welcome} welcome joined, joined anew or resumed
 * @property {import('./types.js').Waiting} waiting we are not let in yet
 * @property {null} away the socket is lost; we are on it
 * @property {Message} message anything the server says unasked
 * @property {string} closed it is over, with the reason
 */

/** @extends {Emitter<SessionEvents>} */
export class Session extends Emitter {
    #url;
    #join;
    #lastId = 0;
    /** @type {Socket | null} set while online */
    #socket = null;
    /** @type {{participant: string, secret: string} | null} */
    #resume = null;
    #chatSeen = 0;
    /** @type {string | null} why it is over */
    #closed = null;
    /** @type {(() => void)[]} requests that wait for a socket */
    #waiting = [];
    #hurry = new AbortController();
    /** @type {{socket: Socket, giveUp: (error: Error) => void} | null} set while we wait */
    #atDoor = null;
    #known = false; // the server has let us in or wait: from now on we come back

    /**
     * @param {string | URL} url
     * @param {() => Message} join makes the `join` message
     */
    constructor(url, join) {
        super();
        this.#url = url;
        this.#join = join;
    }

    get online() {
        return this.#socket !== null;
    }

    /** We are before the door. */
    get waiting() {
        return this.#atDoor !== null;
    }

    /**
     * Joins. @returns {Promise<void>} @throws {SalonError}
     */
    open() {
        return this.#connect(FIRST_TRIES);
    }

    /**
     * Asks as soon as there is a socket.
     * @param {Message} message
     * @param {AbortSignal} [current] aborted: the question is outdated, do not ask it any more
     * @returns {Promise<Message>}
     */
    async request(message, current) {
        while (!this.#socket) {
            if (this.#closed !== null) throw new SalonError(this.#closed);
            await new Promise((resolve) => this.#waiting.push(() => resolve(null)));
        }
        if (current?.aborted) throw new SalonError('superseded');
        return this.#socket.request(message);
    }

    /** @param {Message} message dropped if there is no socket just now */
    send(message) {
        this.#socket?.send(message);
    }

    /** Takes the socket for dead: a question went unanswered. */
    reconnect() {
        const socket = this.#socket;
        if (!socket) return;
        socket.close();
        this.#lost(socket);
    }

    /**
     * Something suggests that the network was away: takes the socket for dead unless the server
     * answers soon. The old socket may come back as well, but its TCP tries less and less often,
     * up to as long after the network is back as that was away; a new one is there at once.
     */
    async probe() {
        const socket = this.#socket;
        try {
            await socket?.request({ type: 'ping' }, PROBE_TIMEOUT);
        } catch {
            if (socket === this.#socket) this.reconnect();
        }
    }

    /** Does not wait any longer for the next try, for instance because the network is back. */
    hurry() {
        this.#hurry.abort();
        this.#hurry = new AbortController();
    }

    leave() {
        this.send({ type: 'leave' });
        this.#atDoor?.socket.send({ type: 'leave' });
        this.#close('left');
    }

    /**
     * @param {number} tries
     * @throws {SalonError} the last try's
     */
    async #connect(tries) {
        for (let attempt = 0; this.#closed === null; attempt++) {
            try {
                await this.#enter();
                return;
            } catch (error) {
                const passing = error instanceof SalonError && PASSING.has(error.reason);
                const later = passing ? (error.retryAfter ?? 0) : 0;
                const enough = attempt + 1 >= tries || later >= PATIENCE_S;
                if (!passing || (enough && !this.#known)) throw error;
                const wait = Math.max(backoff(attempt), 1000 * later);
                await pause(wait, this.#hurry.signal);
            }
        }
        throw new SalonError(this.#closed ?? 'closed');
    }

    /** One try: a socket, and on it `resume` or `join`. */
    async #enter() {
        const socket = await Socket.open(this.#url, () => ++this.#lastId);
        if (this.#closed !== null) {
            socket.close();
            return;
        }
        socket.on('message', (message) => this.#hear(socket, message));
        socket.on('lost', () => this.#lost(socket));
        try {
            const welcome = await this.#letIn(socket, await this.#introduce(socket));
            this.#known = true;
            this.#resume = { participant: welcome.participant, secret: welcome.resume };
            this.#chatSeen = Math.max(
                this.#chatSeen,
                ...(welcome.chat ?? []).map(({ n }) => n),
            );
            this.#socket = socket;
            this.emit('welcome', welcome);
            for (const resolve of this.#waiting.splice(0)) resolve();
        } catch (error) {
            socket.close();
            throw error;
        }
    }

    /**
     * Waits before the door, if that is the answer.
     * @param {Socket} socket
     * @param {Message} answer
     * @returns {Promise<Welcome>}
     */
    async #letIn(socket, answer) {
        if (answer.type !== 'lobby') return /** @type {Welcome} */ (answer);
        this.#known = true;
        try {
            return await new Promise((resolve, reject) => {
                this.#atDoor = { socket, giveUp: reject };
                socket.on('message', (message) => {
                    if (message.type === 'lobby') this.#wait(message);
                    else if (message.type === 'joined')
                        resolve(/** @type {Welcome} */ (message));
                    else if (message.type === 'closed') reject(new SalonError('socket_lost'));
                });
                socket.on('lost', () => reject(new SalonError('socket_lost')));
                this.#wait(answer);
            });
        } catch (error) {
            this.#atDoor = null;
            if (this.#closed === null) this.emit('away', null);
            throw error;
        } finally {
            this.#atDoor = null;
        }
    }

    /** @param {Message} lobby */
    #wait({ participant, resume, reason, host }) {
        this.#resume = { participant, secret: resume };
        this.emit('waiting', { reason, host });
    }

    /**
     * @param {Socket} socket
     * @returns {Promise<Message>} `joined`, `resumed` or `lobby`
     */
    async #introduce(socket) {
        if (this.#resume) {
            try {
                const asked = {
                    type: 'resume',
                    ...this.#resume,
                    chat_after: this.#chatSeen,
                };
                return await socket.request(asked);
            } catch (error) {
                if (!(error instanceof SalonError) || error.reason !== 'unknown_session')
                    throw error;
                this.#resume = null;
                this.#chatSeen = 0;
            }
        }
        return await socket.request(this.#join());
    }

    /**
     * @param {Socket} socket
     * @param {Message} message
     */
    #hear(socket, message) {
        if (message.type === 'closed') {
            socket.close();
            if (REOPEN.has(message.reason)) this.#lost(socket);
            else this.#close(message.reason);
            return;
        }
        if (message.type === 'chat') this.#chatSeen = Math.max(this.#chatSeen, message.n);
        this.emit('message', message);
    }

    /** @param {Socket} socket */
    async #lost(socket) {
        if (socket !== this.#socket) return; // one that is still joining: #connect() sees to it
        this.#socket = null;
        this.emit('away', null);
        try {
            await this.#connect(Infinity);
        } catch (error) {
            this.#close(error instanceof SalonError ? error.reason : 'internal');
        }
    }

    /** @param {string} reason */
    #close(reason) {
        if (this.#closed !== null) return;
        this.#closed = reason;
        this.#socket?.close();
        this.#socket = null;
        this.#atDoor?.socket.close();
        this.#atDoor?.giveUp(new SalonError(reason));
        this.hurry();
        for (const resolve of this.#waiting.splice(0)) resolve();
        this.emit('closed', reason);
    }
}

/** The address of the server that this page is from. */
export function defaultSignal() {
    const url = new URL('/api/v1/signal', location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return url;
}
