/** One tile: a picture or a disc with an initial, the name, and marks. */

import { label } from '../i18n.js';
import { avatar, flag, icon, initial, make } from './dom.js';
import { isReason } from './explain.js';

/** @typedef {import('../lib/participant.js').Participant} Participant */
/** @typedef {import('../lib/types.js').Source} Source */
/** @typedef {import('../i18n.js').Translate} Translate */

/** Reasons that are a matter of quality: muted and paused pictures are as they were meant. */
const LIMITS = new Set([
    'bandwidth_limited',
    'source_limited',
    'cpu_limited',
    'codec_unsupported',
]);

export class Tile {
    element = make('figure', 'tile');
    video = make('video');
    #avatar;
    #name = make('span', 'who');
    #marks = make('span', 'marks');
    #info = make('button', 'about');
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
        this.#info.type = 'button';
        this.#info.append(icon('info'));
        this.#info.addEventListener('click', () => {
            this.element.dispatchEvent(
                new CustomEvent('inform', { bubbles: true, detail: this.participant.id }),
            );
        });
        this.element.append(this.#avatar, this.video, caption, this.#info);
        this.update();
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

    /** @param {boolean} speaking */
    speaking(speaking) {
        flag(this.element, 'speaking', speaking);
    }

    /** Name and marks anew. */
    update() {
        const { name, away, hand } = this.participant;
        this.#avatar.textContent = this.source === 'screen' ? '' : initial(name);
        this.#avatar.hidden = this.source === 'screen';
        this.#name.textContent = this.#label();
        label(this.#info, this.#t('info.of', { name: this.#label() }));
        const muted = this.source === 'camera' && this.participant.muted('microphone');
        const marks = [];
        if (hand && this.source === 'camera') marks.push(this.#mark('hand', 'people.hand'));
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
