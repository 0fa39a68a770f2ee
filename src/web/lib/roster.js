/** Who is in the room, and who speaks, as the server tells it. */

import { Emitter } from './emitter.js';
import { Participant } from './participant.js';

/** @typedef {import('./types.js').ParticipantInfo} ParticipantInfo */
/** @typedef {import('./types.js').TrackInfo} TrackInfo */

/**
 * @typedef {object} RosterEvents
 * @property {{event: 'joined' | 'changed' | 'left', participant: Participant}} participant
 * @property {{participant: Participant | null}} speaker
 * @property {{}} self what the server says of ourselves has changed
 * @property {{participant: Participant, source: import('./types.js').Source}} unpublished
 *     somebody sends this no more
 */

/** @extends {Emitter<RosterEvents>} */
export class Roster extends Emitter {
    /** @type {Map<string, Participant>} the others, by id */
    participants = new Map();
    /** @type {Participant | null} */
    speaker = null;
    self = new Participant({ id: '' });

    /** @param {ParticipantInfo[]} infos the others, all of them */
    sync(infos) {
        const here = new Set(infos.map(({ id }) => id));
        for (const id of [...this.participants.keys()]) {
            if (!here.has(id)) this.tell('left', { id });
        }
        for (const info of infos) this.tell('joined', info);
    }

    /**
     * @param {'joined' | 'changed' | 'left'} event
     * @param {ParticipantInfo} info
     */
    tell(event, info) {
        if (info.id === this.self.id) {
            this.self.update({ ...info, tracks: undefined }); // of those we know more
            this.emit('self', {});
            return;
        }
        const known = this.participants.get(info.id);
        if (known) this.#compare(known, event === 'left' ? [] : info.tracks);
        if (event === 'left') {
            if (known) this.#remove(known);
            return;
        }
        known?.update(info);
        const participant = known ?? new Participant(info);
        this.participants.set(info.id, participant);
        this.emit('participant', { event: known ? 'changed' : 'joined', participant });
    }

    /** @param {string | null} id null: nobody speaks */
    setSpeaker(id) {
        const participant = this.find(id);
        if (participant === this.speaker) return;
        this.speaker = participant;
        this.emit('speaker', { participant });
    }

    /**
     * @param {string | null} id
     * @returns {Participant | null} it may be ourselves
     */
    find(id) {
        return id === this.self.id ? this.self : (this.participants.get(id ?? '') ?? null);
    }

    /** @param {Participant} participant */
    #remove(participant) {
        this.participants.delete(participant.id);
        if (this.speaker === participant) this.setSpeaker(null);
        this.emit('participant', { event: 'left', participant });
    }

    /**
     * @param {Participant} participant
     * @param {TrackInfo[]} [tracks] that stay
     */
    #compare(participant, tracks = participant.tracks) {
        for (const { source } of participant.tracks) {
            if (!tracks.some((track) => track.source === source))
                this.emit('unpublished', { participant, source });
        }
    }
}
