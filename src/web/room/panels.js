/** The side panels: one open at a time, closed by their button, their cross or Escape. */

/**
 * @typedef {object} Entry
 * @property {HTMLElement} panel
 * @property {HTMLButtonElement} [button] none: something else opens it
 * @property {() => void} opened puts the focus into the panel
 */

export class Panels {
    #entries;
    #listening = new AbortController();
    /** @type {HTMLElement | null} what had the focus before a panel was opened */
    #from = null;

    /** @param {Entry[]} entries */
    constructor(entries) {
        this.#entries = entries;
        const { signal } = this.#listening;
        for (const entry of entries) {
            entry.button?.setAttribute('aria-controls', entry.panel.id);
            entry.button?.addEventListener('click', () => this.#toggle(entry), { signal });
            const cross = entry.panel.querySelector('[data-close]');
            cross?.addEventListener('click', () => this.#close(entry), { signal });
            entry.panel.addEventListener(
                'keydown',
                (event) => {
                    if (event.key === 'Escape') this.#close(entry);
                },
                { signal },
            );
        }
        this.#show(null);
    }

    stop() {
        this.#show(null);
        this.#listening.abort();
    }

    /** @param {HTMLElement} panel opened by something else than its button */
    open(panel) {
        const entry = this.#entries.find((one) => one.panel === panel);
        if (!entry) return;
        if (panel.hidden)
            this.#from = /** @type {HTMLElement | null} */ (document.activeElement);
        this.#show(entry);
    }

    /** @param {HTMLElement} panel opened or closed, as its button would */
    toggle(panel) {
        const entry = this.#entries.find((one) => one.panel === panel);
        if (entry) this.#toggle(entry);
    }

    /** @param {Entry} entry */
    #toggle(entry) {
        if (!entry.panel.hidden) {
            this.#close(entry);
            return;
        }
        this.#from = null;
        this.#show(entry);
        entry.opened();
    }

    /** @param {Entry} entry */
    #close(entry) {
        this.#show(null);
        const buttons = this.#entries.map(({ button }) => button);
        [this.#from, entry.button, ...buttons].find((one) => one?.checkVisibility())?.focus();
    }

    /** @param {Entry | null} shown */
    #show(shown) {
        for (const entry of this.#entries) {
            entry.panel.hidden = entry !== shown;
            entry.button?.setAttribute('aria-expanded', String(entry === shown));
        }
    }
}
