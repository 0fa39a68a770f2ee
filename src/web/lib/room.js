/**
 * A room we are in. It puts the parts together: the session (what is said), the connection
 * (what is sent and received), and who is there.
 */

import { Chat } from './chat.js';
import { Connection } from './connection.js';
import { DataChannels } from './data.js';
import { Door } from './door.js';
import { Emitter } from './emitter.js';
import { checkCodec, contentOf, isSimulcast } from './encodings.js';
import { SalonError } from './error.js';
import { Inviting } from './inviting.js';
import { Patience } from './patience.js';
import { Publications } from './publications.js';
import { isReaction } from './reactions.js';
import { Roster } from './roster.js';
import { Seating } from './seating.js';
import { Session, defaultSignal } from './session.js';
import { Slots, slotsOf } from './slots.js';
import { onWake } from './wake.js';
import { Wants } from './wants.js';

/** @typedef {import('./types.js').Source} Source */
/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').Welcome} Welcome */
/** @typedef {import('./types.js').Want} Want */
/** @typedef {import('./types.js').ChatMessage} ChatMessage */
/** @typedef {import('./participant.js').Participant} Participant */
/** @typedef {import('./seating.js').SeatChange} SeatChange */
/** @typedef {import('./types.js').Content} Content */
/** @typedef {import('./types.js').Quality} Quality */
/** @typedef {import('./types.js').PublishOptions} PublishOptions */

/** @typedef {import('./types.js').RoomState} RoomState */
/** @typedef {import('./types.js').JoinOptions} JoinOptions */

/**
 * @typedef {object} RoomEvents
 * @property {{event: 'joined' | 'changed' | 'left', participant: Participant}} participant also
 *     `changed` for `room.self`
 * @property {SeatChange} seat something of a participant reaches us, at another quality, or no
 *     more (`track` null)
 * @property {{participant: Participant | null}} speaker
 * @property {{reason: string}} lost media was lost, for this reason of the server's
 * @property {ChatMessage} chat
 * @property {{participant: Participant, reaction: import('./reactions.js').Reaction}} reaction
 * @property {{channel: import('./data.js').IncomingChannel}} channel somebody sends data to us
 * @property {{from: string, label: string, data: import('./data.js').Data}} message … this
 * @property {{state: RoomState, reason: string}} state
 * @property {SalonError} error a request was refused that nobody waits for
 */

/** @extends {Emitter<RoomEvents>} */
export class Room extends Emitter {
    #roster = new Roster();
    /** The others, by id. */
    participants = this.#roster.participants;
    self = this.#roster.self;
    title = '';
    kind = '';
    inviting = new Inviting((message) => this.#session.request(message));
    /** @type {RoomState} */
    state = 'connecting';

    #options;
    #session;
    #slots = new Slots();
    #publications = new Publications((source, muted) =>
        this.#session.send({ type: 'mute', source, muted }),
    );
    #data = new DataChannels();
    #connection = new Connection(
        [this.#publications, this.#slots, this.#data],
        (message, current) => this.#ask(message, current),
    );
    #chat;
    #seating = new Seating(this.participants, (mid) => this.#slots.track(mid));
    #wants = new Wants((wants) => this.#sendWants(wants));
    #patience = new Patience();
    #backOnline = () => this.#hurry();
    #stopLooking = () => {};

    /** @param {JoinOptions} options */
    constructor(options) {
        super();
        this.#options = { ...options };
        this.#session = new Session(options.signal ?? defaultSignal(), () =>
            this.#joinMessage(),
        );
        /** Who waits to be let in (we ourselves, or others), and what hosts may do. */
        this.door = new Door(this.#session);
        this.door.on('muted', ({ source }) => this.setMuted(source, true));
        this.#chat = new Chat(this.#session, this.#data);
        this.#chat.on('chat', (message) => this.emit('chat', message));
        this.#data.on('channel', (detail) => this.emit('channel', detail));
        this.#data.on('data', (detail) => this.emit('message', detail));
        this.#session.on('welcome', (welcome) => this.#welcome(welcome));
        this.#session.on('message', (message) => this.#hear(message));
        this.#session.on('message', (message) => this.inviting.hear(message));
        this.#session.on('away', () => this.#setState());
        this.#session.on('waiting', () => this.#setState());
        this.#session.on('closed', (reason) => this.#close(reason));
        this.#roster.on('participant', (change) => {
            this.emit('participant', change);
            if (change.event === 'joined') this.#changed(this.#seating.settle());
        });
        this.#roster.on('self', () => this.#selfChanged());
        this.#roster.on('speaker', (change) => this.emit('speaker', change));
        // If it comes back it has to be asked for.
        this.#roster.on('unpublished', ({ participant, source }) =>
            this.#wants.forget(participant.id, source),
        );
        this.#connection.on('state', (media) => media === 'lost' && this.#session.probe());
        this.#connection.on('state', () => this.#setState());
        this.#connection.on('renewed', () => {
            this.#changed(this.#seating.clear());
            this.#patience.watch(this.#connection.pc);
        });
        this.#connection.on('answered', ({ first }) => this.#answered(first));
        this.#connection.on('failed', (error) => this.emit('error', error));
        globalThis.addEventListener?.('online', this.#backOnline);
        this.#stopLooking = onWake(this.#backOnline);
    }

    /**
     * Used by joinRoom().
     * @throws {SalonError}
     */
    async join() {
        try {
            await this.#session.open();
        } catch (error) {
            this.#close(error instanceof SalonError ? error.reason : 'internal');
            throw error;
        }
    }

    // What we send

    /**
     * Sends a track. One track a source: another one takes the place of the first.
     * @param {MediaStreamTrack} track
     * @param {PublishOptions} [how]
     * @returns {Promise<void>} when the server has agreed
     * @throws {SalonError} `codec_unsupported`, or why the server refused
     */
    async publish(track, how = {}) {
        const source = how.source ?? (track.kind === 'audio' ? 'microphone' : 'camera');
        if (this.#publications.get(source)) {
            await this.replaceTrack(source, track);
            return;
        }
        const { codec, scalability, content = contentOf(source), muted = false } = how;
        if (codec) checkCodec(codec);
        const coding = { simulcast: isSimulcast(source, how), codec, scalability };
        this.#publications.add(track, { source, coding, content, muted });
        this.#selfChanged();
        try {
            await this.#connection.negotiate();
        } finally {
            this.#selfChanged();
        }
        if (!this.#publications.get(source)) throw new SalonError('rejected');
    }

    /**
     * Stops sending. The track itself goes on; it is the caller's.
     * @param {Source} source
     */
    async unpublish(source) {
        if (!this.#publications.get(source)) return;
        const removed = this.#publications.remove(source);
        this.#selfChanged();
        await removed;
        await this.#connection.negotiate();
    }

    /**
     * Sends another track in its place, or none for a while, without an offer.
     * @param {Source} source
     * @param {MediaStreamTrack | null} track
     */
    replaceTrack(source, track) {
        return this.#publications.replace(source, track);
    }

    /**
     * Mutes: others are told, nothing is sent. Kept when the connection is renewed.
     * @param {Source} source
     * @param {boolean} muted
     */
    setMuted(source, muted) {
        this.#publications.mute(source, muted);
        this.#selfChanged();
    }

    /**
     * Says what a picture is made for, while it is sent.
     * @param {Source} source
     * @param {Content} content
     */
    async setContent(source, content) {
        if (this.#publications.describe(source, content)) await this.#connection.negotiate();
    }

    /**
     * @param {Source} source
     * @returns {{track: MediaStreamTrack | null, muted: boolean} | null} null: not published
     */
    published(source) {
        const publication = this.#publications.get(source);
        return publication ? { track: publication.track, muted: publication.muted } : null;
    }

    /** @returns {import('./types.js').TrackInfo[]} all we publish */
    get publishing() {
        return this.#publications.infos();
    }

    /**
     * @param {Source} source
     * @returns {string | null} the m-line we send it on, as statistics name it
     */
    midOf(source) {
        return this.#publications.get(source)?.transceiver?.mid ?? null;
    }

    // What we receive and say

    /** @param {Want[]} wants each replaces the one before of the same slot, or participant and source */
    want(wants) {
        this.#wants.set(wants);
    }

    /**
     * @param {string} text 1 to 4000 characters
     * @param {string} [to] id of one participant; everyone if absent
     * @throws {SalonError} `rate_limited`, `unknown_participant`, …
     */
    async chat(text, to) {
        await this.#chat.say(text, to);
    }

    /**
     * Opens a data channel to all others, or to one participant. What we send on it reaches them
     * as `channel` and `message`; it closes at their side when it closes at ours.
     * @param {string} label up to 255 bytes; "salon…" is the server's
     * @param {import('./data.js').ChannelOptions} [options]
     */
    openChannel(label, options = {}) {
        return this.#data.open(label, options);
    }

    /**
     * @param {{name?: string, hand?: boolean}} change a new name, a raised hand
     * @throws {SalonError}
     */
    async update(change) {
        await this.#session.request({ type: 'update', ...change });
    }

    /**
     * Shows everybody how we take what is said; `reaction` comes to us as well.
     * @param {import('./reactions.js').Reaction} reaction
     * @throws {SalonError} `rate_limited`
     */
    async react(reaction) {
        await this.#session.request({ type: 'react', reaction });
    }

    /**
     * How well we send and receive, as the server sees it; at most once a second.
     * @returns {Promise<Quality>}
     * @throws {SalonError} `rate_limited`, `no_media_worker`
     */
    async quality() {
        return /** @type {any} */ (await this.#session.request({ type: 'quality' }));
    }

    /** Who speaks; null: nobody. */
    get speaker() {
        return this.#roster.speaker;
    }

    /** The peer connection of the moment, for statistics; leave its transceivers alone. */
    get connection() {
        return this.#connection.pc;
    }

    leave() {
        this.#session.leave();
    }

    // Inside

    /** @returns {Message} */
    #joinMessage() {
        const { link, name, token, host, lang } = this.#options;
        return { type: 'join', link, name, token, host, lang }; // JSON leaves out what is undefined
    }

    /**
     * @param {Message} message
     * @param {AbortSignal} current
     */
    async #ask(message, current) {
        try {
            return await this.#session.request(message, current);
        } catch (error) {
            if (!(error instanceof SalonError) || error.reason !== 'timeout') throw error;
            this.#session.reconnect(); // the server is silent: another socket, and the offer again
            throw new SalonError('socket_lost');
        }
    }

    /** @param {Want[]} wants */
    #sendWants(wants) {
        if (!this.#session.online) return false;
        this.#session.send({ type: 'want', wants });
        return true;
    }

    /** @param {Welcome} welcome */
    #welcome(welcome) {
        this.title = welcome.room?.title ?? '';
        this.kind = welcome.room?.kind ?? '';
        this.self.id = welcome.participant;
        this.self.update({
            id: welcome.participant,
            name: welcome.name,
            role: welcome.role,
        });
        this.#roster.sync(welcome.participants);
        this.#roster.setSpeaker(welcome.speaker);
        this.#growSlots();
        const kept = welcome.type === 'resumed' && welcome.media !== 'lost';
        if (kept) {
            this.#changed(this.#seating.replace(welcome.seats ?? []));
            if (welcome.layers) this.#watched(welcome.layers);
            this.#wants.flush();
            this.#publications.tellMutes();
        } else {
            this.#connection.rebuild(welcome.ice_servers ?? []).catch(() => {});
        }
        this.#chat.welcome(welcome);
        this.inviting.welcome(welcome);
        Object.assign(this.#options, this.inviting.wayBack);
        this.#setState();
    }

    /** @param {Message} message */
    #hear(message) {
        switch (message.type) {
            case 'participant':
                this.#roster.tell(message.event, message.participant);
                this.#growSlots();
                break;
            case 'seat':
                if (this.#connection.outdated(message.generation)) break;
                this.#changed(this.#seating.apply(message.seats));
                break;
            case 'layers':
                this.#watched(message);
                break;
            case 'speaker':
                this.#roster.setSpeaker(message.participant);
                break;
            case 'chat':
                this.#chat.hear(/** @type {any} */ (message));
                break;
            case 'reaction':
                this.#reacted(message);
                break;
            case 'media':
                if (message.state !== 'lost') break;
                this.emit('lost', { reason: String(message.reason ?? '') });
                if (!this.#connection.outdated(message.generation)) this.#connection.lost();
                break;
            case 'error':
                this.emit('error', SalonError.from(message));
                break;
        }
    }

    /** @param {Message} message */
    #watched(message) {
        if (this.#connection.outdated(message.generation)) return;
        this.#publications.watched(/** @type {any} */ (message));
    }

    #selfChanged() {
        this.self.tracks = this.#publications.infos();
        this.emit('participant', { event: 'changed', participant: this.self });
    }

    /** Makes room for those who publish, and offers if that takes new slots. */
    #growSlots() {
        const more = this.#slots.want(slotsOf(this.participants, this.#options.maxPairs ?? 25));
        if (more && this.#connection.pc) this.#connection.negotiate().catch(() => {});
    }

    /** @param {SeatChange[]} changes */
    #changed(changes) {
        for (const change of changes) this.emit('seat', change);
    }

    /** @param {Message} message */
    #reacted({ participant: id, reaction }) {
        const participant = this.#roster.find(id);
        if (participant && isReaction(reaction))
            this.emit('reaction', { participant, reaction });
    }

    /** @param {boolean} first of a new peer connection */
    #answered(first) {
        this.#changed(this.#seating.settle());
        if (first) this.#wants.again();
    }

    #hurry() {
        this.#session.hurry();
        this.#connection.restartIce();
    }

    /** @param {string} [reason] */
    #setState(reason = '') {
        const media = this.#connection.state;
        /** @type {RoomState} */
        let state = 'connected';
        if (reason) state = 'closed';
        else if (this.#session.waiting) state = 'waiting';
        else if (!this.#session.online) state = 'reconnecting';
        else if (media === 'lost' || media === 'refused') state = 'media-lost';
        if (state === this.state || this.state === 'closed') return;
        this.state = state;
        this.emit('state', { state, reason });
    }

    /** @param {string} reason */
    #close(reason) {
        globalThis.removeEventListener?.('online', this.#backOnline);
        this.#stopLooking();
        this.#wants.stop();
        this.#patience.stop();
        this.#changed(this.#seating.clear());
        this.#connection.close();
        this.#data.close();
        this.#setState(reason);
    }
}
