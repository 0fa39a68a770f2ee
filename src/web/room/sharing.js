/** While our screen is shared: whether it is to be sharp, for text, or fluid, for films. */

import { byId } from './dom.js';

/** @typedef {import('./devices.js').Devices} Devices */

export class Sharing {
    #devices;
    #box = byId('sharing');
    #choices;
    #listening = new AbortController();

    /** @param {Devices} devices */
    constructor(devices) {
        this.#devices = devices;
        this.#choices = [...this.#box.querySelectorAll('input')];
        for (const choice of this.#choices) {
            choice.addEventListener(
                'change',
                () => devices.setContent(choice.value === 'motion' ? 'motion' : 'text'),
                { signal: this.#listening.signal },
            );
        }
    }

    show() {
        this.#box.hidden = !this.#devices.sharing;
        for (const choice of this.#choices) {
            choice.checked = choice.value === this.#devices.content;
        }
    }

    stop() {
        this.#listening.abort();
        this.#box.hidden = true;
    }
}
