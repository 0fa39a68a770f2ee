/** What the page says over the call: how the connection is, and problems with devices. */

import { byId } from './dom.js';

/** @typedef {import('../lib/room.js').RoomState} RoomState */
/** @typedef {import('../i18n.js').Translate} Translate */

const GOOD_NEWS_MS = 3000;
const NOTICE_MS = 9000;

export class Status {
    #t;
    #banner = byId('banner');
    #notice = byId('notice');
    #trouble = byId('trouble');
    /** @type {any} */
    #bannerTimer;
    /** @type {any} */
    #noticeTimer;

    /** @param {Translate} t */
    constructor(t) {
        this.#t = t;
    }

    /** @param {RoomState} state */
    state(state) {
        clearTimeout(this.#bannerTimer);
        if (state === 'reconnecting' || state === 'media-lost') {
            this.#banner.textContent = this.#t(`state.${state}`);
            this.#banner.classList.remove('good');
            this.#banner.hidden = false;
        } else if (!this.#banner.hidden) {
            this.#banner.textContent = this.#t('state.back');
            this.#banner.classList.add('good');
            this.#bannerTimer = setTimeout(() => this.#hide(this.#banner), GOOD_NEWS_MS);
        }
    }

    /** @param {string} text what is wrong with the network, and what helps; "": nothing is */
    trouble(text) {
        if (this.#trouble.textContent === text) return;
        this.#trouble.textContent = text;
        this.#trouble.hidden = text === '';
    }

    /**
     * @param {import('../i18n.js').Key} key
     * @param {Record<string, string>} [values]
     */
    notice(key, values) {
        clearTimeout(this.#noticeTimer);
        this.#notice.textContent = this.#t(key, values);
        this.#notice.hidden = false;
        this.#noticeTimer = setTimeout(() => this.#hide(this.#notice), NOTICE_MS);
    }

    stop() {
        clearTimeout(this.#bannerTimer);
        clearTimeout(this.#noticeTimer);
        this.#hide(this.#banner);
        this.#hide(this.#notice);
        this.#hide(this.#trouble);
    }

    /** @param {HTMLElement} element */
    #hide(element) {
        element.hidden = true;
        element.textContent = '';
    }
}
