/**
 * Who is on the stage: which tiles are large, which small, and which wait on another page. Plain
 * choice, no DOM; where they stand is layout.js.
 */

import { grid, mostTiles, presentation, strip } from './layout.js';

/** @typedef {import('./layout.js').Box} Box */
/** @typedef {'auto' | 'grid' | 'speaker'} Layout */

/**
 * @typedef {object} Wish
 * @property {string[]} screens keys of shared screens
 * @property {string[]} people keys of the others, in the order they came
 * @property {string} own our own key
 * @property {string} pinned a key, or ""
 * @property {string} speaker key of who spoke last, or ""
 * @property {Layout} layout
 * @property {boolean} invite nobody else is here: a tile that says how to invite
 * @property {number} page from 0
 * @property {number} width of the stage
 * @property {number} height
 */

/**
 * @typedef {object} Seen
 * @property {'grid' | 'large'} mode
 * @property {Map<string, Box>} boxes of all tiles that are shown, by key; "invite" is one
 * @property {number} page that is shown
 * @property {number} pages how many there are
 */

export const PAGER = 44; // px for the row that turns pages

/**
 * @param {Wish} wish
 * @returns {Seen}
 */
export function see(wish) {
    const large = largeOnes(wish);
    const rest = [...wish.screens, ...wish.people].filter((key) => !large.includes(key));
    const tail = [wish.own, ...(wish.invite ? ['invite'] : [])].filter(
        (key) => !large.includes(key),
    );
    const mode = large.length > 0 ? 'large' : 'grid';
    /** @param {number} height */
    const most = (height) =>
        mode === 'grid' ? mostTiles(wish.width, height) : strip(wish.width, height).fits;

    let { height } = wish;
    let each = most(height) - tail.length;
    if (rest.length > Math.max(1, each)) {
        height -= PAGER;
        each = most(height) - tail.length;
    }
    each = Math.max(1, each);
    const pages = Math.max(1, Math.ceil(rest.length / each));
    const page = Math.min(Math.max(0, wish.page), pages - 1);
    const shown = rest.slice(page * each, (page + 1) * each);
    if (page === 0) callForward(shown, rest, wish.speaker);
    const small = [...shown, ...tail];
    const boxes = new Map();
    if (mode === 'grid') {
        for (const [at, box] of grid(small.length, wish.width, height).entries())
            boxes.set(small[at], box);
    } else {
        const fits = small.slice(0, Math.max(1, most(height)));
        const where = presentation(large.length, fits.length, wish.width, height);
        for (const [at, key] of large.entries()) boxes.set(key, where.large[at]);
        for (const [at, key] of fits.entries()) boxes.set(key, where.small[at]);
    }
    return { mode, boxes, page, pages };
}

/** @param {Wish} wish */
function largeOnes({ screens, people, own, pinned, speaker, layout }) {
    if (pinned && [...screens, ...people, own].includes(pinned)) return [pinned];
    if (layout === 'grid') return [];
    if (screens.length > 0) return screens.slice(0, 4);
    if (layout !== 'speaker' || people.length === 0) return [];
    return [people.includes(speaker) ? speaker : people[0]];
}

/**
 * Whoever speaks is seen on the first page, even if it is full; the others stay where they are.
 * @param {string[]} shown
 * @param {string[]} rest
 * @param {string} speaker
 */
function callForward(shown, rest, speaker) {
    if (rest.includes(speaker) && !shown.includes(speaker)) shown[shown.length - 1] = speaker;
}
