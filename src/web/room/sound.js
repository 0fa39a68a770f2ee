/** What is heard: an audio element for each slot that ever had somebody on it. */

import { byId } from './dom.js';
import { route } from './speaker.js';

/** @typedef {import('../lib/room.js').Room} Room */

export class Sound {
    /** @type {Map<MediaStreamTrack, HTMLAudioElement>} */
    #players = new Map();
    #button = byId('sound', HTMLButtonElement);
    #unblock = () => this.#playAll();

    #choices;
    #listening = new AbortController();

    /**
     * @param {Room} room
     * @param {import('./choices.js').Choices} choices where it is to be heard
     */
    constructor(room, choices) {
        this.#choices = choices;
        const { signal } = this.#listening;
        const again = (/** @type {string} */ key) => {
            if (key !== 'speaker') return;
            for (const player of this.#players.values()) route(player, choices.get('speaker'));
        };
        choices.on('changed', again, { signal });
        this.#button.addEventListener('click', this.#unblock);
        room.on('seat', ({ track }) => {
            if (track?.kind === 'audio') this.#add(track);
        });
    }

    stop() {
        this.#listening.abort();
        this.#button.removeEventListener('click', this.#unblock);
        this.#button.hidden = true;
        for (const track of [...this.#players.keys()]) this.#drop(track);
    }

    /** @param {MediaStreamTrack} track */
    #add(track) {
        for (const old of [...this.#players.keys()]) {
            if (old.readyState === 'ended') this.#drop(old); // of a connection that is no more
        }
        if (this.#players.has(track)) return;
        const player = new Audio();
        player.autoplay = true;
        player.srcObject = new MediaStream([track]);
        this.#players.set(track, player);
        if (this.#choices.get('speaker')) route(player, this.#choices.get('speaker'));
        this.#play(player);
    }

    /** @param {MediaStreamTrack} track */
    #drop(track) {
        const player = this.#players.get(track);
        if (player) player.srcObject = null;
        this.#players.delete(track);
    }

    #playAll() {
        this.#button.hidden = true;
        for (const player of this.#players.values()) this.#play(player);
    }

    /** @param {HTMLAudioElement} player */
    async #play(player) {
        try {
            await player.play();
        } catch (error) {
            // The browser wants a click first. Anything else (a new source) passes by itself.
            const blocked = error instanceof DOMException && error.name === 'NotAllowedError';
            if (blocked) this.#button.hidden = false;
        }
    }
}
