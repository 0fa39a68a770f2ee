/**
 * What this browser counts of its connection, as rates since the last look. The server knows why a
 * picture is not better; this side knows what arrives on the screen and what the encoder struggles with.
 */

import { pause } from './backoff.js';

const ANSWER_MS = 2000;

/**
 * @typedef {object} Incoming what arrives on one slot
 * @property {number} bps
 * @property {number} [fps]
 * @property {number} [width]
 * @property {number} [height]
 * @property {number} loss 0 to 1, since the last look
 * @property {number} [jitterMs]
 * @property {string} [codec] "VP8"
 *
 * @typedef {object} Outgoing one encoding that we send
 * @property {string} mid
 * @property {string} rid "" for an only one
 * @property {boolean} active
 * @property {number} bps
 * @property {number} [fps]
 * @property {number} [width]
 * @property {number} [height]
 * @property {string} limit `cpu`, `bandwidth`, `other`, or `none`
 * @property {string} [codec]
 *
 * @typedef {object} Path
 * @property {boolean} connected
 * @property {boolean} heard some check was answered: packets get through in both directions
 * @property {number} [rttMs]
 * @property {number} [outgoingBps] what the browser thinks the uplink carries
 * @property {string} [protocol] "udp", "tcp" or "tls": with a relay, that towards it
 *
 * @typedef {object} Snapshot
 * @property {Map<string, Incoming>} incoming by mid
 * @property {Outgoing[]} outgoing
 * @property {Path} path
 */

/**
 * Firefox never answers for a connection that is closed meanwhile: nothing is counted then.
 * @param {RTCPeerConnection} pc
 * @returns {Promise<Map<string, any>>}
 */
async function reportOf(pc) {
    const answered = new AbortController();
    const late = pause(ANSWER_MS, answered.signal).then(() => new Map());
    try {
        return /** @type {any} */ (await Promise.race([pc.getStats(), late]));
    } finally {
        answered.abort();
    }
}

export class Meter {
    /** @type {RTCPeerConnection | null} */
    #pc = null;
    /** @type {Map<string, any>} the counters of the last look, by their id */
    #before = new Map();

    /**
     * @param {RTCPeerConnection | null} pc the one of the moment
     * @returns {Promise<Snapshot>} rates are 0 at the first look at a connection
     */
    async look(pc) {
        if (pc !== this.#pc) this.#before.clear();
        this.#pc = pc;
        /** @type {Map<string, any>} */
        const report = pc ? await reportOf(pc) : new Map();
        /** @type {Snapshot} */
        const snapshot = { incoming: new Map(), outgoing: [], path: pathOf(report, pc) };
        const seen = new Map();
        for (const stat of report.values()) {
            if (stat.type === 'inbound-rtp' && stat.mid !== undefined)
                snapshot.incoming.set(String(stat.mid), this.#incoming(stat, report));
            else if (stat.type === 'outbound-rtp')
                snapshot.outgoing.push(this.#outgoing(stat, report, pc));
            else continue;
            seen.set(stat.id, stat);
        }
        this.#before = seen;
        return snapshot;
    }

    /**
     * How much a counter rose since the last look.
     * @param {any} stat
     * @param {string} counter
     */
    #rise(stat, counter) {
        const before = this.#before.get(stat.id);
        return before ? Math.max(0, (stat[counter] ?? 0) - (before[counter] ?? 0)) : 0;
    }

    /**
     * @param {any} stat
     * @param {string} bytes
     */
    #bps(stat, bytes) {
        const before = this.#before.get(stat.id);
        const ms = before ? stat.timestamp - before.timestamp : 0;
        return ms > 0 ? (8000 * this.#rise(stat, bytes)) / ms : 0;
    }

    /**
     * @param {any} stat
     * @param {Map<string, any>} report
     * @returns {Incoming}
     */
    #incoming(stat, report) {
        const lost = this.#rise(stat, 'packetsLost');
        const all = lost + this.#rise(stat, 'packetsReceived');
        return {
            bps: this.#bps(stat, 'bytesReceived'),
            fps: stat.framesPerSecond,
            width: stat.frameWidth,
            height: stat.frameHeight,
            loss: all > 0 ? lost / all : 0,
            jitterMs: stat.jitter === undefined ? undefined : stat.jitter * 1000,
            codec: codecOf(stat, report),
        };
    }

    /**
     * @param {any} stat
     * @param {Map<string, any>} report
     * @param {RTCPeerConnection | null} pc
     * @returns {Outgoing}
     */
    #outgoing(stat, report, pc) {
        const bps = this.#bps(stat, 'bytesSent');
        const mid = String(stat.mid ?? '');
        const sender = pc?.getTransceivers().find((t) => t.mid === mid)?.sender;
        const encodings = sender?.getParameters().encodings ?? [];
        const encoding = encodings.find(({ rid }) => rid === stat.rid) ?? encodings[0];
        return {
            mid,
            rid: stat.rid ?? '',
            active: encoding?.active ?? stat.active ?? true,
            bps,
            fps: stat.framesPerSecond,
            width: stat.frameWidth,
            height: stat.frameHeight,
            limit: stat.qualityLimitationReason ?? 'none',
            codec: codecOf(stat, report),
        };
    }
}

/**
 * @param {any} stat
 * @param {Map<string, any>} report
 * @returns {string | undefined}
 */
function codecOf(stat, report) {
    return report.get(stat.codecId)?.mimeType?.split('/')[1];
}

/**
 * @param {Map<string, any>} report
 * @param {RTCPeerConnection | null} pc
 * @returns {Path}
 */
function pathOf(report, pc) {
    const pairs = [...report.values()].filter(({ type }) => type === 'candidate-pair');
    const chosen = pairs.find(({ nominated, state }) => nominated && state === 'succeeded');
    const rtt = chosen?.currentRoundTripTime;
    const local = report.get(chosen?.localCandidateId);
    return {
        connected: pc?.connectionState === 'connected',
        heard: pairs.some(
            ({ responsesReceived, bytesReceived }) =>
                responsesReceived > 0 || bytesReceived > 0,
        ),
        rttMs: rtt === undefined ? undefined : rtt * 1000,
        outgoingBps: chosen?.availableOutgoingBitrate,
        protocol: local?.relayProtocol ?? local?.protocol,
    };
}
