/**
 * Our slots: receiving m-lines, on which the server seats whom it chose. They come in pairs of
 * audio and video; some extra audio lines carry those who speak without having a seat. Slots
 * are only ever added.
 */

/** @typedef {import('./types.js').MediaHint} MediaHint */
/** @typedef {import('./types.js').SlotRole} SlotRole */
/** @typedef {{role: SlotRole, audio: RTCRtpTransceiver | null, video: RTCRtpTransceiver | null}} Slot */
/** @typedef {{pairs: number, voices: number, screens: number}} SlotCount */

/** Growing in steps spares offers: one for each of these, not for each who comes. */
const STEPS = [2, 4, 6, 9, 12, 16, 20, 25, 32, 40, 49];
const EXTRA_VOICES = 5;
const MAX_SCREENS = 4;

/**
 * How many slots suit so many others.
 * @param {number} people who publish sound or a picture of themselves
 * @param {number} screens that are shared
 * @param {number} maxPairs
 * @returns {SlotCount}
 */
export function slotsFor(people, screens, maxPairs) {
    const spare = people + 1;
    const step = STEPS.find((s) => s >= spare) ?? maxPairs;
    return {
        pairs: Math.min(step, maxPairs),
        voices: people > maxPairs ? EXTRA_VOICES : 0,
        screens: Math.min(screens, MAX_SCREENS),
    };
}

/**
 * The same, of who is here.
 * @param {Map<string, import('./participant.js').Participant>} participants the others
 * @param {number} maxPairs
 */
export function slotsOf(participants, maxPairs) {
    let people = 0;
    let screens = 0;
    for (const { tracks } of participants.values()) {
        if (tracks.some(({ source }) => !source.startsWith('screen'))) people++;
        if (tracks.some(({ source }) => source === 'screen')) screens++;
    }
    return slotsFor(people, screens, maxPairs);
}

/** Says of which layer each frame is: without it nobody can put the layers of AV1 together. */
const DEPENDENCY =
    'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';

/**
 * Chromium reads the extension where it only receives if it is asked to; others do as they do.
 * @param {RTCRtpTransceiver} transceiver
 */
function readLayers(transceiver) {
    /** @type {any} */
    const video = transceiver; // TypeScript's DOM does not know these methods yet
    const extensions = video.getHeaderExtensionsToNegotiate?.() ?? [];
    for (const extension of extensions)
        if (extension.uri === DEPENDENCY) extension.direction = 'sendrecv';
    if (extensions.length > 0) video.setHeaderExtensionsToNegotiate(extensions);
    return transceiver;
}

export class Slots {
    /** @type {SlotCount} */
    #wanted = { pairs: 0, voices: 0, screens: 0 };
    /** @type {Slot[]} */
    #slots = [];
    /** No more than so many, because the server refused to have more. */
    #most = Infinity;

    /**
     * Asks for at least so many.
     * @param {SlotCount} count
     * @returns {boolean} an offer is needed
     */
    want(count) {
        const { pairs, voices, screens } = this.#wanted;
        this.#wanted = {
            pairs: Math.max(pairs, count.pairs),
            voices: Math.max(voices, count.voices),
            screens: Math.max(screens, count.screens),
        };
        return this.#missing().length > 0;
    }

    /**
     * @param {string} mid
     * @returns {MediaStreamTrack | null} what arrives there
     */
    track(mid) {
        for (const { audio, video } of this.#slots) {
            if (audio?.mid === mid) return audio.receiver.track;
            if (video?.mid === mid) return video.receiver.track;
        }
        return null;
    }

    // As a part of the offer (see connection.js)

    reset() {
        this.#slots = [];
        this.#most = Infinity;
    }

    /** @param {RTCPeerConnection} pc */
    fill(pc) {
        for (const { role, video } of this.#missing()) {
            this.#slots.push({
                role,
                audio: pc.addTransceiver('audio', { direction: 'recvonly' }),
                video: video
                    ? readLayers(pc.addTransceiver('video', { direction: 'recvonly' }))
                    : null,
            });
        }
    }

    /** @returns {MediaHint[]} */
    hints() {
        const hints = [];
        for (const { role, audio, video } of this.#slots) {
            if (audio?.mid) hints.push({ mid: audio.mid, role });
            if (video?.mid) hints.push({ mid: video.mid, role });
        }
        return hints;
    }

    settled() {
        const had = this.#slots.length;
        for (const slot of this.#slots) {
            if (slot.audio?.currentDirection === 'stopped') slot.audio = null;
            if (slot.video?.currentDirection === 'stopped') slot.video = null;
        }
        this.#slots = this.#slots.filter(({ audio, video }) => audio || video);
        if (this.#slots.length < had) this.#most = this.#slots.length;
    }

    /** Takes back what the server never agreed to. */
    refused() {
        this.#slots = this.#slots.filter(({ audio, video }) => {
            if (audio?.currentDirection || video?.currentDirection) return true;
            audio?.stop();
            video?.stop();
            return false;
        });
        this.#most = this.#slots.length;
    }

    /** @returns {{role: SlotRole, video: boolean}[]} */
    #missing() {
        const { pairs, voices, screens } = this.#wanted;
        const have = { pairs: 0, voices: 0, screens: 0 };
        for (const { role, video } of this.#slots) {
            if (role === 'screen') have.screens++;
            else if (video) have.pairs++;
            else have.voices++;
        }
        /** @type {{role: SlotRole, video: boolean}[]} */
        const missing = [];
        for (let n = have.pairs; n < pairs; n++) missing.push({ role: 'any', video: true });
        for (let n = have.voices; n < voices; n++) missing.push({ role: 'any', video: false });
        for (let n = have.screens; n < screens; n++)
            missing.push({ role: 'screen', video: true });
        return missing.slice(0, Math.max(0, this.#most - this.#slots.length));
    }
}
