/** The panel that lists who is here. */

import { avatar, byId, flag, icon, initial, make } from './dom.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('../lib/participant.js').Participant} Participant */
/** @typedef {import('../i18n.js').Translate} Translate */

const GATHER_MS = 100;

export class People {
    #room;
    #t;
    #list = byId('people-list');
    #title = byId('people-title');
    #counted;
    #tools;
    /** @type {any} */
    #timer = null;

    /**
     * @param {Room} room
     * @param {Translate} t
     * @param {(count: number) => void} counted hears how many are here
     * @param {(participant: Participant) => HTMLElement[]} tools what a host may do with them
     */
    constructor(room, t, counted, tools) {
        this.#room = room;
        this.#t = t;
        this.#counted = counted;
        this.#tools = tools;
        room.on('participant', () => {
            // A whole assembly may come at once: one list will do.
            this.#timer ??= setTimeout(() => this.update(), GATHER_MS);
        });
        this.update();
    }

    update() {
        clearTimeout(this.#timer);
        this.#timer = null;
        const others = [...this.#room.participants.values()]
            .filter(({ client }) => client !== 'whep')
            .sort((a, b) => Number(b.hand) - Number(a.hand));
        const everyone = [this.#room.self, ...others];
        const key = this.#focused();
        this.#list.replaceChildren(...everyone.map((participant) => this.#row(participant)));
        if (key) this.#focus(key);
        this.#title.textContent = this.#t('people.title', { count: everyone.length });
        this.#counted(everyone.length);
    }

    stop() {
        clearTimeout(this.#timer);
        this.#list.replaceChildren();
    }

    /** Which button of the list has the focus. */
    #focused() {
        const { activeElement } = document;
        return this.#list.contains(activeElement)
            ? /** @type {HTMLElement} */ (activeElement).dataset.key
            : undefined;
    }

    /** @param {string} key the button is another now, or its row is gone */
    #focus(key) {
        const [id] = key.split(' ');
        const all = /** @type {HTMLElement[]} */ ([
            ...this.#list.querySelectorAll('[data-key]'),
        ]);
        const same =
            all.find((tool) => tool.dataset.key === key) ??
            all.find((tool) => tool.dataset.key?.startsWith(`${id} `));
        (same ?? this.#title).focus();
    }

    /** @param {Participant} participant */
    #row(participant) {
        const { id, name, role, hand, away } = participant;
        const row = make('li');
        const own = participant === this.#room.self;
        const who = make('span', 'who', own ? this.#t('call.you', { name }) : name);
        who.dir = 'auto';
        const disc = avatar(id);
        disc.textContent = initial(name);
        row.append(disc, who);
        if (role === 'host') row.append(make('span', 'tag', this.#t('people.host')));
        if (hand) row.append(this.#mark('hand', 'people.hand'));
        if (participant.muted('microphone')) {
            const byHost = participant.publishes('microphone')?.muted_by === 'host';
            row.append(this.#mark('mic-off', byHost ? 'people.mutedByHost' : 'call.muted'));
        }
        if (away) row.append(make('span', 'tag', this.#t('call.away')));
        flag(row, 'away', away);
        row.append(...this.#tools(participant));
        return row;
    }

    /**
     * @param {string} symbol
     * @param {import('../i18n.js').Key} says
     */
    #mark(symbol, says) {
        const mark = make('span');
        mark.role = 'img';
        mark.ariaLabel = this.#t(says);
        mark.append(icon(symbol));
        return mark;
    }
}
