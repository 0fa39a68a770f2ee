/** The panel that lists who is here. */

import { avatar, byId, flag, icon, initial, make } from './dom.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('../lib/participant.js').Participant} Participant */
/** @typedef {import('../i18n.js').Translate} Translate */

export class People {
    #room;
    #t;
    #list = byId('people-list');
    #title = byId('people-title');
    #counted;

    /**
     * @param {Room} room
     * @param {Translate} t
     * @param {(count: number) => void} counted hears how many are here
     */
    constructor(room, t, counted) {
        this.#room = room;
        this.#t = t;
        this.#counted = counted;
        room.on('participant', () => this.update());
        this.update();
    }

    update() {
        const others = [...this.#room.participants.values()].filter(
            ({ client }) => client !== 'whep',
        );
        const everyone = [this.#room.self, ...others];
        this.#list.replaceChildren(...everyone.map((participant) => this.#row(participant)));
        this.#title.textContent = this.#t('people.title', { count: everyone.length });
        this.#counted(everyone.length);
    }

    stop() {
        this.#list.replaceChildren();
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
        if (participant.muted('microphone')) row.append(this.#mark('mic-off', 'call.muted'));
        if (away) row.append(make('span', 'tag', this.#t('call.away')));
        flag(row, 'away', away);
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
