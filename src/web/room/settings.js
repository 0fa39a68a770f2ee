/** The dialog of devices and settings: the same one before the call and in it. */

import { byId, make } from './dom.js';
import { LevelMeter } from './meter.js';
import { canChoose, playNotes } from './speaker.js';

/** @typedef {import('./devices.js').Devices} Devices */
/** @typedef {import('./choices.js').Choices} Choices */
/** @typedef {import('../i18n.js').Translate} Translate */
/** @typedef {import('../i18n.js').Key} Key */

/** @type {{kind: MediaDeviceKind, key: 'microphone' | 'camera' | 'speaker', nth: Key}[]} */
const PICKERS = [
    { kind: 'audioinput', key: 'microphone', nth: 'settings.nthMicrophone' },
    { kind: 'videoinput', key: 'camera', nth: 'settings.nthCamera' },
    { kind: 'audiooutput', key: 'speaker', nth: 'settings.nthSpeaker' },
];

/** @type {readonly ('noise' | 'gain' | 'keys')[]} */
const SWITCHES = ['noise', 'gain', 'keys'];

export class Settings {
    #devices;
    #choices;
    #t;
    #dialog = byId('settings', HTMLDialogElement);
    #test = byId('speaker-test', HTMLButtonElement);
    #meter = new LevelMeter(byId('settings-level', HTMLMeterElement));

    /**
     * @param {Devices} devices
     * @param {Choices} choices
     * @param {Translate} t
     */
    constructor(devices, choices, t) {
        this.#devices = devices;
        this.#choices = choices;
        this.#t = t;
        for (const { key } of PICKERS) {
            const picker = byId(`pick-${key}`, HTMLSelectElement);
            picker.addEventListener('change', () => choices.set(key, picker.value));
        }
        for (const key of SWITCHES) {
            const box = byId(`set-${key}`, HTMLInputElement);
            box.checked = choices.get(key);
            box.addEventListener('change', () => choices.set(key, box.checked));
        }
        byId('speaker-row').hidden = !canChoose;
        this.#test.addEventListener('click', () => this.#tryOut());
        this.#dialog.addEventListener('close', () => this.#meter.stop());
        devices.on('changed', () => this.#look());
        navigator.mediaDevices?.addEventListener('devicechange', () => this.#look());
    }

    open() {
        if (this.#dialog.open) return;
        this.#dialog.showModal();
        this.#look();
    }

    close() {
        this.#dialog.close();
    }

    async #look() {
        if (!this.#dialog.open) return;
        this.#meter.watch(this.#devices.sound);
        byId('settings-silent').hidden = this.#devices.sound !== null;
        const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
        for (const { kind, key, nth } of PICKERS) {
            // Without permission a browser tells that there are some, and not which.
            const known = all.filter((one) => one.kind === kind && one.deviceId);
            const named = known.filter(({ deviceId }) => deviceId !== 'default');
            this.#fill(byId(`pick-${key}`, HTMLSelectElement), key, named, nth);
        }
    }

    /**
     * @param {HTMLSelectElement} picker
     * @param {'microphone' | 'camera' | 'speaker'} key
     * @param {MediaDeviceInfo[]} known
     * @param {Key} nth
     */
    #fill(picker, key, known, nth) {
        const usual = make('option', '', this.#t('settings.usual'));
        usual.value = '';
        const options = known.map(({ deviceId, label }, at) => {
            const option = make('option', '', label || this.#t(nth, { n: at + 1 }));
            option.value = deviceId;
            return option;
        });
        picker.replaceChildren(usual, ...options);
        const chosen = this.#choices.get(key);
        picker.value = known.some(({ deviceId }) => deviceId === chosen) ? chosen : '';
    }

    async #tryOut() {
        const said = byId('speaker-said');
        this.#test.disabled = true;
        said.textContent = this.#t('settings.playing');
        try {
            await playNotes(this.#choices.get('speaker'));
            said.textContent = this.#t('settings.heard');
        } catch {
            said.textContent = this.#t('settings.silent');
        } finally {
            this.#test.disabled = false;
        }
    }
}
