/** Before the call: a name, a preview, and what will be on. */

import { label } from '../i18n.js';
import { byId, flag, icon } from './dom.js';
import { cleanName } from './link.js';

/** @typedef {import('./devices.js').Devices} Devices */
/** @typedef {import('../i18n.js').Translate} Translate */

export class Before {
    #devices;
    #t;
    #name = byId('name', HTMLInputElement);
    #start = byId('start', HTMLButtonElement);
    #problem = byId('before-problem');
    #mic = byId('before-mic', HTMLButtonElement);
    #camera = byId('before-camera', HTMLButtonElement);
    #video = byId('preview-video', HTMLVideoElement);
    #off = byId('preview-off');

    /**
     * @param {Devices} devices
     * @param {Translate} t
     * @param {{signed: string, wished: string}} names what links say: signed ones are fixed
     * @param {(name: string) => void} start
     */
    constructor(devices, t, names, start) {
        this.#devices = devices;
        this.#t = t;
        this.#name.value = names.signed || names.wished;
        this.#name.readOnly = names.signed !== '';
        this.#mic.addEventListener('click', () => this.#toggle('microphone'));
        this.#camera.addEventListener('click', () => this.#toggle('camera'));
        devices.on('changed', () => this.#show());
        byId('entry', HTMLFormElement).addEventListener('submit', (event) => {
            event.preventDefault();
            const name = cleanName(this.#name.value);
            if (name) start(name);
            else this.#missing();
        });
        this.#show();
    }

    /** @param {boolean} joining the form waits for the server */
    joining(joining) {
        this.#start.disabled = joining;
        this.#start.textContent = this.#t(joining ? 'before.starting' : 'before.start');
        this.problem('');
    }

    focus() {
        (this.#name.readOnly ? this.#start : this.#name).focus();
    }

    /** @param {string} text */
    problem(text) {
        this.#problem.textContent = text;
        this.#name.removeAttribute('aria-invalid');
    }

    #missing() {
        this.problem(this.#t('before.nameMissing'));
        this.#name.setAttribute('aria-invalid', 'true');
        this.#name.focus();
    }

    /** @param {import('./devices.js').Device} device */
    #toggle(device) {
        this.problem('');
        this.#devices.toggle(device);
    }

    #show() {
        const mic = this.#devices.isOn('microphone');
        const camera = this.#devices.isOn('camera');
        this.#mic.replaceChildren(icon(mic ? 'mic' : 'mic-off'));
        this.#camera.replaceChildren(icon(camera ? 'camera' : 'camera-off'));
        label(this.#mic, this.#t(mic ? 'mic.off' : 'mic.on'));
        label(this.#camera, this.#t(camera ? 'camera.off' : 'camera.on'));
        flag(this.#mic, 'on', mic);
        flag(this.#camera, 'on', camera);
        const { picture } = this.#devices;
        this.#video.srcObject = picture ? new MediaStream([picture]) : null;
        this.#video.hidden = picture === null;
        this.#off.hidden = picture !== null;
    }
}
