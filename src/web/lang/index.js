/**
 * The languages there are, and the choice of one. To add a language, write its file beside
 * `en.js` and name it here.
 */

/** @typedef {typeof import('./en.js').default} Texts */
/** @typedef {Exclude<keyof Texts, 'language' | 'direction'>} Key */

/** @type {Record<string, () => Promise<{default: Texts}>>} */
const LANGUAGES = {
    en: () => import('./en.js'),
    fr: () => import('./fr.js'),
};

/**
 * The first of the wishes that there is, else English.
 * @param {(string | null | undefined)[]} wishes BCP 47, most wished for first
 * @param {string[]} [available]
 */
export function choose(wishes, available = Object.keys(LANGUAGES)) {
    for (const wish of wishes) {
        const language = (wish ?? '').toLowerCase().split(/[-_]/)[0];
        if (available.includes(language)) return language;
    }
    return 'en';
}

/**
 * A text with its gaps filled.
 * @param {string} text
 * @param {Record<string, string | number>} [values]
 */
export function fill(text, values = {}) {
    return text.replace(/\{(\w+)\}/g, (gap, name) =>
        Object.hasOwn(values, name) ? String(values[name]) : gap,
    );
}

/** @param {string} language */
export async function load(language) {
    return (await LANGUAGES[language]()).default;
}

export const languages = Object.keys(LANGUAGES);
