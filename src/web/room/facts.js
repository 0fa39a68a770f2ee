/** Facts about somebody, as headings and lists: elements stay, only their texts change. */

import { make } from './dom.js';

/** @typedef {import('../i18n.js').Translate} Translate */
/** @typedef {import('../i18n.js').Key} Key */

/** @typedef {[Key, string][]} Rows */

/** One heading, a sentence and a list of values: its elements stay, only its texts change. */
class Block {
    element = make('section', 'facts');
    #title = make('h4');
    #why = make('p', 'why');
    #list = make('dl');
    /** @type {Map<string, {term: HTMLElement, value: HTMLElement}>} */
    #rows = new Map();
    #t;

    /** @param {Translate} t */
    constructor(t) {
        this.#t = t;
        this.element.append(this.#title, this.#why, this.#list);
    }

    /**
     * @param {string} title
     * @param {string} why
     * @param {Rows} rows those without a value are left out
     */
    show(title, why, rows) {
        setText(this.#title, title);
        setText(this.#why, why);
        this.#why.hidden = why === '';
        const shown = new Set();
        for (const [key, text] of rows) {
            if (text) shown.add(key);
            setText(this.#row(key).value, text);
        }
        for (const [key, { term, value }] of this.#rows) {
            term.hidden = value.hidden = !shown.has(key);
        }
    }

    /** @param {Key} key */
    #row(key) {
        const known = this.#rows.get(key);
        if (known) return known;
        const row = { term: make('dt', '', this.#t(key)), value: make('dd') };
        this.#rows.set(key, row);
        this.#list.append(row.term, row.value);
        return row;
    }
}

/** Somebody's name and their blocks. */
export class Person {
    element = make('li');
    #name = make('h3');
    #none = make('p', 'soft');
    /** @type {Map<string, Block>} */
    #blocks = new Map();
    #t;

    /**
     * @param {Translate} t
     * @param {string} id
     */
    constructor(t, id) {
        this.#t = t;
        this.#name.dir = 'auto';
        this.#name.tabIndex = -1;
        this.element.dataset.participant = id;
        this.#none.textContent = t('info.nothing');
        this.element.append(this.#name, this.#none);
    }

    focus() {
        this.#name.focus();
        this.element.scrollIntoView({ block: 'start' });
    }

    /**
     * @param {string} name
     * @param {{key: string, title: string, why: string, rows: Rows}[]} blocks
     */
    show(name, blocks) {
        setText(this.#name, name);
        const here = new Set(blocks.map(({ key }) => key));
        for (const [key, block] of this.#blocks) {
            if (here.has(key)) continue;
            block.element.remove();
            this.#blocks.delete(key);
        }
        for (const { key, title, why, rows } of blocks) {
            const block = this.#blocks.get(key) ?? new Block(this.#t);
            if (!this.#blocks.has(key)) this.element.append(block.element);
            this.#blocks.set(key, block);
            block.show(title, why, rows);
        }
        this.#none.hidden = blocks.length > 0;
    }
}

/**
 * Screen readers and selections are left in peace while nothing changes.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
}
