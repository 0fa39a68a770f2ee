/** How tiles fill the stage: plain geometry, no DOM. */

const WIDEST = 16 / 9;
const NARROWEST = 1; // faces stand a square crop

/**
 * The tile size that shows `count` tiles largest in a box.
 * @param {number} count
 * @param {number} width of the box, in CSS pixels
 * @param {number} height
 * @param {number} gap between tiles
 * @returns {{columns: number, width: number, height: number}}
 */
export function bestGrid(count, width, height, gap) {
    let best = { columns: 1, width: 0, height: 0 };
    for (let columns = 1; columns <= Math.max(1, count); columns++) {
        const rows = Math.max(1, Math.ceil(count / columns));
        const cellWidth = (width - gap * (columns - 1)) / columns;
        const cellHeight = (height - gap * (rows - 1)) / rows;
        if (cellWidth <= 0 || cellHeight <= 0) continue;
        const tileWidth = Math.floor(Math.min(cellWidth, cellHeight * WIDEST));
        const tileHeight = Math.floor(Math.min(cellHeight, tileWidth / NARROWEST));
        if (tileWidth * tileHeight > best.width * best.height) {
            best = { columns, width: tileWidth, height: tileHeight };
        }
    }
    return best;
}

/**
 * Where the people go when a screen is shared, and how large.
 * @param {number} width of the stage
 * @param {number} height
 * @returns {{mode: 'side' | 'below', width: number, height: number}}
 */
export function strip(width, height) {
    const mode = width > height * 1.1 ? 'side' : 'below';
    const tileWidth =
        mode === 'side' ? clamp(width * 0.2, 140, 260) : clamp(width * 0.34, 110, 200);
    return { mode, width: Math.round(tileWidth), height: Math.round(tileWidth / WIDEST) };
}

/**
 * How many tiles a stage of this size bears before they get too small to make out a face.
 * @param {number} width
 * @param {number} height
 */
export function mostTiles(width, height) {
    return clamp(Math.floor((width * height) / (150 * 130)), 4, 25);
}

/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
function clamp(value, least, most) {
    return Math.min(most, Math.max(least, value));
}
