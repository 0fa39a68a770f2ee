/** The contacts in the panel *Inviter des participants*: presence, a button, what became of it. */

import { SalonError } from '../lib/error.js';
import { avatar, byId, flag, initial, make } from './dom.js';

/** @typedef {import('../lib/inviting.js').Inviting} Inviting */
/** @typedef {import('../lib/types.js').Contact} Contact */
/** @typedef {import('../i18n.js').Key} Key */
/** @typedef {import('../i18n.js').Translate} Translate */
/** @typedef {(key: string) => key is Key} Has */
/** @typedef {Contact & {known: boolean}} Callee `known`: a contact, who can be rung */

const LIVE = new Set(['created', 'ringing']);

/**
 * What a ring has come to, in words; "" if there is nothing to say.
 * @param {import('../lib/types.js').Invitation | undefined} invitation
 * @param {Translate} t
 * @param {Has} has
 */
export function ringText(invitation, t, has) {
    if (!invitation || invitation.state === 'cancelled') return '';
    const refused = `invite.${invitation.reason ?? 'failed'}`;
    if (invitation.state === 'refused') return t(has(refused) ? refused : 'invite.failed');
    const said = `invite.${invitation.state}`;
    return has(said) ? t(said) : '';
}

class Row {
    item = make('li');
    #inviting;
    #t;
    #has;
    #who = make('span', 'who');
    #presence = make('span', 'presence');
    #disc;
    #name = make('span', 'name');
    #state = make('span', 'ring-state soft small');
    #button = make('button', 'button quiet small');
    /** @type {Callee} */
    #callee;

    /**
     * @param {Callee} callee
     * @param {Inviting} inviting
     * @param {{t: Translate, has: Has}} language
     */
    constructor(callee, inviting, { t, has }) {
        this.#callee = callee;
        this.#inviting = inviting;
        this.#t = t;
        this.#has = has;
        this.#disc = avatar(callee.ref);
        this.#name.dir = 'auto';
        this.#presence.role = 'img';
        this.#state.role = 'status';
        this.#button.type = 'button';
        this.#button.addEventListener('click', () => this.#pressed());
        this.#who.append(this.#name, this.#state);
        const face = make('span', 'face');
        face.append(this.#disc, this.#presence);
        this.item.append(face, this.#who, this.#button);
        this.show(callee);
    }

    get #live() {
        return LIVE.has(this.#inviting.invitations.get(this.#callee.ref)?.state ?? '');
    }

    /** @param {Callee} callee */
    show(callee) {
        this.#callee = callee;
        const { ref, presence, known } = callee;
        const name = callee.name || ref;
        const live = this.#live;
        this.#disc.textContent = initial(name);
        this.#name.textContent = name;
        this.#presence.hidden = !presence;
        flag(this.#presence, 'online', presence === 'online');
        this.#presence.ariaLabel = presence ? this.#t(`invite.${presence}`) : '';
        this.#presence.title = this.#presence.ariaLabel;
        this.#say(ringText(this.#inviting.invitations.get(ref), this.#t, this.#has));
        this.#button.textContent = this.#t(live ? 'invite.cancel' : 'invite.ring');
        this.#button.ariaLabel = this.#t(live ? 'invite.cancelOf' : 'invite.ringOf', { name });
        this.#button.hidden = !live && !known;
    }

    /** @param {string} text */
    #say(text) {
        if (this.#state.textContent !== text) this.#state.textContent = text;
    }

    async #pressed() {
        const { ref } = this.#callee;
        this.#button.disabled = true;
        try {
            const id = this.#inviting.invitations.get(ref)?.id;
            if (this.#live && id) await this.#inviting.cancel(id);
            else await this.#inviting.invite(ref);
        } catch (error) {
            const key = `invite.${error instanceof SalonError ? error.reason : 'failed'}`;
            this.#say(this.#t(this.#has(key) ? key : 'invite.failed'));
        } finally {
            this.#button.disabled = false;
        }
    }
}

export class Contacts {
    #inviting;
    #language;
    #list = byId('contacts');
    #search = byId('contacts-search', HTMLInputElement);
    #empty = byId('contacts-empty');
    /** @type {Map<string, Row>} by ref */
    #rows = new Map();
    #listening = new AbortController();

    /**
     * @param {Inviting} inviting
     * @param {{t: Translate, has: Has}} language
     */
    constructor(inviting, language) {
        this.#inviting = inviting;
        this.#language = language;
        const { signal } = this.#listening;
        this.#search.addEventListener('input', () => this.#filter(), { signal });
        inviting.on('changed', () => this.#show(), { signal });
        this.#show();
    }

    stop() {
        this.#listening.abort();
        this.#list.replaceChildren();
        this.#rows.clear();
        this.#search.value = '';
    }

    /** @returns {Callee[]} whom a launch link rings may be no contact */
    #callees() {
        const { contacts, invitations } = this.#inviting;
        const known = new Set(contacts.map(({ ref }) => ref));
        const others = [...invitations.values()].filter(
            ({ to, state }) => !known.has(to.ref) && state !== 'cancelled',
        );
        return [
            ...others.map(({ to }) => ({ ref: to.ref, name: to.name ?? '', known: false })),
            ...contacts.map((contact) => ({ ...contact, known: true })),
        ];
    }

    /** Rows stay where they are, so that a press or the focus is never lost. */
    #show() {
        const callees = this.#callees();
        const gone = new Set(this.#rows.keys());
        let before = this.#list.firstElementChild;
        for (const callee of callees) {
            gone.delete(callee.ref);
            const row = this.#rows.get(callee.ref);
            row?.show(callee);
            const { item } = row ?? this.#make(callee);
            if (item === before) before = item.nextElementSibling;
            else this.#list.insertBefore(item, before);
        }
        for (const ref of gone) {
            this.#rows.get(ref)?.item.remove();
            this.#rows.delete(ref);
        }
        this.#search.hidden = callees.length < 8;
        this.#filter();
    }

    /** @param {Callee} callee */
    #make(callee) {
        const row = new Row(callee, this.#inviting, this.#language);
        this.#rows.set(callee.ref, row);
        return row;
    }

    /** Accents and case do not matter to who searches. */
    #filter() {
        const plain = (/** @type {string} */ text) =>
            text
                .normalize('NFD')
                .replace(/\p{Diacritic}/gu, '')
                .toLocaleLowerCase();
        const wanted = this.#search.hidden ? '' : plain(this.#search.value.trim());
        let shown = 0;
        for (const { item } of this.#rows.values()) {
            const name = item.querySelector('.name')?.textContent ?? '';
            item.hidden = !plain(name).includes(wanted);
            if (!item.hidden) shown++;
        }
        this.#empty.hidden = shown > 0 || this.#rows.size === 0;
    }
}
