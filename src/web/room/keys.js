/**
 * Single keys that act in the call, and the panel that lists them. They can be turned off (WCAG
 * 2.1.4), and do nothing while something is typed or a dialog is open.
 */

import { byId, make } from './dom.js';

/** @typedef {import('./choices.js').Choices} Choices */
/** @typedef {import('../i18n.js').Translate} Translate */
/** @typedef {import('../i18n.js').Key} Key */

/**
 * @typedef {object} Actions what keys do
 * @property {() => void} mic
 * @property {() => void} camera
 * @property {() => void} share
 * @property {() => void} hand
 * @property {() => void} people
 * @property {() => void} chat
 * @property {() => void} layout
 * @property {() => void} full
 * @property {() => void} before a page of the stage back
 * @property {() => void} after
 * @property {(down: boolean) => void} talk while the key is held
 */

/** @type {[string, Exclude<keyof Actions, 'talk'>][]} by KeyboardEvent.key, in small letters */
const KEYS = [
    ['m', 'mic'],
    ['v', 'camera'],
    ['s', 'share'],
    ['h', 'hand'],
    ['p', 'people'],
    ['c', 'chat'],
    ['l', 'layout'],
    ['f', 'full'],
    ['pageup', 'before'],
    ['pagedown', 'after'],
];

/** How a key is written for people. @type {Record<string, string>} */
const CAPS = { pageup: 'Page ↑', pagedown: 'Page ↓' };

export class Keys {
    #choices;
    #t;
    #actions;
    #help = byId('help', HTMLDialogElement);
    #talking = false;
    #listening = new AbortController();

    /**
     * @param {Choices} choices
     * @param {Actions} actions
     * @param {Translate} t
     */
    constructor(choices, actions, t) {
        this.#choices = choices;
        this.#actions = actions;
        this.#t = t;
        const { signal } = this.#listening;
        addEventListener('keydown', (event) => this.#down(event), { signal });
        addEventListener('keyup', (event) => event.key === ' ' && this.#quiet(), { signal });
        addEventListener('blur', () => this.#quiet(), { signal });
        byId('help-keys').replaceChildren(...this.#list());
    }

    stop() {
        this.#quiet();
        this.#listening.abort();
        this.#help.close();
    }

    showHelp() {
        byId('help-off').hidden = this.#choices.get('keys');
        if (!this.#help.open) this.#help.showModal();
    }

    /** @param {KeyboardEvent} event */
    #down(event) {
        const { key, ctrlKey, metaKey, altKey, repeat } = event;
        if (ctrlKey || metaKey || altKey || event.defaultPrevented) return;
        if (!this.#choices.get('keys') || isTaken(event.target, key)) return;
        if (key === ' ') {
            event.preventDefault(); // or the page scrolls
            if (!repeat) this.#talk();
            return;
        }
        if (repeat) return;
        const found = KEYS.find(([one]) => one === key.toLowerCase());
        if (!found && key !== '?') return;
        event.preventDefault();
        if (found) this.#actions[found[1]]();
        else this.showHelp();
    }

    #talk() {
        this.#talking = true;
        this.#actions.talk(true);
    }

    #quiet() {
        if (!this.#talking) return;
        this.#talking = false;
        this.#actions.talk(false);
    }

    #list() {
        const rows = KEYS.map(([key, action]) =>
            row(CAPS[key] ?? key.toUpperCase(), this.#t(`help.${action}`)),
        );
        const talk = row(this.#t('help.space'), this.#t('help.talk'));
        return [
            ...rows,
            talk,
            row('?', this.#t('help.help')),
            row('Esc', this.#t('help.close')),
        ];
    }
}

/**
 * @param {string} key
 * @param {string} says
 */
function row(key, says) {
    const box = make('div');
    const term = make('dt');
    term.append(make('kbd', '', key));
    box.append(term, make('dd', '', says));
    return box;
}

/**
 * The key belongs to what has the focus: text is typed, a button is pressed by Space, an open
 * dialog or menu has keys of its own.
 * @param {EventTarget | null} target
 * @param {string} key
 */
function isTaken(target, key) {
    if (document.querySelector('dialog[open], [popover]:popover-open')) return true;
    if (!(target instanceof HTMLElement)) return false;
    const typed = target.closest('textarea, select, [contenteditable]');
    const input = target.closest('input');
    const ticked = input && ['checkbox', 'radio', 'button'].includes(input.type);
    if (typed || (input && !ticked)) return true;
    if (key.startsWith('Page')) return target.closest('.panel') !== null;
    return key === ' ' && target.closest('button, a, input, summary') !== null;
}
