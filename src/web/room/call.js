/** The call on the page: everything that lives as long as one stay in the room. */

import { Chat } from './chat.js';
import { Controls } from './controls.js';
import { byId } from './dom.js';
import { Health } from './health.js';
import { Info } from './info.js';
import { InvitePanel } from './inviting.js';
import { Keys } from './keys.js';
import { Knocks } from './knocks.js';
import { Live } from './live.js';
import { Menu } from './menu.js';
import { Moderation } from './moderation.js';
import { Panels } from './panels.js';
import { People } from './people.js';
import { Pip } from './pip.js';
import { Reacting } from './reacting.js';
import { Sharing } from './sharing.js';
import { Sound } from './sound.js';
import { Stage } from './stage.js';
import { Status } from './status.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('./devices.js').Devices} Devices */
/** @typedef {import('../i18n.js').Key} Key */
/** @typedef {import('../i18n.js').Translate} Translate */

export class Call {
    #devices;
    #t;
    #controls;
    #status;
    #stage;
    #sound;
    #people;
    #chat;
    #info;
    #panels;
    #sharing;
    #invite;
    #knocks;
    #moderation;
    #live;
    #reacting;
    #pip;
    #menu;
    #keys;
    #health;
    #title = document.title;
    #unread = 0;
    #listening = new AbortController();

    /**
     * @param {Room} room
     * @param {{devices: Devices, choices: import('./choices.js').Choices,
     *     settings: import('./settings.js').Settings}} own what is this person's
     * @param {{t: Translate, lang: string, has: (key: string) => key is Key}} language
     */
    constructor(room, { devices, choices, settings }, { t, lang, has }) {
        this.#devices = devices;
        this.#t = t;
        const { signal } = this.#listening;
        const controls = new Controls(t);
        this.#controls = controls;
        this.#status = new Status(t);
        const stage = new Stage(room, t, choices);
        this.#stage = stage;
        this.#sound = new Sound(room, choices);
        const live = new Live(room, t);
        this.#live = live;
        this.#reacting = new Reacting(room, stage, t, {
            say: (text) => live.say(text),
            changed: () => controls.react.set('hand', 'bar.react', room.self.hand),
        });
        this.#pip = new Pip(room, () => stage.mainVideo);
        const moderation = new Moderation(room, devices, this.#status, t);
        this.#moderation = moderation;
        this.#people = new People(
            room,
            t,
            (count) => controls.people.count(count),
            (participant) => moderation.tools(participant),
        );
        this.#knocks = new Knocks(room, t, () => this.#status.notice('host.failed'));
        this.#chat = new Chat(room, t, lang, () => this.#unreadMessage());
        this.#info = new Info(room, t, lang);
        this.#sharing = new Sharing(devices);
        this.#invite = new InvitePanel(room, { t, has }, () => {
            this.#panels.open(this.#invite.panel);
            this.#invite.opened();
        });
        this.#panels = this.#makePanels();
        this.#menu = new Menu(choices, t, {
            settings: () => settings.open(),
            help: () => this.#keys.showHelp(),
            info: () => this.#panels.toggle(byId('info-panel')),
            pip: () => this.#smallWindow(),
        });
        this.#keys = new Keys(choices, this.#actions(), t);
        this.#health = new Health(room, (trouble) => {
            if (trouble === '') this.#status.trouble('');
            else if (trouble === 'offline') this.#status.trouble(t('state.offline'));
            else this.#status.trouble(t(`why.${trouble}`));
        });
        this.#chatRead();

        byId('room-title').textContent = room.title || 'salon';
        room.on('state', ({ state }) => this.#status.state(state));
        devices.on('changed', () => this.#show(), { signal });
        devices.on('problem', (key) => this.#status.notice(key), { signal });
        controls.mic.button.addEventListener('click', () => devices.toggle('microphone'), {
            signal,
        });
        controls.camera.button.addEventListener('click', () => devices.toggle('camera'), {
            signal,
        });
        controls.share.button.addEventListener('click', () => devices.toggleScreen(), {
            signal,
        });
        controls.leave.button.addEventListener('click', () => room.leave(), { signal });
        byId('stage').addEventListener('inform', (event) => this.#inform(event), { signal });
        byId('copy').addEventListener('click', () => this.#copy(), { signal });
        this.#show();
    }

    stop() {
        this.#listening.abort();
        for (const part of [this.#knocks, this.#moderation, this.#health, this.#keys])
            part.stop();
        for (const part of [this.#menu, this.#pip, this.#reacting, this.#live]) part.stop();
        document.title = this.#title;
        const parts = [this.#panels, this.#chat, this.#people, this.#info, this.#sharing];
        for (const part of [...parts, this.#invite, this.#sound, this.#stage]) part.stop();
        this.#status.stop();
    }

    #makePanels() {
        const peoplePanel = byId('people-panel');
        const infoPanel = byId('info-panel');
        /** @param {HTMLElement} panel */
        const focusIn = (panel) => {
            /** @type {HTMLElement | null} */ (panel.querySelector('[data-close]'))?.focus();
        };
        return new Panels([
            {
                panel: peoplePanel,
                button: this.#controls.people.button,
                opened: () => focusIn(peoplePanel),
            },
            {
                panel: infoPanel,
                button: byId('info', HTMLButtonElement),
                opened: () => {
                    focusIn(infoPanel);
                    this.#info.opened();
                },
            },
            { panel: this.#invite.panel, opened: () => {} },
            {
                panel: byId('chat-panel'),
                button: this.#controls.chat.button,
                opened: () => this.#chatRead(),
            },
        ]);
    }

    /** Shows whom to invite. */
    invite() {
        this.#invite.ask();
    }

    /** What single keys do. */
    #actions() {
        const devices = this.#devices;
        let opened = false; // by the key that is held
        return {
            mic: () => devices.toggle('microphone'),
            camera: () => devices.toggle('camera'),
            share: () => {
                if (!this.#controls.share.button.hidden) devices.toggleScreen();
            },
            hand: () => this.#reacting.toggleHand(),
            people: () => this.#panels.toggle(byId('people-panel')),
            chat: () => this.#panels.toggle(byId('chat-panel')),
            layout: () => this.#menu.nextLayout(),
            full: () => this.#menu.toggleFull(),
            before: () => this.#stage.turn(-1),
            after: () => this.#stage.turn(1),
            talk: (/** @type {boolean} */ down) => {
                if (down ? devices.isOn('microphone') : !opened) return;
                opened = down;
                devices.set('microphone', down); // a short press must not leave it open
            },
        };
    }

    async #smallWindow() {
        if (!(await this.#pip.toggle())) this.#status.notice('call.noPip');
    }

    /** @param {Event} event of a tile: what about this one? */
    #inform(event) {
        this.#panels.open(byId('info-panel'));
        this.#info.openedAt(/** @type {CustomEvent<string>} */ (event).detail);
    }

    #show() {
        this.#controls.show(this.#devices);
        this.#sharing.show();
        this.#stage.showOwn(this.#devices.picture);
    }

    #unreadMessage() {
        if (!byId('chat-panel').hidden) return;
        this.#unread++;
        this.#controls.chat.count(this.#unread, true);
        document.title = `(${this.#unread}) ${this.#title}`;
    }

    #chatRead() {
        this.#unread = 0;
        this.#controls.chat.count(0);
        document.title = this.#title;
        if (!byId('chat-panel').hidden) this.#chat.focus();
    }

    async #copy() {
        const words = byId('copy').querySelector('span');
        try {
            await navigator.clipboard.writeText(this.#invite.link);
            if (words) words.textContent = this.#t('call.copied');
        } catch {
            // No clipboard without permission: the address bar has the link.
        }
    }
}
