/**
 * How loud a microphone is, on a <meter>. It says `data-deaf` while the browser listens to nothing (one without
 * loudspeakers may not): an empty meter would tell people that their microphone is broken.
 */

import { flag } from './dom.js';

const LOOK_MS = 60;
const LOUD = 0.25; // RMS of a voice close to the microphone: a full meter

export class LevelMeter {
    #meter;
    /** @type {MediaStreamTrack | null} */
    #track = null;
    /** @type {AudioContext | null} */
    #context = null;
    /** @type {any} */
    #timer = null;

    /** @param {HTMLMeterElement} meter */
    constructor(meter) {
        this.#meter = meter;
    }

    /** @param {MediaStreamTrack | null} track to listen to from now on; null: none */
    watch(track) {
        if (track === this.#track) return;
        this.stop();
        this.#track = track;
        if (!track || !globalThis.AudioContext) return;
        const context = new AudioContext();
        const analyser = context.createAnalyser();
        analyser.fftSize = 1024;
        context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
        const samples = new Float32Array(analyser.fftSize);
        this.#context = context;
        this.#timer = setInterval(() => {
            flag(this.#meter, 'deaf', context.state !== 'running');
            analyser.getFloatTimeDomainData(samples);
            const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
            this.#meter.value = Math.min(1, Math.sqrt(power) / LOUD);
        }, LOOK_MS);
    }

    stop() {
        clearInterval(this.#timer);
        this.#context?.close().catch(() => {});
        this.#context = null;
        this.#track = null;
        this.#meter.value = 0;
    }
}
