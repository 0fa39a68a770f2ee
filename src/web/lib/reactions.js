/** Reactions: a word to everybody, shown for a moment. Each page draws it in its own way. */

/** The words there are. */
export const REACTIONS = /** @type {const} */ (['like', 'love', 'bravo', 'laugh', 'wow']);

/** @typedef {typeof REACTIONS[number]} Reaction */

/**
 * @param {unknown} word
 * @returns {word is Reaction}
 */
export function isReaction(word) {
    return REACTIONS.some((known) => known === word);
}
