/** Raising a hand, and reactions: ours to send, everybody's to show. */

import { REACTIONS } from '../lib/reactions.js';
import { label } from '../i18n.js';
import { byId, icon, make } from './dom.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('../lib/participant.js').Participant} Participant */
/** @typedef {import('../lib/reactions.js').Reaction} Reaction */
/** @typedef {import('../i18n.js').Translate} Translate */

const SHOWN_MS = 4000;
const MOST = 8; // at once: a hall that applauds is not a page that hangs

export class Reacting {
    #room;
    #stage;
    #t;
    #say;
    #menu = byId('react-menu');
    #hand = byId('hand', HTMLButtonElement);
    #shown = new Set();
    /** @type {Set<string>} whose hand is up */
    #raised = new Set();
    #listening = new AbortController();

    /**
     * @param {Room} room
     * @param {import('./stage.js').Stage} stage
     * @param {Translate} t
     * @param {{say: (text: string) => void, changed: () => void}} told `say` is for screen
     *     readers; `changed`: our hand went up or down
     */
    constructor(room, stage, t, { say, changed }) {
        this.#room = room;
        this.#stage = stage;
        this.#t = t;
        this.#say = say;
        const { signal } = this.#listening;
        byId('reactions').replaceChildren(...REACTIONS.map((word) => this.#button(word)));
        this.#hand.addEventListener('click', () => this.toggleHand(), { signal });
        room.on('reaction', ({ participant, reaction }) => this.#show(participant, reaction));
        room.on('participant', ({ event, participant }) => {
            this.#hands(participant, event === 'left');
            if (participant === room.self) {
                this.#showHand();
                changed();
            }
        });
        this.#showHand();
    }

    stop() {
        this.#listening.abort();
        this.#menu.hidePopover();
    }

    toggleHand() {
        this.#menu.hidePopover();
        this.#room.update({ hand: !this.#room.self.hand }).catch(() => {});
    }

    #showHand() {
        const { hand } = this.#room.self;
        const says = this.#t(hand ? 'react.lower' : 'react.raise');
        this.#hand.replaceChildren(icon('hand'), make('span', '', says));
        this.#hand.setAttribute('aria-pressed', String(hand));
    }

    /**
     * @param {Participant} participant
     * @param {boolean} left
     */
    #hands(participant, left) {
        const { id, name, hand } = participant;
        const up = hand && !left;
        if (up === this.#raised.has(id)) return;
        if (!up) {
            this.#raised.delete(id);
            return;
        }
        this.#raised.add(id);
        if (participant !== this.#room.self) this.#say(this.#t('react.raised', { name }));
    }

    /** @param {Reaction} word */
    #button(word) {
        const button = make('button', 'word');
        button.type = 'button';
        button.dataset.reaction = word;
        button.append(icon(`react-${word}`));
        label(button, this.#t(`react.${word}`));
        button.addEventListener('click', () => {
            this.#menu.hidePopover();
            this.#room.react(word).catch(() => {}); // too many: nobody needs to hear of it
        });
        return button;
    }

    /**
     * @param {Participant} participant
     * @param {Reaction} word
     */
    #show(participant, word) {
        const { id, name } = participant;
        if (participant !== this.#room.self)
            this.#say(this.#t('react.by', { name, reaction: this.#t(`react.${word}`) }));
        if (this.#shown.size >= MOST) return;
        const tile = this.#stage.tileOf(id);
        const mark = make('span', tile ? 'reaction' : 'reaction elsewhere');
        mark.setAttribute('aria-hidden', 'true');
        mark.dataset.reaction = word;
        mark.append(icon(`react-${word}`));
        if (!tile) {
            const who = make('span', '', name);
            who.dir = 'auto';
            mark.append(who);
        }
        (tile ?? byId('tiles')).append(mark);
        this.#shown.add(mark);
        setTimeout(() => {
            this.#shown.delete(mark);
            mark.remove();
        }, SHOWN_MS);
    }
}
