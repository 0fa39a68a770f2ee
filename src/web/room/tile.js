/** One tile: a picture or a disc with an initial, the name, marks, and buttons. */

import { label } from '../i18n.js';
import { avatar, flag, icon, initial, make } from './dom.js';
import { isReason } from './explain.js';

/** @typedef {import('../lib/participant.js').Participant} Participant */
/** @typedef {import('../lib/types.js').Source} Source */
/** @typedef {import('./layout.js').Box} Box */
/** @typedef {import('../i18n.js').Translate} Translate */

/** Reasons that are a matter of quality: muted and paused pictures are as they were meant. */
const LIMITS = new Set([
    'bandwidth_limited',
    'server_limited',
    'source_limited',
    'cpu_limited',
    'codec_unsupported',
]);

export class Tile {
    element = make('figure', 'tile');
    video = make('video');
    pinned = false;
    #avatar;
    #name = make('span', 'who');
    #marks = make('span', 'marks');
    #info;
    #pin;
    #shows = false;
    #t;

    /**
     * @param {Participant} participant
     * @param {Source} source camera or screen
     * @param {Translate} t
     * @param {{own?: boolean}} [options]
     */
    constructor(participant, source, t, { own = false } = {}) {
        this.participant = participant;
        this.source = source;
        this.own = own;
        this.#t = t;
        this.#avatar = avatar(participant.id);
        this.element.dataset.participant = participant.id;
        this.element.dataset.source = source;
        this.element.classList.toggle('screen', source === 'screen');
        this.video.autoplay = true;
        this.video.playsInline = true;
        this.video.muted = true; // sound has elements of its own
        this.video.classList.toggle('mirrored', own && source === 'camera');
        for (const type of ['loadeddata', 'resize', 'emptied']) {
            this.video.addEventListener(type, () => this.#reveal());
        }
        const caption = make('figcaption');
        this.#name.dir = 'auto';
        caption.append(this.#marks, this.#name);
        this.#info = this.#button('about', 'info', 'inform');
        this.#pin = this.#button('pin', 'pin', 'pin');
        const tools = make('span', 'tile-tools');
        tools.append(this.#pin, this.#info);
        this.element.append(this.#avatar, this.video, caption, tools);
        this.element.addEventListener('dblclick', () => this.#tell('pin'));
        this.update();
    }

    /** "participant source", as no other tile has it. */
    get key() {
        return `${this.participant.id} ${this.source}`;
    }

    /**
     * @param {MediaStream | null} stream
     * @param {boolean} shows there is a picture in it: not while the camera is muted
     */
    show(stream, shows) {
        if (this.video.srcObject !== stream) {
            this.video.srcObject = stream;
            if (stream) this.video.play().catch(() => {}); // autoplay tries again
        }
        this.#shows = shows && stream !== null;
        this.#reveal();
    }

    /** @param {Box} box where it stands; moved without a new place in the document */
    place({ x, y, width, height }) {
        const { style } = this.element;
        style.transform = `translate(${x}px, ${y}px)`;
        style.width = `${width}px`;
        style.height = `${height}px`;
        style.setProperty('--tile-height', `${height}px`);
        flag(this.element, 'small', height < 130);
    }

    /** @param {boolean} speaking */
    speaking(speaking) {
        flag(this.element, 'speaking', speaking);
    }

    /** @param {boolean} pinned kept large */
    pin(pinned) {
        this.pinned = pinned;
        flag(this.element, 'pinned', pinned);
        this.update();
    }

    /** Name and marks anew. */
    update() {
        const { name, away, hand } = this.participant;
        this.#avatar.textContent = this.source === 'screen' ? '' : initial(name);
        this.#avatar.hidden = this.source === 'screen';
        const title = this.#label();
        this.#name.textContent = title;
        label(this.#info, this.#t('info.of', { name: title }));
        label(this.#pin, this.#t(this.pinned ? 'call.unpin' : 'call.pin', { name: title }));
        const muted = this.source === 'camera' && this.participant.muted('microphone');
        const marks = [];
        if (this.pinned) marks.push(this.#mark('pin', 'call.pinned'));
        if (hand && this.source === 'camera')
            marks.push(this.#mark('hand', 'people.hand', 'hand'));
        if (muted) marks.push(this.#mark('mic-off', 'call.muted', 'muted'));
        const limited = this.#limited();
        if (limited) marks.push(limited);
        this.#marks.replaceChildren(...marks);
        this.#marks.hidden = marks.length === 0;
        flag(this.element, 'muted', muted);
        flag(this.element, 'away', away);
    }

    remove() {
        this.video.srcObject = null;
        this.element.remove();
    }

    /** A mark if the picture could be better, with the reason. */
    #limited() {
        const why = this.participant.media.get(this.source)?.seat.why ?? '';
        if (!LIMITS.has(why) || !isReason(why)) return null;
        const mark = this.#mark('weak', `why.${why}`, 'limited');
        mark.title = mark.ariaLabel ?? '';
        return mark;
    }

    #label() {
        const { name } = this.participant;
        if (this.source === 'screen') return this.#t('call.screenOf', { name });
        return this.own ? this.#t('call.you', { name }) : name;
    }

    /**
     * @param {string} className
     * @param {string} symbol
     * @param {string} event that the stage hears
     */
    #button(className, symbol, event) {
        const button = make('button', `tile-tool ${className}`);
        button.type = 'button';
        button.append(icon(symbol));
        button.addEventListener('click', () => this.#tell(event));
        button.addEventListener('dblclick', (twice) => twice.stopPropagation());
        return button;
    }

    /** @param {string} event */
    #tell(event) {
        const detail = event === 'inform' ? this.participant.id : this.key;
        this.element.dispatchEvent(new CustomEvent(event, { bubbles: true, detail }));
    }

    /**
     * @param {string} symbol
     * @param {import('../i18n.js').Key} says
     * @param {string} [className]
     */
    #mark(symbol, says, className) {
        const mark = make('span', className);
        mark.role = 'img';
        mark.ariaLabel = this.#t(says);
        mark.append(icon(symbol));
        return mark;
    }

    /** A slot's video keeps its last picture when its sender stops: only we know to hide it. */
    #reveal() {
        flag(this.element, 'live', this.#shows && this.video.videoWidth > 0);
    }
}
