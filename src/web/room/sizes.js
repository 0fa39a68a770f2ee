/**
 * Asks for each picture at the size it is really drawn at, and for none that is out of sight.
 * This is what drives the choice of simulcast layer.
 */

/** @typedef {import('./tile.js').Tile} Tile */
/** @typedef {import('../lib/room.js').Room} Room */

const UNKNOWN = -1; // not measured yet

export class Sizes {
    #room;
    #crowded = false;
    /** @type {Map<Element, {tile: Tile, width: number, height: number, visible: boolean}>} */
    #tiles = new Map();
    #resized = new ResizeObserver((entries) => {
        for (const { target, contentRect } of entries) {
            this.#note(target, { width: contentRect.width, height: contentRect.height });
        }
    });
    #seen = new IntersectionObserver((entries) => {
        for (const { target, isIntersecting } of entries) {
            this.#note(target, { visible: isIntersecting });
        }
    });

    /** @param {Room} room */
    constructor(room) {
        this.#room = room;
    }

    /** @param {Tile} tile of somebody else */
    add(tile) {
        this.#tiles.set(tile.element, { tile, width: UNKNOWN, height: 0, visible: true });
        this.#resized.observe(tile.element);
        this.#seen.observe(tile.element);
    }

    /** @param {Tile} tile */
    remove(tile) {
        this.#resized.unobserve(tile.element);
        this.#seen.unobserve(tile.element);
        this.#tiles.delete(tile.element);
        this.#want(tile, 0, 0, true);
    }

    /** @param {Tile} tile whose participant changed what they publish */
    refresh(tile) {
        this.#note(tile.element, {});
    }

    /**
     * With more people than slots the server seats who spoke last; whom we look at on another
     * page it only seats if we insist.
     * @param {boolean} crowded
     */
    crowd(crowded) {
        if (this.#crowded === crowded) return;
        this.#crowded = crowded;
        for (const { tile } of this.#tiles.values()) this.refresh(tile);
    }

    stop() {
        this.#resized.disconnect();
        this.#seen.disconnect();
        this.#tiles.clear();
    }

    /**
     * @param {Element} element
     * @param {{width?: number, height?: number, visible?: boolean}} change
     */
    #note(element, change) {
        const known = this.#tiles.get(element);
        if (!known) return;
        Object.assign(known, change);
        const { tile, width, height, visible } = known;
        if (width !== UNKNOWN) this.#want(tile, width, height, !visible || width === 0);
    }

    /**
     * @param {Tile} tile
     * @param {number} width in CSS pixels
     * @param {number} height
     * @param {boolean} paused
     */
    #want({ participant, source, pinned }, width, height, paused) {
        if (!participant.publishes(source) || !this.#room.participants.has(participant.id))
            return;
        const scale = globalThis.devicePixelRatio || 1;
        this.#room.want([
            {
                participant: participant.id,
                source,
                width: Math.ceil(width * scale),
                height: Math.ceil(height * scale),
                pinned: (pinned || this.#crowded) && !paused,
                paused,
            },
        ]);
    }
}
