/** Names that others chose, made safe to stand inside our own sentences. Pure. */

/** Marks that turn the reading order of what follows: nobody's name may mirror our words. */
const TURNS = /[\u061c\u202a-\u202e\u2066-\u2069]/g;

/** @param {string} name */
export function plainName(name) {
    return name.replace(TURNS, '');
}
