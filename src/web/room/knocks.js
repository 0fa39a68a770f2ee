/** Over the call, for whoever may let others in: who knocks, with Admit and Refuse. */

import { label } from '../i18n.js';
import { plainName } from '../lib/names.js';
import { byId, make } from './dom.js';
import { Knocker } from './knocker.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('../lib/types.js').Knock} Knock */
/** @typedef {import('../i18n.js').Translate} Translate */

const SHOWN = 3;

export class Knocks {
    #room;
    #t;
    #failed;
    #box = byId('knocks');
    #list = byId('knocks-list');
    #said = byId('knocks-said');
    #more = byId('knocks-more');
    #all = byId('admit-all', HTMLButtonElement);
    #sound = new Knocker(byId('knock-sound', HTMLInputElement));
    /** @type {Map<string, HTMLElement>} */
    #rows = new Map();
    #listening = new AbortController();

    /**
     * @param {Room} room
     * @param {Translate} t
     * @param {() => void} failed the server did not do it
     */
    constructor(room, t, failed) {
        this.#room = room;
        this.#t = t;
        this.#failed = failed;
        const { signal } = this.#listening;
        this.#all.addEventListener('click', () => this.#try(room.door.admitAll()), { signal });
        room.door.on('knocking', () => this.update(), { signal });
        this.update();
    }

    update() {
        const { knocking } = this.#room.door;
        const shown = knocking.slice(0, SHOWN);
        const fresh = knocking.filter(({ id }) => !this.#rows.has(id));
        this.#drop(new Set(shown.map(({ id }) => id)));
        for (const knock of shown) {
            if (this.#rows.has(knock.id)) continue;
            const row = this.#row(knock);
            this.#rows.set(knock.id, row);
            this.#list.append(row);
        }
        const hidden = knocking.length - shown.length;
        this.#more.hidden = hidden === 0;
        this.#more.textContent = hidden > 0 ? this.#t('call.more', { count: hidden }) : '';
        this.#all.hidden = knocking.length < 2;
        this.#box.hidden = knocking.length === 0;
        if (fresh.length === 0) return;
        this.#said.textContent = fresh
            .slice(0, SHOWN)
            .map(({ name }) => this.#t('door.knocks', { name: plainName(name) }))
            .join(' ');
        this.#sound.knock();
    }

    stop() {
        this.#listening.abort();
        this.#rows.clear();
        this.#list.replaceChildren();
        this.#said.textContent = '';
        this.#box.hidden = true;
    }

    /**
     * Takes away who waits no more. The focus goes to who comes next, not to nowhere.
     * @param {Set<string>} stay
     */
    #drop(stay) {
        for (const [id, row] of this.#rows) {
            if (stay.has(id)) continue;
            const had = row.contains(document.activeElement);
            const next = row.nextElementSibling ?? row.previousElementSibling;
            this.#rows.delete(id);
            row.remove();
            if (!had) continue;
            const button = /** @type {HTMLElement | null} */ (next?.querySelector('button'));
            (button ?? byId('people')).focus();
        }
    }

    /** @param {Knock} knock */
    #row({ id, name: given }) {
        const name = plainName(given);
        const row = make('li');
        const who = make('span', 'who', this.#t('door.knocks', { name }));
        who.dir = 'auto';
        const { door } = this.#room;
        const answers = make('span', 'answers');
        answers.append(
            this.#button('door.admit', 'door.admitOf', name, () => door.admit(id)),
            this.#button('door.deny', 'door.denyOf', name, () => door.deny(id), 'quiet'),
        );
        row.append(who, answers);
        return row;
    }

    /**
     * @param {import('../i18n.js').Key} word
     * @param {import('../i18n.js').Key} says
     * @param {string} name
     * @param {() => Promise<void>} act
     * @param {string} [look]
     */
    #button(word, says, name, act, look = '') {
        const button = make('button', `button small ${look}`, this.#t(word));
        button.type = 'button';
        label(button, this.#t(says, { name }));
        button.addEventListener('click', () => this.#try(act()));
        return button;
    }

    /** @param {Promise<void>} doing */
    #try(doing) {
        doing.catch((error) => {
            if (error.reason !== 'unknown_participant') this.#failed(); // gone meanwhile: fine
        });
    }
}
