/**
 * Sends only what somebody watches: the server's `layers` says which encodings these are, and the
 * others are switched off, which needs no offer. It spares the battery and the uplink.
 */

/** @typedef {import('./types.js').Content} Content */
/** @typedef {import('./types.js').LayersMessage} LayersMessage */

/**
 * @typedef {object} Layered what is sent on one m-line
 * @property {RTCRtpTransceiver | null} transceiver
 * @property {'audio' | 'video'} kind
 * @property {Content} content
 */

export class Layers {
    /** @type {Map<string, Set<string>>} by mid, the encodings that are watched */
    #watched = new Map();
    /** @type {WeakMap<RTCRtpSender, Promise<void>>} one change of a sender at a time */
    #changing = new WeakMap();

    /** Another peer connection: everything is sent. */
    reset() {
        this.#watched.clear();
    }

    /** @param {LayersMessage} message */
    take({ tracks }) {
        this.#watched = new Map(tracks.map(({ mid, rids }) => [mid, new Set(rids)]));
    }

    /**
     * Brings a sender's encodings in line with what is watched. Sound always goes on.
     * @param {Layered} layered
     * @returns {Promise<void>}
     */
    obey(layered) {
        const sender = layered.transceiver?.sender;
        if (!sender || layered.kind !== 'video') return Promise.resolve();
        const before = this.#changing.get(sender) ?? Promise.resolve();
        // Before its first answer a sender refuses: it is asked again when that has come.
        const change = before.then(() => this.#change(sender, layered)).catch(() => {});
        this.#changing.set(sender, change);
        return change;
    }

    /**
     * @param {RTCRtpSender} sender
     * @param {Layered} layered
     */
    async #change(sender, layered) {
        const parameters = sender.getParameters();
        let changed = false;
        for (const encoding of parameters.encodings ?? []) {
            const active = this.#active(encoding.rid ?? '', parameters.encodings, layered);
            changed ||= (encoding.active ?? true) !== active;
            encoding.active = active;
        }
        if (changed) await sender.setParameters(parameters);
    }

    /**
     * @param {string} rid
     * @param {RTCRtpEncodingParameters[]} encodings
     * @param {Layered} layered
     */
    #active(rid, encodings, { transceiver, content }) {
        const watched = this.#watched.get(transceiver?.mid ?? '');
        const any = !watched || watched.size > 0;
        // Text that was made smaller cannot be read: only the whole picture is worth sending.
        if (content === 'text' && encodings.length > 1)
            return any && rid === encodings.at(-1)?.rid;
        // Browsers give an only encoding no rid, or one that the server never heard of.
        if (encodings.length === 1) return any;
        return watched?.has(rid) ?? true;
    }
}
