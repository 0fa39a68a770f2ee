/**
 * *Inviter des participants*: contacts to ring, the link to copy, an e-mail to write. A page
 * around ours with a picker of its own is asked instead; guests can copy the link.
 */

import { Contacts, ringText } from './contacts.js';
import { byId } from './dom.js';
import { embedding } from './embedded.js';
import { mailto } from './mailto.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('../i18n.js').Translate} Translate */
/** @typedef {import('./contacts.js').Has} Has */

export class InvitePanel {
    panel = byId('invite-panel');
    #inviting;
    #t;
    #has;
    #open;
    #contacts;
    #mail = byId('mail');
    #text = byId('mail-text', HTMLTextAreaElement);
    #send = byId('mail-send', HTMLAnchorElement);
    #copied = byId('invite-copied');
    #ringing = byId('ringing');
    #subject = '';
    #listening = new AbortController();

    /**
     * @param {Room} room
     * @param {{t: Translate, has: Has}} language
     * @param {() => void} open shows the panel
     */
    constructor(room, language, open) {
        this.#inviting = room.inviting;
        this.#t = language.t;
        this.#has = language.has;
        this.#open = open;
        this.#contacts = new Contacts(room.inviting, language);
        const { signal } = this.#listening;
        for (const id of ['invite-open', 'invite-alone'])
            byId(id).addEventListener('click', () => this.ask(), { signal });
        byId('invite-copy').addEventListener('click', () => this.#copy(), { signal });
        byId('invite-mail').addEventListener('click', () => this.#write(), { signal });
        this.#text.addEventListener('input', () => this.#address(), { signal });
        room.inviting.on('changed', () => this.#show(), { signal });
        this.#show();
    }

    /** The panel is shown. */
    opened() {
        this.#copied.textContent = '';
        const search = byId('contacts-search', HTMLInputElement);
        const cross = this.panel.querySelector('[data-close]');
        (search.checkVisibility() ? search : /** @type {HTMLElement} */ (cross)).focus();
    }

    stop() {
        this.#listening.abort();
        this.#contacts.stop();
        this.#mail.hidden = true;
        this.#ringing.textContent = '';
    }

    /** Somebody is to be invited: our panel, or the page's around us. */
    ask() {
        if (!embedding.invite()) this.#open();
    }

    #show() {
        const { allowed, contacts, invitations } = this.#inviting;
        byId('invite-mail').hidden = !allowed;
        byId('invite-people').hidden = contacts.length === 0 && invitations.size === 0;
        const lines = [...invitations.values()].flatMap((invitation) => {
            const said = ringText(invitation, this.#t, this.#has);
            const { ref, name } = invitation.to;
            return said ? [this.#t('invite.line', { name: name || ref, said })] : [];
        });
        const text = lines.slice(-3).join('\n');
        if (this.#ringing.textContent !== text) this.#ringing.textContent = text;
        this.#ringing.hidden = text === '';
    }

    /** What may be passed on: guests have no other than the one they came by. */
    get link() {
        return this.#inviting.link || location.origin + location.pathname;
    }

    async #copy() {
        const { link } = this;
        try {
            await navigator.clipboard.writeText(link);
            this.#copied.textContent = this.#t('call.copied');
        } catch {
            this.#copied.textContent = link; // no clipboard without permission: to be selected
        }
    }

    /** The envelope: a text that can be changed, then the person's own mail program. */
    async #write() {
        try {
            const { subject, text } = await this.#inviting.share();
            this.#subject = subject;
            this.#text.value = text;
        } catch {
            this.#text.value = this.#inviting.link;
        }
        this.#address();
        this.#mail.hidden = false;
        this.#text.setSelectionRange(0, 0);
        this.#text.focus();
        this.#mail.scrollIntoView({ block: 'nearest' });
    }

    #address() {
        this.#send.href = mailto(this.#subject, this.#text.value);
    }
}
