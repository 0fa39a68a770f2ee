/** Before the door: what we wait for, until somebody lets us in. */

import { byId } from './dom.js';

/** @typedef {import('../lib/types.js').Waiting} Waiting */
/** @typedef {import('../i18n.js').Translate} Translate */

export class WaitingView {
    #t;
    #text = byId('waiting-text');

    /**
     * @param {Translate} t
     * @param {() => void} giveUp
     */
    constructor(t, giveUp) {
        this.#t = t;
        byId('waiting-leave').addEventListener('click', giveUp);
    }

    /** @param {Waiting} waiting */
    show({ reason, host }) {
        if (reason === 'owner') this.#say('waiting.owner');
        else if (reason === 'locked')
            this.#say(host ? 'waiting.locked' : 'waiting.lockedAlone');
        else this.#say(host ? 'waiting.lobby' : 'waiting.lobbyAlone');
    }

    /** The socket is lost; we knock again as soon as there is another. */
    lost() {
        this.#say('state.reconnecting');
    }

    focus() {
        byId('waiting-title').focus();
    }

    /** @param {import('../i18n.js').Key} key */
    #say(key) {
        this.#text.textContent = this.#t(key);
    }
}
