/** Two knocks to be heard when somebody knocks; a box to tick says whether. */

const KEPT = 'salon.knock';

export class Knocker {
    #box;
    /** @type {AudioContext | null} */
    #context = null;

    /** @param {HTMLInputElement} box */
    constructor(box) {
        this.#box = box;
        box.checked = recall() !== 'off';
        box.onchange = () => keep(box.checked ? 'on' : 'off');
    }

    knock() {
        if (!this.#box.checked) return;
        try {
            this.#context ??= new AudioContext();
            for (const at of [0, 0.18]) this.#thump(this.#context.currentTime + at);
        } catch {
            // No sound here: the notice is to be seen.
        }
    }

    /** @param {number} at seconds, of the context's clock */
    #thump(at) {
        const context = /** @type {AudioContext} */ (this.#context);
        const tone = context.createOscillator();
        const loudness = context.createGain();
        tone.frequency.setValueAtTime(220, at);
        tone.frequency.exponentialRampToValueAtTime(90, at + 0.1);
        loudness.gain.setValueAtTime(0.25, at);
        loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.12);
        tone.connect(loudness).connect(context.destination);
        tone.start(at);
        tone.stop(at + 0.13);
    }
}

function recall() {
    try {
        return localStorage.getItem(KEPT);
    } catch {
        return null; // framed where pages may keep nothing
    }
}

/** @param {string} value */
function keep(value) {
    try {
        localStorage.setItem(KEPT, value);
    } catch {
        // It holds for this call.
    }
}
