/**
 * What a person has chosen on this device, kept for the next call: devices, sound, layout, keys;
 * the name only if they said so. Where the browser keeps nothing, it holds for this page.
 */

import { Emitter } from '../lib/emitter.js';

const KEY = 'salon';

/**
 * @typedef {object} Chosen
 * @property {string} microphone a device's id; "": the system's own
 * @property {string} camera
 * @property {string} speaker
 * @property {boolean} noise suppression of it
 * @property {boolean} gain automatic
 * @property {boolean} keys single keys act
 * @property {'auto' | 'grid' | 'speaker'} layout
 * @property {string} name "": not to be remembered
 */

/** @type {Chosen} */
const USUAL = {
    microphone: '',
    camera: '',
    speaker: '',
    noise: true,
    gain: true,
    keys: true,
    layout: 'auto',
    name: '',
};

/** @type {Record<string, readonly unknown[]>} texts that are not free */
const WORDS = { layout: ['auto', 'grid', 'speaker'] };

/**
 * Reads what was kept; whatever is not as it should be is as usual.
 * @param {string | null} text
 * @returns {Chosen}
 */
export function readChoices(text) {
    /** @type {any} */
    let kept = null;
    try {
        kept = JSON.parse(text ?? '');
    } catch {
        // Nothing was kept, or not by us.
    }
    const fit = Object.entries(USUAL).map(([key, usual]) => {
        const value = Object.hasOwn(Object(kept), key) ? kept[key] : usual;
        const good = typeof value === typeof usual && (WORDS[key]?.includes(value) ?? true);
        return [key, good ? value : usual];
    });
    return Object.fromEntries(fit);
}

/** @extends {Emitter<{changed: keyof Chosen}>} */
export class Choices extends Emitter {
    #chosen;

    constructor() {
        super();
        this.#chosen = readChoices(read());
    }

    /**
     * @template {keyof Chosen} K
     * @param {K} key
     * @returns {Chosen[K]}
     */
    get(key) {
        return this.#chosen[key];
    }

    /**
     * @template {keyof Chosen} K
     * @param {K} key
     * @param {Chosen[K]} value
     */
    set(key, value) {
        if (this.#chosen[key] === value) return;
        this.#chosen[key] = value;
        try {
            localStorage.setItem(KEY, JSON.stringify(this.#chosen));
        } catch {
            // Storage is full, or not for a frame: it holds until the page is left.
        }
        this.emit('changed', key);
    }
}

function read() {
    try {
        return localStorage.getItem(KEY);
    } catch {
        return null;
    }
}
