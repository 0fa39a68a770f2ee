/** The page in the reader's language: `?lang=`, else the browser's. */

import { choose, fill, load } from './lang/index.js';

/** @typedef {import('./lang/index.js').Key} Key */
/** @typedef {(key: Key, values?: Record<string, string | number>) => string} Translate */

/**
 * Chooses the language and puts the texts into the page: `data-text="key"` becomes the
 * element's text, `data-name="key"` its accessible name, `data-label="key"` its accessible name
 * and tooltip, `data-hint="key"` its placeholder.
 * @param {string} [wished] what a link says of its reader
 * @returns {Promise<{t: Translate, lang: string, has: (key: string) => key is Key}>}
 */
export async function translatePage(wished = '') {
    const asked = new URLSearchParams(location.search).get('lang');
    const lang = choose([asked, wished, ...(navigator.languages ?? [navigator.language])]);
    const texts = await load(lang);
    /** @type {Translate} */
    const t = (key, values) => fill(texts[key], values);

    const has = (/** @type {string} */ key) => Object.hasOwn(texts, key);

    const root = document.documentElement;
    root.lang = lang;
    root.dir = texts.direction;
    for (const element of elements('[data-text]')) {
        element.textContent = t(/** @type {Key} */ (element.dataset.text));
    }
    for (const element of elements('[data-label]')) {
        label(element, t(/** @type {Key} */ (element.dataset.label)));
    }
    for (const element of elements('[data-name]')) {
        element.setAttribute('aria-label', t(/** @type {Key} */ (element.dataset.name)));
    }
    for (const element of elements('[data-hint]')) {
        element.setAttribute('placeholder', t(/** @type {Key} */ (element.dataset.hint)));
    }
    root.dataset.ready = '';
    return { t, lang, has: /** @type {(key: string) => key is Key} */ (has) };
}

/**
 * Gives an element without text its name.
 * @param {Element} element
 * @param {string} text
 */
export function label(element, text) {
    element.setAttribute('aria-label', text);
    element.setAttribute('title', text);
}

/** @param {string} selector */
function elements(selector) {
    return /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector));
}
