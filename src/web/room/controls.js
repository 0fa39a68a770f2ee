/** The bar of controls in the call. */

import { label } from '../i18n.js';
import { byId, flag, icon, make } from './dom.js';

/** @typedef {import('../i18n.js').Key} Key */
/** @typedef {import('../i18n.js').Translate} Translate */

/** A button with an icon, a word under it and, for some, a count at its corner. */
class Control {
    #t;
    #dot = make('span', 'dot');
    #count = make('span', 'count');
    #word = make('span', 'word');
    #shown = '';
    #says = '';

    /**
     * @param {string} id
     * @param {Translate} t
     * @param {Key} word
     */
    constructor(id, t, word) {
        this.#t = t;
        this.button = byId(id, HTMLButtonElement);
        this.#word.textContent = t(word);
        this.button.replaceChildren(this.#dot, this.#word, ' ', this.#count);
    }

    /**
     * @param {string} symbol
     * @param {Key} says what a press will do
     * @param {boolean} [on]
     * @param {Key} [word] under the icon, if another than before
     */
    set(symbol, says, on = false, word) {
        if (this.#shown !== symbol) this.#dot.replaceChildren(icon(symbol));
        this.#shown = symbol;
        if (word) this.#word.textContent = this.#t(word);
        this.#says = this.#t(says);
        this.#name();
        flag(this.button, 'on', on);
    }

    /**
     * @param {number} count 0 shows nothing
     * @param {boolean} [unread]
     */
    count(count, unread = false) {
        this.#count.textContent = count > 0 ? String(count) : '';
        this.#count.classList.toggle('unread', unread);
        this.#name();
    }

    /** The name has all that is seen on the button: who says what they see is understood. */
    #name() {
        const { textContent } = this.#count;
        label(this.button, textContent ? `${this.#says}, ${textContent}` : this.#says);
    }
}

export class Controls {
    /** @param {Translate} t */
    constructor(t) {
        this.mic = new Control('mic', t, 'bar.mic');
        this.camera = new Control('camera', t, 'bar.camera');
        this.share = new Control('share', t, 'bar.share');
        this.react = new Control('react', t, 'bar.react');
        this.more = new Control('more', t, 'bar.more');
        this.people = new Control('people', t, 'bar.people');
        this.chat = new Control('chat', t, 'bar.chat');
        this.leave = new Control('leave', t, 'bar.leave');
        this.react.set('hand', 'bar.react');
        this.more.set('more', 'bar.more');
        this.people.set('people', 'call.people');
        this.chat.set('chat', 'call.chat');
        this.leave.set('leave', 'call.leave');
        // Phones cannot share their screen from a page.
        this.share.button.hidden = !navigator.mediaDevices?.getDisplayMedia;
    }

    /** @param {import('./devices.js').Devices} devices */
    show(devices) {
        const mic = devices.isOn('microphone');
        const camera = devices.isOn('camera');
        const { sharing } = devices;
        this.mic.set(mic ? 'mic' : 'mic-off', mic ? 'mic.off' : 'mic.on', mic);
        this.camera.set(
            camera ? 'camera' : 'camera-off',
            camera ? 'camera.off' : 'camera.on',
            camera,
        );
        this.share.set(
            sharing ? 'screen-off' : 'screen',
            sharing ? 'share.off' : 'share.on',
            sharing,
            sharing ? 'bar.unshare' : 'bar.share',
        );
    }
}
