/** The menu of what is not needed every minute: layout, full screen, small window, settings. */

import { byId, icon, make } from './dom.js';

/** @typedef {import('./choices.js').Choices} Choices */
/** @typedef {import('../i18n.js').Translate} Translate */
/** @typedef {import('../i18n.js').Key} Key */

/** @type {import('./choices.js').Chosen['layout'][]} */
const LAYOUTS = ['auto', 'grid', 'speaker'];

export class Menu {
    #choices;
    #t;
    #menu = byId('more-menu');
    #listening = new AbortController();

    /**
     * @param {Choices} choices
     * @param {Translate} t
     * @param {{settings: () => void, help: () => void, info: () => void, pip: () => void}} acts
     */
    constructor(choices, t, { settings, help, info, pip }) {
        this.#choices = choices;
        this.#t = t;
        const { signal } = this.#listening;
        this.#item('settings-open', 'settings', 'settings.title', settings);
        this.#item('more-info', 'info', 'info.title', info);
        this.#item('help-open', 'keys', 'help.title', help);
        this.#item('pip', 'pip', 'call.pip', pip);
        this.#item('full', 'full', 'call.full', () => this.toggleFull());
        byId('pip').hidden = !document.pictureInPictureEnabled;
        byId('full').hidden = !document.fullscreenEnabled;
        for (const choice of byId('layouts').querySelectorAll('input')) {
            const layout = LAYOUTS.find((one) => one === choice.value) ?? 'auto';
            choice.addEventListener('change', () => choices.set('layout', layout), { signal });
        }
        choices.on('changed', (key) => key === 'layout' && this.#showLayout(), { signal });
        document.addEventListener('fullscreenchange', () => this.#showFull(), { signal });
        this.#showLayout();
    }

    stop() {
        this.#listening.abort();
        this.#menu.hidePopover();
        if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    }

    /** The next of the layouts. */
    nextLayout() {
        const at = LAYOUTS.indexOf(this.#choices.get('layout'));
        this.#choices.set('layout', LAYOUTS[(at + 1) % LAYOUTS.length]);
    }

    toggleFull() {
        const done = document.fullscreenElement
            ? document.exitFullscreen()
            : document.documentElement.requestFullscreen();
        done.catch(() => {}); // a frame may not: the window stays as it is
    }

    /**
     * @param {string} id
     * @param {string} symbol
     * @param {Key} says
     * @param {() => void} act
     */
    #item(id, symbol, says, act) {
        const button = byId(id, HTMLButtonElement);
        button.replaceChildren(icon(symbol), make('span', '', this.#t(says)));
        button.addEventListener(
            'click',
            () => {
                this.#menu.hidePopover();
                act();
            },
            { signal: this.#listening.signal },
        );
    }

    #showLayout() {
        for (const choice of byId('layouts').querySelectorAll('input'))
            choice.checked = choice.value === this.#choices.get('layout');
    }

    #showFull() {
        const words = byId('full').querySelector('span');
        const key = document.fullscreenElement ? 'call.notFull' : 'call.full';
        if (words) words.textContent = this.#t(key);
    }
}
