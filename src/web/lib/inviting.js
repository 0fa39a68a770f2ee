/**
 * Bringing others in: the contacts that the front end offers, and rings. Guests have neither;
 * members and hosts learn after joining that they may.
 */

import { Emitter } from './emitter.js';

/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').Welcome} Welcome */
/** @typedef {import('./types.js').Contact} Contact */
/** @typedef {import('./types.js').Invitation} Invitation */

/** @extends {Emitter<{changed: null}>} */
export class Inviting extends Emitter {
    /** False for guests, who pass on the link they have. */
    allowed = false;
    /** The room's link, to be passed on; "" for guests. */
    link = '';
    /**
     * How one comes back: a launch link, or a token that works once, is good for one start. Empty
     * for who came by what works on.
     * @type {{link?: string, token?: string}}
     */
    wayBack = {};
    /** @type {Contact[]} in the front end's order */
    contacts = [];
    /** @type {Map<string, Invitation>} the newest of each, by the callee's ref */
    invitations = new Map();

    #ask;

    /** @param {(message: Message) => Promise<Message>} ask */
    constructor(ask) {
        super();
        this.#ask = ask;
    }

    /** @param {Welcome} welcome */
    welcome({ link = '', token }) {
        this.link = link;
        this.wayBack = { ...(link && token && { link }), ...(token && { token }) };
        this.allowed = link !== '';
        this.emit('changed', null);
    }

    /** @param {Message} message */
    hear(message) {
        if (message.type === 'contacts') {
            this.contacts = message.contacts ?? [];
            if (message.invitations) this.invitations.clear();
            for (const invitation of message.invitations ?? []) this.#keep(invitation);
        } else if (message.type === 'invitation') {
            this.#keep(message.invitation);
        } else {
            return;
        }
        this.emit('changed', null);
    }

    /** @param {Invitation} invitation */
    #keep(invitation) {
        this.invitations.set(invitation.to.ref, invitation);
    }

    /**
     * Rings one of the contacts; what becomes of it comes as `changed`.
     * @param {string} ref
     * @throws {import('./error.js').SalonError} `rate_limited`, `already_ringing`, …
     */
    async invite(ref) {
        await this.#ask({ type: 'invite', ref });
    }

    /**
     * Takes a ring back.
     * @param {string} id the invitation's
     * @throws {import('./error.js').SalonError} `invitation_settled`, …
     */
    async cancel(id) {
        await this.#ask({ type: 'uninvite', invitation: id });
    }

    /**
     * An e-mail to others in the organisation's words.
     * @returns {Promise<{link: string, subject: string, text: string}>}
     * @throws {import('./error.js').SalonError}
     */
    async share() {
        const { link, subject, text } = await this.#ask({ type: 'share' });
        return { link, subject, text };
    }
}
