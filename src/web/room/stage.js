/** The stage: a tile for each person and each shared screen, and their arrangement. */

import { byId } from './dom.js';
import { see } from './seen.js';
import { Sizes } from './sizes.js';
import { Tile } from './tile.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('../lib/participant.js').Participant} Participant */
/** @typedef {import('../lib/types.js').Source} Source */
/** @typedef {import('./choices.js').Choices} Choices */
/** @typedef {import('../i18n.js').Translate} Translate */

const SLOTS = 25; // the most that the page asks for, as in joinRoom()
const GATHER_MS = 30;

export class Stage {
    #room;
    #t;
    #choices;
    #sizes;
    #tiles = byId('tiles');
    #invite = byId('invite');
    #pager = byId('pager');
    #own;
    /** @type {Map<string, Tile>} others' cameras and screens, by key, in the order they came */
    #all = new Map();
    #pinned = '';
    #page = 0;
    #pages = 1;
    #lastSpeaker = '';
    #resized = new ResizeObserver(() => this.#arrange());
    #listening = new AbortController();
    /** @type {any} */
    #timer = null;

    /**
     * @param {Room} room
     * @param {Translate} t
     * @param {Choices} choices
     */
    constructor(room, t, choices) {
        this.#room = room;
        this.#t = t;
        this.#choices = choices;
        this.#sizes = new Sizes(room);
        this.#own = new Tile(room.self, 'camera', t, { own: true });
        this.#resized.observe(byId('stage'));
        const { signal } = this.#listening;
        room.on('participant', ({ participant }) => this.#changed(participant));
        room.on('seat', ({ participant }) => this.#changed(participant));
        room.on('speaker', ({ participant }) => this.#speaker(participant));
        choices.on('changed', (key) => key === 'layout' && this.#arrange(), { signal });
        this.#tiles.addEventListener(
            'pin',
            (event) => this.pin(/** @type {CustomEvent<string>} */ (event).detail),
            { signal },
        );
        byId('page-before').addEventListener('click', () => this.turn(-1), { signal });
        byId('page-after').addEventListener('click', () => this.turn(1), { signal });
        this.#arrange();
        for (const participant of room.participants.values()) this.#changed(participant);
    }

    /** @param {MediaStreamTrack | null} track our camera's */
    showOwn(track) {
        this.#own.show(track ? new MediaStream([track]) : null, track !== null);
    }

    /** @param {string} key of a tile, to be kept large; or not any more, if it is already */
    pin(key) {
        const before = this.#tile(this.#pinned);
        this.#pinned = this.#pinned === key ? '' : key;
        before?.pin(false);
        this.#tile(this.#pinned)?.pin(true);
        for (const tile of [before, this.#tile(key)]) if (tile) this.#sizes.refresh(tile);
        this.#arrange();
    }

    /** @param {number} by pages; after the last one comes the first */
    turn(by) {
        this.#page = (this.#page + by + this.#pages) % this.#pages;
        this.#arrange();
    }

    /**
     * @param {string} id
     * @returns {HTMLElement | null} the person's tile, if it is on the stage
     */
    tileOf(id) {
        const tile = id === this.#room.self.id ? this.#own : this.#all.get(`${id} camera`);
        return tile?.element.isConnected ? tile.element : null;
    }

    /** The picture that matters most just now: pinned, a screen, who spoke last, anybody. */
    get mainVideo() {
        const keys = [this.#pinned, ...this.#keys('screen'), this.#lastSpeaker];
        const tiles = [...keys, ...this.#keys('camera')].map((key) => this.#tile(key));
        const live = tiles.find((tile) => tile && 'live' in tile.element.dataset);
        return (live ?? this.#own).video;
    }

    stop() {
        this.#listening.abort();
        clearTimeout(this.#timer);
        this.#resized.disconnect();
        this.#sizes.stop();
        for (const tile of [this.#own, ...this.#all.values()]) tile.remove();
        this.#pager.hidden = true;
    }

    /** @param {string} key */
    #tile(key) {
        return key === this.#own.key ? this.#own : this.#all.get(key);
    }

    /** @param {Source} source */
    #keys(source) {
        return [...this.#all.values()]
            .filter((tile) => tile.source === source)
            .map(({ key }) => key);
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
        this.#refresh(participant, 'camera', here);
        this.#refresh(participant, 'screen', shares);
    }

    /**
     * @param {Participant} participant
     * @param {Source} source
     * @param {boolean} belongs it has a tile
     */
    #refresh(participant, source, belongs) {
        const key = `${participant.id} ${source}`;
        let tile = this.#all.get(key);
        if (Boolean(tile) !== belongs) {
            if (tile) {
                this.#all.delete(key);
                this.#take(tile);
                if (this.#pinned === key) this.#pinned = '';
            } else {
                tile = new Tile(participant, source, this.#t);
                this.#all.set(key, tile);
            }
            this.#arrangeSoon();
        }
        if (!tile || !belongs) return;
        if (tile.element.isConnected) this.#showPicture(tile);
        tile.update();
        this.#sizes.refresh(tile);
    }

    /** @param {Tile} tile */
    #showPicture(tile) {
        const { participant, source } = tile;
        tile.show(participant.stream(source), !participant.muted(source));
    }

    /** @param {Participant | null} speaker */
    #speaker(speaker) {
        for (const tile of [this.#own, ...this.#all.values()]) {
            tile.speaking(tile.source === 'camera' && tile.participant === speaker);
        }
        if (!speaker || speaker === this.#room.self) return;
        this.#lastSpeaker = `${speaker.id} camera`;
        const shown = this.tileOf(speaker.id);
        if (!shown || this.#choices.get('layout') === 'speaker') this.#arrange();
    }

    /** A whole assembly may come or go at once: the stage is measured and filled once for all of them. */
    #arrangeSoon() {
        this.#timer ??= setTimeout(() => this.#arrange(), GATHER_MS);
    }

    /** Chooses who is seen, and how large. */
    #arrange() {
        clearTimeout(this.#timer);
        this.#timer = null;
        const stage = byId('stage');
        const style = getComputedStyle(stage);
        const { clientWidth, clientHeight } = stage;
        const people = this.#keys('camera');
        const screens = this.#keys('screen');
        const seen = see({
            screens,
            people,
            own: this.#own.key,
            pinned: this.#pinned,
            speaker: this.#lastSpeaker,
            layout: this.#choices.get('layout'),
            invite: people.length === 0 && screens.length === 0,
            page: this.#page,
            width: clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight),
            height:
                clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom),
        });
        this.#page = seen.page;
        this.#sizes.crowd(people.length > SLOTS);
        stage.dataset.mode = seen.mode;
        this.#put(seen);
        this.#turnable(seen);
    }

    /**
     * Puts the tiles where they belong. Those that stay are not moved within the document: that
     * would interrupt their video.
     * @param {import('./seen.js').Seen} seen
     */
    #put({ boxes }) {
        for (const [key, tile] of this.#all)
            if (!boxes.has(key) && tile.element.isConnected) this.#take(tile);
        /** @type {Element | null} */
        let last = null;
        for (const [key, box] of boxes) {
            if (key === 'invite') continue;
            const tile = this.#tile(key);
            if (!tile) continue;
            if (!tile.element.isConnected) this.#insert(tile, last);
            tile.place(box);
            last = tile.element;
        }
        const room = boxes.get('invite');
        this.#invite.hidden = !room;
        if (!room) return;
        const { style } = this.#invite;
        style.transform = `translate(${room.x}px, ${room.y}px)`;
        style.width = `${room.width}px`;
        style.height = `${room.height}px`;
    }

    /**
     * @param {Tile} tile
     * @param {Element | null} after
     */
    #insert(tile, after) {
        if (after) after.after(tile.element);
        else this.#tiles.prepend(tile.element);
        if (tile.own) return;
        this.#showPicture(tile);
        this.#sizes.add(tile);
    }

    /** @param {Tile} tile */
    #take(tile) {
        this.#sizes.remove(tile);
        tile.remove();
    }

    /** @param {import('./seen.js').Seen} seen */
    #turnable({ page, pages }) {
        this.#pager.hidden = pages < 2;
        byId('page-of').textContent = this.#t('call.page', { page: page + 1, pages });
        this.#pages = pages;
    }
}
