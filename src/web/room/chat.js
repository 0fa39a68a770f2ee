/** The chat panel. What was said stays when the connection is renewed. */

import { SalonError } from '../lib/error.js';
import { plainName } from '../lib/names.js';
import { byId, flag, make } from './dom.js';
import { linked } from './linked.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('../lib/types.js').ChatMessage} ChatMessage */
/** @typedef {import('../i18n.js').Translate} Translate */

export class Chat {
    #room;
    #t;
    #came;
    #log = byId('messages');
    #list = byId('messages-list');
    #empty = byId('chat-empty');
    #problem = byId('chat-problem');
    #form = byId('chat-form', HTMLFormElement);
    #text = byId('chat-text', HTMLTextAreaElement);
    #time;
    #listening = new AbortController();

    /**
     * @param {Room} room
     * @param {Translate} t
     * @param {string} lang
     * @param {() => void} came hears of each message of somebody else
     */
    constructor(room, t, lang, came) {
        this.#room = room;
        this.#t = t;
        this.#came = came;
        this.#time = new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit' });
        const { signal } = this.#listening;
        this.#form.addEventListener('submit', (event) => this.#submit(event), { signal });
        this.#text.addEventListener('keydown', (event) => this.#key(event), { signal });
        room.on('chat', (message) => this.#add(message));
    }

    focus() {
        this.#text.focus();
        this.#log.scrollTop = this.#log.scrollHeight;
    }

    stop() {
        this.#listening.abort();
        this.#list.replaceChildren();
        this.#empty.hidden = false;
        this.#problem.textContent = '';
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        // During composition (Japanese, accents) Enter accepts the composed text.
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.#form.requestSubmit();
    }

    /** @param {SubmitEvent} event */
    async #submit(event) {
        event.preventDefault();
        const text = this.#text.value.trim();
        if (!text) return;
        this.#text.value = '';
        this.#problem.textContent = '';
        try {
            await this.#room.chat(text);
        } catch (error) {
            if (!this.#text.value) this.#text.value = text;
            const often = error instanceof SalonError && error.reason === 'rate_limited';
            this.#problem.textContent = this.#t(often ? 'chat.rate_limited' : 'chat.failed');
        }
    }

    /** @param {ChatMessage} message */
    #add({ from, name, text, time, to }) {
        const mine = from === this.#room.self.id;
        const item = make('li');
        flag(item, 'mine', mine);
        const by = make('span', 'by soft');
        const author = make('strong', '', plainName(name));
        author.dir = 'auto';
        const at = make('time', '', this.#time.format(time));
        at.dateTime = new Date(time).toISOString();
        by.append(author, at);
        if (to) by.append(make('span', '', this.#t('chat.private')));
        const said = make('span', 'text');
        said.append(...linked(text));
        said.dir = 'auto';
        item.append(by, said);

        const { scrollTop, clientHeight, scrollHeight } = this.#log;
        const atEnd = scrollHeight - scrollTop - clientHeight < 60;
        this.#list.append(item);
        this.#empty.hidden = true;
        if (atEnd || mine) this.#log.scrollTop = this.#log.scrollHeight;
        if (!mine) this.#came();
    }
}
