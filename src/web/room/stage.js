/** The stage: a tile for each person, larger ones for shared screens, and their arrangement. */

import { bestGrid, mostTiles, strip } from './layout.js';
import { byId } from './dom.js';
import { Sizes } from './sizes.js';
import { Tile } from './tile.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('../lib/participant.js').Participant} Participant */
/** @typedef {import('../lib/types.js').Source} Source */
/** @typedef {import('../i18n.js').Translate} Translate */

const GAP = 8; // as in the style sheet
const BAR = 14; // for a scroll bar at the strip of people, likewise

export class Stage {
    #room;
    #t;
    #sizes;
    #stage = byId('stage');
    #grid = byId('grid');
    #screens = byId('screens');
    #invite = byId('invite');
    #more = byId('more');
    #own;
    /** @type {Map<string, Tile>} of others' cameras, by participant, in the order they came */
    #people = new Map();
    /** @type {Map<string, Tile>} of others' screens, by participant */
    #shared = new Map();
    #resized = new ResizeObserver(() => this.#arrange());

    /**
     * @param {Room} room
     * @param {Translate} t
     */
    constructor(room, t) {
        this.#room = room;
        this.#t = t;
        this.#sizes = new Sizes(room);
        this.#own = new Tile(room.self, 'camera', t, { own: true });
        this.#grid.insertBefore(this.#own.element, this.#invite);
        this.#resized.observe(this.#stage);
        room.on('participant', ({ participant }) => this.#changed(participant));
        room.on('seat', ({ participant }) => this.#changed(participant));
        room.on('speaker', ({ participant }) => this.#speaker(participant));
        this.#arrange();
        for (const participant of room.participants.values()) this.#changed(participant);
    }

    /** @param {MediaStreamTrack | null} track our camera's */
    showOwn(track) {
        this.#own.show(track ? new MediaStream([track]) : null, track !== null);
    }

    stop() {
        this.#resized.disconnect();
        this.#sizes.stop();
        for (const tile of [this.#own, ...this.#people.values(), ...this.#shared.values()]) {
            tile.remove();
        }
    }

    /** @param {Participant} participant */
    #changed(participant) {
        if (participant === this.#room.self) {
            this.#own.update();
            return;
        }
        const here =
            this.#room.participants.has(participant.id) && participant.client !== 'whep';
        const shares = here && participant.publishes('screen') !== undefined;
        this.#refresh(this.#people, participant, 'camera', here);
        this.#refresh(this.#shared, participant, 'screen', shares);
    }

    /**
     * @param {Map<string, Tile>} tiles
     * @param {Participant} participant
     * @param {Source} source
     * @param {boolean} belongs it has a tile
     */
    #refresh(tiles, participant, source, belongs) {
        let tile = tiles.get(participant.id);
        if (Boolean(tile) !== belongs) {
            if (tile) {
                tiles.delete(participant.id);
                this.#take(tile);
            } else {
                tile = new Tile(participant, source, this.#t);
                tiles.set(participant.id, tile);
            }
            this.#arrange();
        }
        if (!tile || !belongs) return;
        tile.show(participant.stream(source), !participant.muted(source));
        tile.update();
        this.#sizes.refresh(tile);
    }

    /** @param {Participant | null} speaker */
    #speaker(speaker) {
        for (const tile of [this.#own, ...this.#people.values()]) {
            tile.speaking(tile.participant === speaker);
        }
        // Whoever speaks is seen, even if there are more people than tiles.
        const tile = this.#people.get(speaker?.id ?? '');
        if (tile && !tile.element.isConnected) this.#arrange();
    }

    /** Chooses who is seen, and how large. */
    #arrange() {
        const { clientWidth, clientHeight } = this.#stage;
        const style = getComputedStyle(this.#stage);
        const width =
            clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        const height =
            clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);

        const presenting = this.#shared.size > 0;
        this.#screens.hidden = !presenting;
        this.#invite.hidden = this.#people.size > 0 || presenting;
        this.#put([...this.#shared.values()], this.#screens, null);
        if (presenting) {
            const { mode, ...tile } = strip(width, height);
            this.#put([...this.#people.values()], this.#grid, this.#own.element);
            this.#size(this.#grid, tile);
            this.#stage.dataset.mode = mode;
            const side = mode === 'side';
            const used = side ? [tile.width + BAR + GAP, 0] : [0, tile.height + BAR + GAP];
            const count = this.#shared.size;
            this.#size(this.#screens, screenGrid(count, width - used[0], height - used[1]));
            this.#more.hidden = true;
            return;
        }
        this.#stage.dataset.mode = 'grid';
        const most = mostTiles(width, height) - 1; // one is ours
        const seen = this.#choose(most);
        this.#put(seen, this.#grid, this.#own.element);
        const cells = seen.length + (this.#invite.hidden ? 1 : 2);
        this.#size(this.#grid, bestGrid(cells, width, height, GAP));
        const hidden = this.#people.size - seen.length;
        this.#more.hidden = hidden === 0;
        this.#more.textContent = this.#t('call.more', { count: hidden });
    }

    /**
     * The first ones who came, and in any case the speaker.
     * @param {number} most
     */
    #choose(most) {
        const tiles = [...this.#people.values()];
        const seen = tiles.slice(0, most);
        const speaker = this.#people.get(this.#room.speaker?.id ?? '');
        if (speaker && !seen.includes(speaker)) seen[seen.length - 1] = speaker;
        return seen;
    }

    /**
     * Puts tiles into a box, taking out others. Tiles that stay are not moved: that would
     * interrupt their video.
     * @param {Tile[]} tiles
     * @param {HTMLElement} box
     * @param {HTMLElement | null} before
     */
    #put(tiles, box, before) {
        const mine = box === this.#screens ? this.#shared : this.#people;
        for (const tile of mine.values()) {
            if (!tiles.includes(tile) && tile.element.isConnected) this.#take(tile);
        }
        for (const tile of tiles) {
            if (tile.element.isConnected) continue;
            box.insertBefore(tile.element, before);
            tile.show(
                tile.participant.stream(tile.source),
                !tile.participant.muted(tile.source),
            );
            this.#sizes.add(tile);
        }
    }

    /** @param {Tile} tile */
    #take(tile) {
        this.#sizes.remove(tile);
        tile.remove();
    }

    /**
     * @param {HTMLElement} box
     * @param {{width: number, height: number}} tile
     */
    #size(box, { width, height }) {
        box.style.setProperty('--tile-width', `${width}px`);
        box.style.setProperty('--tile-height', `${height}px`);
    }
}

/**
 * Screens keep their own shape inside their tile, so a tile takes all the room there is.
 * @param {number} count
 * @param {number} width
 * @param {number} height
 */
function screenGrid(count, width, height) {
    const columns = width > height ? Math.min(count, 2) : 1;
    const rows = Math.ceil(count / columns);
    return {
        width: Math.floor((width - GAP * (columns - 1)) / columns),
        height: Math.floor((height - GAP * (rows - 1)) / rows),
    };
}
