/**
 * How long a picture waits for what was lost on the way. A lost packet is sent again, but that
 * takes a round trip, and a browser that only receives does not know how long that is: it shows
 * the next picture instead and drops the late one (at 5 % loss and a round trip of 80 ms two of
 * five). So while packets are lost, pictures are shown that much later; sound keeps step by itself.
 */

const LOOK_MS = 1000;
const CALM_LOOKS = 20;
/** A repair may be lost as well: two of them in a row, and what it takes to notice. */
const ROUND_TRIPS = 3;
const NOTICE_MS = 120;
const MOST_MS = 600;

/** @typedef {{nacks: number, row: number, calm: number}} Seen of one receiver */

export class Patience {
    /** @type {RTCPeerConnection | null} */
    #pc = null;
    /** @type {WeakMap<RTCRtpReceiver, Seen>} */
    #seen = new WeakMap();
    /** @type {any} */
    #timer = null;

    /** @param {RTCPeerConnection | null} pc that is looked at from now on */
    watch(pc) {
        this.#pc = pc;
        clearInterval(this.#timer);
        if (pc) this.#timer = setInterval(() => this.look().catch(() => {}), LOOK_MS);
    }

    stop() {
        this.watch(null);
    }

    /** Looks at what was lost since the last look; called each second. */
    async look() {
        const pc = this.#pc;
        const pictures = (pc?.getReceivers() ?? []).filter(
            ({ track }) => track.kind === 'video',
        );
        if (!pc || !pictures.some((receiver) => 'jitterBufferTarget' in receiver)) return;
        const report = /** @type {any} */ (await pc.getStats());
        /** @type {any[]} */
        const stats = [...report.values()];
        const pair = stats.find((s) => s.type === 'candidate-pair' && s.nominated);
        const rttMs = (pair?.currentRoundTripTime ?? 0.1) * 1000;
        for (const receiver of pictures) {
            const stat = stats.find(
                (s) => s.type === 'inbound-rtp' && s.trackIdentifier === receiver.track.id,
            );
            if (stat) this.#judge(receiver, stat.nackCount ?? 0, rttMs);
        }
    }

    /**
     * @param {RTCRtpReceiver} receiver
     * @param {number} nacks requests for lost packets so far
     * @param {number} rttMs
     */
    #judge(receiver, nacks, rttMs) {
        const seen = this.#seen.get(receiver) ?? { nacks, row: 0, calm: CALM_LOOKS };
        const lossy = nacks > seen.nacks;
        seen.row = lossy ? seen.row + 1 : 0;
        seen.calm = lossy ? 0 : seen.calm + 1;
        seen.nacks = nacks;
        this.#seen.set(receiver, seen);
        // One second of loss may be a line that became narrow: that is not the time to wait.
        if (seen.row >= 2) {
            const wait = Math.min(MOST_MS, Math.round(ROUND_TRIPS * rttMs + NOTICE_MS));
            if (Math.abs((receiver.jitterBufferTarget ?? 0) - wait) > wait / 10)
                receiver.jitterBufferTarget = wait;
        } else if (seen.calm >= CALM_LOOKS && receiver.jitterBufferTarget) {
            receiver.jitterBufferTarget = null;
        }
    }
}
