/** What a host may do: mute, remove and lock; and what everybody sees of it. */

import { label } from '../i18n.js';
import { byId, icon, make } from './dom.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('../lib/participant.js').Participant} Participant */
/** @typedef {import('../lib/types.js').Source} Source */
/** @typedef {import('../i18n.js').Translate} Translate */
/** @typedef {import('../i18n.js').Key} Key */

/** @type {Record<string, {symbol: string, says: Key, told: Key}>} what a host may mute */
const MUTES = {
    microphone: { symbol: 'mic', says: 'host.mute', told: 'host.muted' },
    camera: { symbol: 'camera', says: 'host.stopCamera', told: 'host.stoppedCamera' },
    screen: { symbol: 'screen', says: 'host.stopScreen', told: 'host.stoppedScreen' },
};

export class Moderation {
    #room;
    #devices;
    #status;
    #t;
    #lock = byId('lock', HTMLButtonElement);
    #dialog = byId('remove-dialog', HTMLDialogElement);
    /** @type {Participant | null} whom the dialog is about */
    #whom = null;
    #listening = new AbortController();

    /**
     * @param {Room} room
     * @param {import('./devices.js').Devices} devices
     * @param {import('./status.js').Status} status
     * @param {Translate} t
     */
    constructor(room, devices, status, t) {
        this.#room = room;
        this.#devices = devices;
        this.#status = status;
        this.#t = t;
        const { signal } = this.#listening;
        room.door.on('room', () => this.#show(), { signal });
        room.door.on('muted', ({ source, by }) => this.#muted(source, by?.name), { signal });
        this.#lock.addEventListener(
            'click',
            () => this.#try(room.door.lock(!room.door.locked)),
            {
                signal,
            },
        );
        byId('mute-all').addEventListener('click', () => this.#try(room.door.muteEveryone()), {
            signal,
        });
        byId('remove-yes').addEventListener('click', () => this.#remove(), { signal });
        byId('remove-no').addEventListener('click', () => this.#dialog.close(), { signal });
        this.#show();
    }

    stop() {
        this.#listening.abort();
        this.#dialog.close();
        byId('host-bar').hidden = true;
        byId('locked').hidden = true;
    }

    /**
     * The host's buttons beside somebody's name.
     * @param {Participant} participant
     * @returns {HTMLElement[]}
     */
    tools(participant) {
        if (!this.#hosts || participant === this.#room.self) return [];
        const { id } = participant;
        const mutes = Object.entries(MUTES)
            .filter(([source]) => !participant.muted(/** @type {Source} */ (source)))
            .map(([source, { symbol, says }]) =>
                this.#tool(participant, symbol, says, source, () => this.#mute(id, source)),
            );
        const remove = this.#tool(participant, 'remove', 'host.remove', 'remove', () =>
            this.#ask(participant),
        );
        return [...mutes, remove];
    }

    get #hosts() {
        return this.#room.self.role === 'host';
    }

    /**
     * @param {Participant} participant
     * @param {string} symbol
     * @param {Key} says
     * @param {string} key tells it from the others when the list is made anew
     * @param {() => void} act
     */
    #tool({ id, name }, symbol, says, key, act) {
        const button = make('button', 'plain tool');
        button.type = 'button';
        button.dataset.key = `${id} ${key}`;
        button.append(icon(symbol));
        label(button, this.#t(says, { name }));
        button.addEventListener('click', act);
        return button;
    }

    #show() {
        const { locked } = this.#room.door;
        byId('locked').hidden = !locked;
        byId('host-bar').hidden = !this.#hosts;
        this.#lock.replaceChildren(
            icon(locked ? 'unlock' : 'lock'),
            make('span', '', this.#t(locked ? 'host.unlock' : 'host.lock')),
        );
    }

    /**
     * @param {string} id
     * @param {string} source
     */
    #mute(id, source) {
        const { door } = this.#room;
        this.#try(door.mute(id, /** @type {Source} */ (source)));
        if (source !== 'screen') return;
        door.mute(id, 'screen_audio').catch(() => {}); // it may have none
    }

    /** @param {Participant} participant */
    #ask(participant) {
        this.#whom = participant;
        byId('remove-title').textContent = this.#t('host.removeAsk', {
            name: participant.name,
        });
        this.#dialog.showModal();
    }

    #remove() {
        this.#dialog.close();
        if (this.#whom) this.#try(this.#room.door.remove(this.#whom.id));
    }

    /**
     * A host has muted us.
     * @param {Source} source
     * @param {string} name "" for one we do not know
     */
    #muted(source, name = '') {
        const { sharing } = this.#devices;
        const was =
            source === 'microphone' || source === 'camera'
                ? this.#devices.isOn(source)
                : sharing;
        this.#devices.silence(source);
        if (was && MUTES[source])
            this.#status.notice(MUTES[source].told, { name: name || this.#t('host.somebody') });
    }

    /** @param {Promise<void>} doing */
    #try(doing) {
        doing.catch((error) => {
            if (!['unknown_participant', 'unknown_source'].includes(error.reason))
                this.#status.notice('host.failed');
        });
    }
}
