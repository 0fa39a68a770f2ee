/** Where sound comes out: the loudspeaker that was chosen, and a few notes to try it. */

const NOTES_HZ = [523, 659, 784];
const NOTE_S = 0.22;

/** @typedef {{setSinkId?: (id: string) => Promise<void>}} Sink */

/** Whether this browser lets a page choose. */
export const canChoose = 'setSinkId' in globalThis.HTMLMediaElement.prototype;

/**
 * @param {HTMLMediaElement} player
 * @param {string} id of an output; "" is the system's own
 */
export async function route(player, id) {
    const sink = /** @type {Sink} */ (player);
    // One that was unplugged meanwhile: the system's own is better than silence.
    await sink.setSinkId?.(id).catch(() => sink.setSinkId?.('').catch(() => {}));
}

/**
 * Plays three notes.
 * @param {string} id of the output
 * @returns {Promise<void>} when they have been played
 */
export async function playNotes(id) {
    const context = new AudioContext();
    const out = context.createMediaStreamDestination();
    for (const [at, hz] of NOTES_HZ.entries()) {
        const note = context.createOscillator();
        const volume = context.createGain();
        const start = context.currentTime + 0.1 + at * NOTE_S;
        note.frequency.value = hz;
        volume.gain.setValueAtTime(0, start);
        volume.gain.linearRampToValueAtTime(0.3, start + 0.02);
        volume.gain.exponentialRampToValueAtTime(0.001, start + NOTE_S * 1.6);
        note.connect(volume).connect(out);
        note.start(start);
        note.stop(start + NOTE_S * 1.7);
    }
    const player = new Audio();
    player.srcObject = out.stream;
    await route(player, id);
    try {
        await player.play();
        const length = 1000 * (0.2 + NOTE_S * (NOTES_HZ.length + 1));
        await new Promise((resolve) => setTimeout(resolve, length));
    } finally {
        player.srcObject = null;
        await context.close();
    }
}
