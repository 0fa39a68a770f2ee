/** Who sits on which of our slots: ties the server's `seat` messages to participants. */

/** @typedef {import('./types.js').Seat} Seat */
/** @typedef {import('./participant.js').Participant} Participant */
/** @typedef {{participant: Participant, source: import('./types.js').Source,
 *     track: MediaStreamTrack | null, seat: Seat | null}} SeatChange */

export class Seating {
    /** @type {Map<string, Seat>} by mid */
    #seats = new Map();
    /** @type {WeakMap<MediaStreamTrack, MediaStream>} */
    #streams = new WeakMap();
    #participants;
    #trackOf;

    /**
     * @param {Map<string, Participant>} participants
     * @param {(mid: string) => MediaStreamTrack | null} trackOf what arrives on a slot
     */
    constructor(participants, trackOf) {
        this.#participants = participants;
        this.#trackOf = trackOf;
    }

    /**
     * @param {Seat[]} seats those that changed
     * @returns {SeatChange[]}
     */
    apply(seats) {
        const changes = [];
        for (const seat of seats) {
            const before = this.#seats.get(seat.mid);
            const moved =
                before?.participant !== seat.participant || before?.source !== seat.source;
            if (before && moved) changes.push(...this.#unseat(before));
            if (seat.participant) this.#seats.set(seat.mid, seat);
            else this.#seats.delete(seat.mid);
            changes.push(...this.#seat(seat));
        }
        return changes;
    }

    /**
     * @param {Seat[]} seats all there are
     * @returns {SeatChange[]}
     */
    replace(seats) {
        const here = new Set(seats.map(({ mid }) => mid));
        const gone = [...this.#seats.values()].filter(({ mid }) => !here.has(mid));
        return this.apply([...gone.map((seat) => ({ ...seat, participant: null })), ...seats]);
    }

    /**
     * Seats that were told before their participant was, or before their slot had its track.
     * @returns {SeatChange[]}
     */
    settle() {
        return [...this.#seats.values()]
            .filter((seat) => this.#at(seat)?.seat.mid !== seat.mid)
            .flatMap((seat) => this.#seat(seat));
    }

    /**
     * The peer connection is another one: its slots are empty.
     * @returns {SeatChange[]}
     */
    clear() {
        const seats = [...this.#seats.values()];
        this.#seats.clear();
        return seats.flatMap((seat) => this.#unseat(seat));
    }

    /** @param {Seat} seat */
    #at(seat) {
        const participant = this.#participants.get(seat.participant ?? '');
        return participant?.media.get(seat.source);
    }

    /**
     * @param {Seat} seat
     * @returns {SeatChange[]}
     */
    #seat(seat) {
        const participant = this.#participants.get(seat.participant ?? '');
        const track = this.#trackOf(seat.mid);
        if (!participant || !track) return [];
        const stream = this.#streams.get(track) ?? new MediaStream([track]);
        this.#streams.set(track, stream);
        participant.media.set(seat.source, { track, stream, seat });
        return [{ participant, source: seat.source, track, seat }];
    }

    /**
     * @param {Seat} seat
     * @returns {SeatChange[]}
     */
    #unseat(seat) {
        const participant = this.#participants.get(seat.participant ?? '');
        // They may sit elsewhere by now.
        if (!participant || participant.media.get(seat.source)?.seat.mid !== seat.mid)
            return [];
        participant.media.delete(seat.source);
        return [{ participant, source: seat.source, track: null, seat: null }];
    }
}
