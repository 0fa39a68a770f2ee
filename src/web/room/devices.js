/**
 * Our microphone, camera and shared screen: turned on and off by the user, and handed to the
 * room while we are in one. Devices that are off are let go, so that their light goes out.
 */

import { Emitter } from '../lib/emitter.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {'microphone' | 'camera'} Device */
/** @typedef {import('../i18n.js').Key} Key */
/** @typedef {import('../lib/types.js').Content} Content */

/** @type {Device[]} */
const DEVICES = ['microphone', 'camera'];

/** @type {Record<Device, MediaStreamConstraints>} */
const ASK_FOR = {
    microphone: {
        audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    },
    camera: {
        video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
    },
};

/** @type {Record<Device, 'mic' | 'camera'>} */
const WORD = { microphone: 'mic', camera: 'camera' };

/**
 * What went wrong, as the second half of a text's key.
 * @param {unknown} error of getUserMedia
 */
export function problemOf(error) {
    if (!(error instanceof DOMException)) return 'unsupported';
    switch (error.name) {
        case 'NotAllowedError':
            return /system/i.test(error.message) ? 'system' : 'denied';
        case 'SecurityError':
            return 'denied';
        case 'NotFoundError':
        case 'OverconstrainedError':
            return 'none';
        case 'NotReadableError':
        case 'AbortError':
            return 'busy';
        default:
            return 'failed';
    }
}

/**
 * A screen, a window or a tab, with its sound if the user wants it. The sound of the whole system
 * would hold the voices of this call: it is offered only where the browser can leave them out.
 * @returns {DisplayMediaStreamOptions}
 */
function screenToAsk() {
    const known = /** @type {any} */ (navigator.mediaDevices.getSupportedConstraints());
    const ownLeftOut = Boolean(known.restrictOwnAudio);
    const options = {
        video: { frameRate: { ideal: 30, max: 30 } },
        audio: {
            echoCancellation: false,
            noiseSuppression: false,
            autoGainControl: false,
            suppressLocalAudioPlayback: false, // who shares a film wants to hear it, too
            ...(ownLeftOut ? { restrictOwnAudio: true } : {}),
        },
        systemAudio: ownLeftOut ? 'include' : 'exclude',
        selfBrowserSurface: 'exclude',
        surfaceSwitching: 'include',
    };
    return /** @type {DisplayMediaStreamOptions} */ (options);
}

/** @extends {Emitter<{changed: null, problem: Key}>} */
export class Devices extends Emitter {
    /** @type {Record<Device, MediaStreamTrack | null>} null: off */
    #tracks = { microphone: null, camera: null };
    /** @type {Record<Device, boolean>} */
    #on = { microphone: false, camera: false };
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

    /** @param {Device} device */
    async toggle(device) {
        if (this.#busy.has(device)) return;
        this.#busy.add(device);
        try {
            if (this.#on[device]) await this.#turnOff(device);
            else await this.#turnOn(device);
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

    /** @param {Device} device */
    async #turnOn(device) {
        const visit = this.#visits;
        try {
            const track = this.#tracks[device] ?? (await this.#open(device));
            if (visit !== this.#visits) {
                this.#close(device); // we left while the browser asked
                return;
            }
            this.#on[device] = true;
            await this.#send(device, track);
        } catch (error) {
            this.#on[device] = false;
            this.emit('problem', `${WORD[device]}.${problemOf(error)}`);
        }
    }

    /** @param {Device} device */
    async #open(device) {
        const stream = await navigator.mediaDevices.getUserMedia(ASK_FOR[device]);
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
     * Unplugged, or taken away by the system.
     * @param {Device} device
     * @param {MediaStreamTrack} track
     */
    async #ended(device, track) {
        if (this.#tracks[device] !== track) return;
        this.#tracks[device] = null;
        this.#on[device] = false;
        this.#room?.setMuted(device, true);
        await this.#room?.replaceTrack(device, null);
        this.emit('problem', `${WORD[device]}.ended`);
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
