/** Why a picture is not better, and how good it is, in words a person understands. Pure. */

/** @typedef {import('../lib/types.js').Quality} Quality */
/** @typedef {import('../lib/types.js').Received} Received */
/** @typedef {import('../lib/stats.js').Path} Path */
/** @typedef {import('../lib/stats.js').Outgoing} Outgoing */
/** @typedef {import('../i18n.js').Key} Key */
/** @typedef {import('../i18n.js').Translate} Translate */

/** The reasons there are sentences for: `why.<reason>` in the languages. */
const REASONS = /** @type {const} */ ([
    ...[
        'udp_blocked',
        'tcp_only',
        'ice_failed',
        'dtls_failed',
        'room_full',
        'codec_unsupported',
    ],
    ...['bandwidth_limited', 'server_limited', 'source_limited', 'cpu_limited'],
    ...['muted', 'paused'],
]);

/** @typedef {typeof REASONS[number]} Reason */

/**
 * @param {string} reason
 * @returns {reason is Reason}
 */
export function isReason(reason) {
    return REASONS.some((known) => known === reason);
}

export class Words {
    #t;
    #number;
    #fine;

    /**
     * @param {Translate} t
     * @param {string} lang
     */
    constructor(t, lang) {
        this.#t = t;
        this.#number = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 });
        this.#fine = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
    }

    /** @param {number | undefined} bps */
    rate(bps) {
        if (bps === undefined) return '';
        if (bps >= 999_500) return this.#t('info.mbps', { n: this.#fine.format(bps / 1e6) });
        return this.#t('info.kbps', { n: this.#number.format(bps / 1000) });
    }

    /** @param {number | undefined} ms */
    ms(ms) {
        return ms === undefined ? '' : this.#t('info.ms', { n: this.#number.format(ms) });
    }

    /** @param {number | undefined} share 0 to 1 */
    percent(share) {
        return share === undefined
            ? ''
            : this.#t('info.percent', { n: this.#fine.format(100 * share) });
    }

    /**
     * @param {{width?: number, height?: number} | null | undefined} size
     * @param {number} [fps]
     */
    size(size, fps) {
        if (!size?.width || !size.height) return '';
        const pixels = `${size.width} × ${size.height}`;
        return fps === undefined
            ? pixels
            : this.#t('info.sizeFps', { size: pixels, fps: this.#number.format(fps) });
    }

    /**
     * @param {string} reason
     * @param {{estimate?: number, wanted?: number}} [numbers]
     * @returns {string} one sentence; "" if all is well
     */
    why(reason, { estimate, wanted } = {}) {
        if (!reason) return '';
        if (reason === 'bandwidth_limited' && estimate && wanted)
            return this.#t('why.bandwidth_limitedBy', {
                estimate: this.rate(estimate),
                wanted: this.rate(wanted),
            });
        return isReason(reason) ? this.#t(`why.${reason}`) : this.#t('why.other', { reason });
    }

    /**
     * @param {Outgoing[]} encodings of one picture that we send
     * @returns {string} why they are not better
     */
    ownWhy(encodings) {
        const limits = encodings.filter(({ active }) => active).map(({ limit }) => limit);
        if (limits.includes('cpu')) return this.#t('why.ownCpu');
        if (limits.includes('bandwidth')) return this.#t('why.ownBandwidth');
        return '';
    }
}

/**
 * Why nothing gets through, when nothing does.
 * @param {Path} path
 * @param {string} lost the server's reason for the last loss, "" if there was none
 * @returns {'' | 'udp_blocked' | 'ice_failed' | 'dtls_failed'}
 */
export function troubleOf(path, lost) {
    if (path.connected) return '';
    if (lost === 'dtls_failed') return 'dtls_failed';
    // The socket works, or we would not be here; if not one check was answered, UDP does not.
    return path.heard ? 'ice_failed' : 'udp_blocked';
}
