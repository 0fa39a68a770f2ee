/**
 * Our microphone, camera and shared screen: turned on and off by the user, and handed to the
 * room while we are in one. Devices that are off are let go, so that their light goes out.
 */

import { Emitter } from '../lib/emitter.js';
import { constraintsFor, problemOf, screenToAsk } from './asking.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {'microphone' | 'camera'} Device */
/** @typedef {import('../i18n.js').Key} Key */
/** @typedef {import('../lib/types.js').Content} Content */

/** @type {Device[]} */
const DEVICES = ['microphone', 'camera'];

/** @type {Record<Device, 'mic' | 'camera'>} */
const WORD = { microphone: 'mic', camera: 'camera' };

/** @extends {Emitter<{changed: null, problem: Key}>} */
export class Devices extends Emitter {
    /** @type {Record<Device, MediaStreamTrack | null>} null: off */
    #tracks = { microphone: null, camera: null };
    /** @type {Record<Device, boolean>} */
    #on = { microphone: false, camera: false };
    /** @type {Record<Device, boolean>} what was asked for last */
    #wishes = { microphone: false, camera: false };
    /** @type {MediaStreamTrack[]} */
    #screen = [];
    /** @type {Content} what the shared screen is made for */
    #content = 'text';
    /** @type {Set<Device | 'screen'>} being turned on or off */
    #busy = new Set();
    /** @type {Room | null} */
    #room = null;
    /** Counts the rooms that we left. */
    #visits = 0;
    #choices;

    /** @param {import('./choices.js').Choices} choices which devices, and how they sound */
    constructor(choices) {
        super();
        this.#choices = choices;
        choices.on('changed', (key) => {
            if (key === 'camera') this.#reopen('camera');
            if (key === 'microphone' || key === 'noise' || key === 'gain')
                this.#reopen('microphone');
        });
    }

    /** @param {Device} device */
    isOn(device) {
        return this.#on[device];
    }

    get sharing() {
        return this.#screen.length > 0;
    }

    get content() {
        return this.#content;
    }

    /** @param {Content} content whether the shared screen is to be sharp or fluid */
    setContent(content) {
        this.#content = content;
        this.#pace();
        this.#room?.setContent('screen', content).catch(() => {}); // a new offer says it again
    }

    /** @returns {MediaStreamTrack | null} our picture */
    get picture() {
        return this.#on.camera ? this.#tracks.camera : null;
    }

    /** @returns {MediaStreamTrack | null} our sound, while the microphone is on */
    get sound() {
        return this.#on.microphone ? this.#tracks.microphone : null;
    }

    /** @param {Device} device */
    async toggle(device) {
        if (!this.#busy.has(device)) await this.set(device, !this.#on[device]);
    }

    /**
     * Turns it on or off; if it is being turned just now, as soon as that is done.
     * @param {Device} device
     * @param {boolean} on
     */
    async set(device, on) {
        this.#wishes[device] = on;
        if (this.#busy.has(device)) return;
        this.#busy.add(device);
        try {
            while (this.#on[device] !== this.#wishes[device]) {
                const wish = this.#wishes[device];
                if (wish) await this.#turnOn(device);
                else await this.#turnOff(device);
                if (this.#on[device] !== wish) break; // refused
            }
        } finally {
            this.#busy.delete(device);
            this.emit('changed', null);
        }
    }

    async toggleScreen() {
        if (this.#busy.has('screen')) return;
        this.#busy.add('screen');
        try {
            if (this.sharing) this.#unshare();
            else await this.#share();
        } finally {
            this.#busy.delete('screen');
            this.emit('changed', null);
        }
    }

    /** @param {Room} room to send what is on */
    async enter(room) {
        this.#room = room;
        await Promise.all(DEVICES.filter((d) => this.#on[d]).map((d) => this.#turnOn(d)));
        this.emit('changed', null);
    }

    /**
     * A host has muted it: it is off here as well, and can be turned on again.
     * @param {import('../lib/types.js').Source} source
     */
    async silence(source) {
        if (source === 'microphone' || source === 'camera') {
            if (!this.#on[source]) return;
            await this.#turnOff(source);
            this.emit('changed', null);
        } else if (this.sharing) {
            this.#unshare();
        }
    }

    /** Lets go of everything; what was on will be on again in the next room. */
    leave() {
        this.#room = null;
        this.#visits++;
        for (const device of DEVICES) this.#close(device);
        for (const track of this.#screen.splice(0)) track.stop();
        this.emit('changed', null);
    }

    /**
     * @param {Device} device
     * @param {Key} [replaced] it takes the place of one that was unplugged: what to say then
     */
    async #turnOn(device, replaced) {
        const visit = this.#visits;
        try {
            const track = this.#tracks[device] ?? (await this.#open(device));
            if (visit !== this.#visits) {
                this.#close(device); // we left while the browser asked
                return;
            }
            this.#on[device] = true;
            await this.#send(device, track);
            if (replaced) this.emit('problem', replaced);
        } catch (error) {
            this.#on[device] = false;
            this.#room?.setMuted(device, true);
            const why = replaced ? 'ended' : problemOf(error);
            this.emit('problem', `${WORD[device]}.${why}`);
        }
    }

    /** @param {Device} device */
    async #open(device) {
        const asked = constraintsFor(device, this.#choices);
        const stream = await navigator.mediaDevices.getUserMedia(asked);
        const [track] = stream.getTracks();
        track.addEventListener('ended', () => this.#ended(device, track));
        this.#tracks[device] = track;
        return track;
    }

    /** @param {Device} device */
    #close(device) {
        this.#tracks[device]?.stop();
        this.#tracks[device] = null;
    }

    /**
     * Does not wait for the server: it may be away, and the button has to work.
     * @param {Device} device
     * @param {MediaStreamTrack} track
     */
    async #send(device, track) {
        const room = this.#room;
        if (!room) return;
        if (room.published(device)) {
            await room.replaceTrack(device, track);
            room.setMuted(device, false);
            return;
        }
        room.publish(track, { source: device }).catch(() => {
            if (room.state === 'closed' || room !== this.#room) return;
            this.#on[device] = false;
            this.#close(device);
            this.emit('problem', 'publish.failed');
            this.emit('changed', null);
        });
    }

    /** @param {Device} device */
    async #turnOff(device) {
        this.#on[device] = false;
        this.#room?.setMuted(device, true);
        // A muted microphone stays open, to be back at once; a camera's light must go out.
        if (device === 'microphone' && this.#room) return;
        await this.#room?.replaceTrack(device, null);
        this.#close(device);
    }

    /**
     * Another one was chosen, or another sound of it. Off, it is asked for when it is turned on.
     * @param {Device} device
     */
    async #reopen(device) {
        const before = this.#tracks[device];
        if (!before) return;
        if (!this.#on[device]) {
            this.#close(device); // a muted microphone that was kept open
            return;
        }
        this.#tracks[device] = null;
        // Some systems give a device to one taker only: the old one first.
        before.stop();
        await this.#turnOn(device);
        this.emit('changed', null);
    }

    /**
     * Unplugged, or taken away by the system. Another microphone may take its place; another
     * camera would show what nobody expects.
     * @param {Device} device
     * @param {MediaStreamTrack} track
     */
    async #ended(device, track) {
        if (this.#tracks[device] !== track) return;
        this.#tracks[device] = null;
        const was = this.#on[device];
        this.#on[device] = false;
        if (device === 'microphone' && was) {
            await this.#turnOn(device, 'mic.switched');
        } else {
            this.#room?.setMuted(device, true);
            await this.#room?.replaceTrack(device, null);
            if (was) this.emit('problem', `${WORD[device]}.ended`);
        }
        this.emit('changed', null);
    }

    async #share() {
        /** @type {MediaStream} */
        let stream;
        try {
            stream = await navigator.mediaDevices.getDisplayMedia(screenToAsk());
        } catch (error) {
            // NotAllowedError is mostly the user's "no": nothing to explain.
            const chosen = error instanceof DOMException && error.name === 'NotAllowedError';
            if (!chosen) this.emit('problem', 'share.failed');
            return;
        }
        const room = this.#room;
        this.#screen = stream.getTracks();
        if (!room) {
            this.#unshare(); // we left while the browser asked
            return;
        }
        const [picture] = stream.getVideoTracks();
        const [sound] = stream.getAudioTracks();
        picture.addEventListener('ended', () => this.#unshare());
        this.#pace();
        const sending = [room.publish(picture, { source: 'screen', content: this.#content })];
        if (sound) sending.push(room.publish(sound, { source: 'screen_audio' }));
        Promise.all(sending).catch(() => {
            if (room.state === 'closed' || room !== this.#room || !this.sharing) return;
            this.emit('problem', 'publish.failed');
            this.#unshare();
        });
    }

    /** Text needs few pictures a second, and leaves their bits to its sharpness. */
    #pace() {
        const picture = this.#screen.find(({ kind }) => kind === 'video');
        const frameRate = { max: this.#content === 'motion' ? 30 : 15 };
        picture?.applyConstraints({ frameRate }).catch(() => {});
    }

    #unshare() {
        for (const track of this.#screen.splice(0)) track.stop();
        for (const source of /** @type {const} */ (['screen', 'screen_audio'])) {
            // What the server thinks of it does not matter: nothing is sent any more.
            this.#room?.unpublish(source).catch(() => {});
        }
        this.emit('changed', null);
    }
}
