/** Before the call: a name, a preview, and what will be on. */

import { label } from '../i18n.js';
import { byId, flag, icon } from './dom.js';
import { cleanName } from './link.js';
import { LevelMeter } from './meter.js';

/** @typedef {import('./devices.js').Devices} Devices */
/** @typedef {import('../i18n.js').Translate} Translate */

const ASKING_MS = 1200; // a browser that remembers answers sooner

export class Before {
    #devices;
    #choices;
    #t;
    #name = byId('name', HTMLInputElement);
    #start = byId('start', HTMLButtonElement);
    #problem = byId('before-problem');
    #mic = byId('before-mic', HTMLButtonElement);
    #camera = byId('before-camera', HTMLButtonElement);
    #video = byId('preview-video', HTMLVideoElement);
    #off = byId('preview-off');
    #remember = byId('remember', HTMLInputElement);
    #level = byId('before-level', HTMLMeterElement);
    #meter = new LevelMeter(this.#level);

    /**
     * @param {Devices} devices
     * @param {import('./choices.js').Choices} choices
     * @param {Translate} t
     * @param {{signed: string, wished: string}} names what links say: signed ones are fixed
     * @param {(name: string) => void} start
     */
    constructor(devices, choices, t, names, start) {
        this.#devices = devices;
        this.#choices = choices;
        this.#t = t;
        this.#name.value = names.signed || names.wished || cleanName(choices.get('name'));
        this.#name.readOnly = names.signed !== '';
        this.#remember.checked = choices.get('name') !== '';
        byId('remember-row').hidden = this.#name.readOnly;
        this.#remember.addEventListener('change', () => this.#keepName());
        this.#mic.addEventListener('click', () => this.#toggle('microphone'));
        this.#camera.addEventListener('click', () => this.#toggle('camera'));
        devices.on('changed', () => this.#show());
        byId('entry', HTMLFormElement).addEventListener('submit', (event) => {
            event.preventDefault();
            const name = cleanName(this.#name.value);
            this.#keepName();
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

    /** The call has begun, or there will be none: nothing listens here any more. */
    stop() {
        this.#meter.stop();
    }

    /** Only if it was ticked, and forgotten as soon as it is not. */
    #keepName() {
        if (this.#name.readOnly) return;
        this.#choices.set('name', this.#remember.checked ? cleanName(this.#name.value) : '');
    }

    /** @param {import('./devices.js').Device} device */
    async #toggle(device) {
        this.problem('');
        // The browser asks in a corner of its own, where it is easily overlooked.
        const asking = setTimeout(() => {
            this.problem(this.#t('before.asking'));
        }, ASKING_MS);
        let failed = false;
        const stop = this.#devices.on('problem', () => (failed = true));
        await this.#devices.toggle(device);
        stop();
        clearTimeout(asking);
        if (!failed) this.problem('');
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
        const { sound } = this.#devices;
        this.#level.hidden = sound === null;
        if (byId('before').hidden) this.#meter.stop();
        else this.#meter.watch(sound);
        const { picture } = this.#devices;
        this.#video.srcObject = picture ? new MediaStream([picture]) : null;
        this.#video.hidden = picture === null;
        this.#off.hidden = picture !== null;
    }
}
