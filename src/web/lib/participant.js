/** Somebody in the room, as the server tells it; and what of them reaches us. */

import { plainName } from './names.js';

/** @typedef {import('./types.js').ParticipantInfo} ParticipantInfo */
/** @typedef {import('./types.js').TrackInfo} TrackInfo */
/** @typedef {import('./types.js').Source} Source */
/** @typedef {import('./types.js').Seat} Seat */

/** @typedef {{track: MediaStreamTrack, stream: MediaStream, seat: Seat}} Seated */

export class Participant {
    /** @type {Map<Source, Seated>} what is seated on one of our slots just now */
    media = new Map();

    /** @param {ParticipantInfo} info */
    constructor(info) {
        this.id = info.id;
        this.name = '';
        this.role = 'guest';
        this.client = 'web';
        this.hand = false;
        this.away = false;
        /** @type {TrackInfo[]} what they publish, whether we receive it or not */
        this.tracks = [];
        this.update(info);
    }

    /** @param {ParticipantInfo} info fields that are absent stay */
    update(info) {
        this.name = plainName(info.name ?? this.name);
        this.role = info.role ?? this.role;
        this.client = info.client ?? this.client;
        this.hand = info.hand ?? this.hand;
        this.away = info.away ?? this.away;
        this.tracks = info.tracks ?? this.tracks;
    }

    /**
     * @param {Source} source
     * @returns {TrackInfo | undefined}
     */
    publishes(source) {
        return this.tracks.find((track) => track.source === source);
    }

    /**
     * @param {Source} source
     * @returns {boolean} there is nothing to hear or see: muted or not published
     */
    muted(source) {
        return this.publishes(source)?.muted ?? true;
    }

    /**
     * @param {Source} source
     * @returns {MediaStream | null} for `srcObject`; the same object as long as the slot is
     */
    stream(source) {
        return this.media.get(source)?.stream ?? null;
    }
}
