/** How tiles fill the stage: plain geometry, no DOM. */

const WIDEST = 16 / 9;
const NARROWEST = 1; // faces stand a square crop

/** @typedef {{x: number, y: number, width: number, height: number}} Box in CSS pixels */

export const GAP = 8; // between tiles

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
 * Tiles of one size, in rows; a row that is not full stands in the middle.
 * @param {number} count
 * @param {number} width
 * @param {number} height
 * @returns {Box[]}
 */
export function grid(count, width, height) {
    const { columns, ...tile } = bestGrid(count, width, height, GAP);
    const rows = Math.ceil(count / columns);
    const top = (height - rows * tile.height - (rows - 1) * GAP) / 2;
    return Array.from({ length: count }, (_, at) => {
        const row = Math.floor(at / columns);
        const inRow = Math.min(columns, count - row * columns);
        const left = (width - inRow * tile.width - (inRow - 1) * GAP) / 2;
        return {
            x: Math.round(left + (at - row * columns) * (tile.width + GAP)),
            y: Math.round(top + row * (tile.height + GAP)),
            ...tile,
        };
    });
}

/**
 * Where the people go when something else is large, and how large.
 * @param {number} width of the stage
 * @param {number} height
 * @returns {{mode: 'side' | 'below', width: number, height: number, fits: number}} `fits`: so
 *     many of them
 */
export function strip(width, height) {
    const mode = width > height * 1.1 ? 'side' : 'below';
    const tileWidth =
        mode === 'side' ? clamp(width * 0.2, 140, 260) : clamp(width * 0.34, 100, 200);
    const tileHeight = tileWidth / WIDEST;
    const [room, tile] = mode === 'side' ? [height, tileHeight] : [width, tileWidth];
    return {
        mode,
        width: Math.round(tileWidth),
        height: Math.round(tileHeight),
        fits: Math.max(1, Math.floor((room + GAP) / (tile + GAP))),
    };
}

/**
 * Some tiles large, the others in a strip beside or below them.
 * @param {number} large how many large ones
 * @param {number} small how many in the strip; no more than fit
 * @param {number} width
 * @param {number} height
 * @returns {{large: Box[], small: Box[]}}
 */
export function presentation(large, small, width, height) {
    const { mode, ...tile } = strip(width, height);
    const side = mode === 'side';
    const room = {
        width: small && side ? width - tile.width - GAP : width,
        height: small && !side ? height - tile.height - GAP : height,
    };
    const used = small * (side ? tile.height : tile.width) + (small - 1) * GAP;
    const start = Math.round(((side ? height : width) - used) / 2);
    return {
        large: halves(large, room.width, room.height),
        small: Array.from({ length: small }, (_, at) => ({
            x: side ? width - tile.width : start + at * (tile.width + GAP),
            y: side ? start + at * (tile.height + GAP) : height - tile.height,
            width: tile.width,
            height: tile.height,
        })),
    };
}

/**
 * Large tiles take all the room there is: screens keep their own shape inside.
 * @param {number} count
 * @param {number} width
 * @param {number} height
 * @returns {Box[]}
 */
function halves(count, width, height) {
    const columns = width > height ? Math.min(count, 2) : 1;
    const rows = Math.ceil(count / columns);
    const tile = {
        width: Math.floor((width - GAP * (columns - 1)) / columns),
        height: Math.floor((height - GAP * (rows - 1)) / rows),
    };
    return Array.from({ length: count }, (_, at) => ({
        x: (at % columns) * (tile.width + GAP),
        y: Math.floor(at / columns) * (tile.height + GAP),
        ...tile,
    }));
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
