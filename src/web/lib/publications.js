/**
 * What we send: each source with its track, its mute state and, within the present peer
 * connection, its transceiver. Survives the peer connection.
 */

import {
    contentHint,
    degradation,
    encodingsFor,
    preferCodec,
    withoutLayers,
} from './encodings.js';
import { Layers } from './layers.js';

/** @typedef {import('./types.js').Source} Source */
/** @typedef {import('./types.js').Content} Content */
/** @typedef {import('./types.js').MediaHint} MediaHint */
/** @typedef {import('./encodings.js').Coding} Coding */

/**
 * @typedef {object} Publication
 * @property {Source} source
 * @property {MediaStreamTrack | null} track null while the device is off
 * @property {'audio' | 'video'} kind
 * @property {Coding} coding
 * @property {Content} content
 * @property {boolean} muted
 * @property {boolean} told the server knows `muted`; it may remember another one of before
 * @property {RTCRtpTransceiver | null} transceiver
 */

export class Publications {
    /** @type {Map<Source, Publication>} */
    #all = new Map();
    /** @type {{shape: string, transceiver: RTCRtpTransceiver}[]} m-lines to be used again */
    #idle = [];
    /** @type {Map<string, MediaStream>} camera and microphone are one stream, the screen another */
    #streams = new Map();
    #layers = new Layers();
    #tellMute;

    /** @param {(source: Source, muted: boolean) => void} tellMute tells the server */
    constructor(tellMute) {
        this.#tellMute = tellMute;
    }

    /** @param {Source} source */
    get(source) {
        return this.#all.get(source);
    }

    /** @returns {import('./types.js').TrackInfo[]} as others see it */
    infos() {
        return [...this.#all.values()].map(({ source, kind, muted }) => ({
            source,
            kind,
            muted,
        }));
    }

    /**
     * @param {MediaStreamTrack} track
     * @param {{source: Source, coding: Coding, content: Content, muted: boolean}} how
     */
    add(track, { source, coding, content, muted }) {
        const kind = /** @type {'audio' | 'video'} */ (track.kind);
        track.contentHint = contentHint(source, content);
        track.enabled = !muted;
        this.#all.set(source, {
            source,
            track,
            kind,
            coding,
            content,
            muted,
            told: false,
            transceiver: null,
        });
    }

    /** @param {Source} source */
    async remove(source) {
        const publication = this.#all.get(source);
        if (!publication) return;
        this.#all.delete(source);
        const { transceiver } = publication;
        if (!transceiver) return;
        transceiver.direction = 'inactive';
        this.#idle.push({ shape: shapeOf(publication), transceiver });
        await transceiver.sender.replaceTrack(null);
    }

    /**
     * @param {Source} source
     * @param {MediaStreamTrack | null} track
     */
    async replace(source, track) {
        const publication = this.#all.get(source);
        if (!publication) return;
        publication.track = track;
        if (track) {
            track.contentHint = contentHint(source, publication.content);
            track.enabled = !publication.muted;
        }
        await publication.transceiver?.sender.replaceTrack(track);
    }

    /**
     * @param {Source} source
     * @param {boolean} muted
     */
    mute(source, muted) {
        const publication = this.#all.get(source);
        if (!publication || publication.muted === muted) return;
        publication.muted = muted;
        if (publication.track) publication.track.enabled = !muted;
        // Before its first answer the server does not know the source: settled() tells it then.
        publication.told = Boolean(publication.transceiver?.currentDirection);
        if (publication.told) this.#tellMute(source, muted);
    }

    /** Says all of them again: what was said while the socket was away is lost. */
    tellMutes() {
        for (const { source, muted, told } of this.#all.values())
            if (told) this.#tellMute(source, muted);
    }

    /**
     * @param {Source} source
     * @param {Content} content
     * @returns {boolean} the server must be told, by an offer
     */
    describe(source, content) {
        const publication = this.#all.get(source);
        if (!publication || publication.content === content) return false;
        publication.content = content;
        if (publication.track) publication.track.contentHint = contentHint(source, content);
        this.#tune(publication);
        return true;
    }

    /** @param {import('./types.js').LayersMessage} message which encodings somebody watches */
    watched(message) {
        this.#layers.take(message);
        for (const publication of this.#all.values()) this.#layers.obey(publication);
    }

    // As a part of the offer (see connection.js)

    reset() {
        this.#idle = [];
        this.#layers.reset();
        for (const publication of this.#all.values()) {
            publication.transceiver = null;
            publication.told = false;
        }
    }

    /** @param {RTCPeerConnection} pc */
    fill(pc) {
        for (const publication of this.#all.values()) {
            publication.transceiver ??=
                this.#reuse(publication) ?? this.#addTo(pc, publication);
        }
    }

    /** @returns {MediaHint[]} */
    hints() {
        const hints = [];
        for (const { source, kind, content, transceiver } of this.#all.values()) {
            if (!transceiver?.mid) continue;
            const { mid } = transceiver;
            hints.push(kind === 'video' ? { mid, source, content } : { mid, source });
        }
        return hints;
    }

    settled() {
        for (const [source, publication] of this.#all) {
            const { transceiver, told, muted } = publication;
            if (transceiver?.currentDirection === 'stopped') {
                this.#all.delete(source); // the answer rejected its m-line
                continue;
            }
            if (!told && transceiver?.currentDirection) {
                publication.told = true;
                this.#tellMute(source, muted);
            }
            this.#tune(publication);
        }
    }

    /** Takes back what the server never agreed to. */
    refused() {
        for (const [source, { transceiver }] of this.#all) {
            if (transceiver?.currentDirection) continue;
            if (transceiver) transceiver.stop();
            this.#all.delete(source);
        }
    }

    /**
     * @param {RTCPeerConnection} pc
     * @param {Publication} publication
     */
    #addTo(pc, { source, track, kind, coding }) {
        const encodings = encodingsFor(source, coding) ?? [];
        /** @param {RTCRtpEncodingParameters[]} [sendEncodings] */
        const add = (sendEncodings = []) =>
            pc.addTransceiver(track ?? kind, {
                direction: 'sendonly',
                streams: [this.#stream(source)],
                sendEncodings,
            });
        let transceiver;
        try {
            transceiver = add(encodings);
        } catch {
            transceiver = add(withoutLayers(encodings)); // it knows no such layers
        }
        if (coding.codec) preferCodec(transceiver, coding.codec);
        return transceiver;
    }

    /**
     * What can be changed without an offer: which encodings are sent, and what they keep.
     * @param {Publication} publication
     */
    async #tune(publication) {
        await this.#layers.obey(publication);
        const { transceiver, source, content } = publication;
        const keep = degradation(source, content);
        if (!transceiver || !keep) return;
        /** @type {RTCRtpSendParameters & {degradationPreference?: string}} */
        const parameters = transceiver.sender.getParameters();
        if (parameters.degradationPreference === keep) return;
        parameters.degradationPreference = keep;
        // A browser that does not know it goes by the track's contentHint.
        await transceiver.sender.setParameters(parameters).catch(() => {});
    }

    /** @param {Publication} publication */
    #reuse(publication) {
        const shape = shapeOf(publication);
        const at = this.#idle.findIndex((idle) => idle.shape === shape);
        if (at < 0) return null;
        const [{ transceiver }] = this.#idle.splice(at, 1);
        transceiver.direction = 'sendonly';
        transceiver.sender.replaceTrack(publication.track).catch(() => {});
        return transceiver;
    }

    /** @param {Source} source */
    #stream(source) {
        const key = source.startsWith('screen') ? 'screen' : 'person';
        const stream = this.#streams.get(key) ?? new MediaStream();
        this.#streams.set(key, stream);
        return stream;
    }
}

/**
 * An m-line can be used again for what is encoded the same way.
 * @param {Publication} publication
 */
function shapeOf({ source, kind, coding }) {
    return kind === 'audio' ? source : `${source} ${JSON.stringify(coding)}`;
}
