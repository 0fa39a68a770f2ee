/** The panel that says how good each picture and sound is, and why it is not better. */

import { Meter } from '../lib/stats.js';
import { byId } from './dom.js';
import { troubleOf, Words } from './explain.js';
import { Person, setText } from './facts.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('../lib/participant.js').Participant} Participant */
/** @typedef {import('../lib/types.js').Quality} Quality */
/** @typedef {import('../lib/types.js').Received} Received */
/** @typedef {import('../lib/types.js').Source} Source */
/** @typedef {import('../lib/stats.js').Snapshot} Snapshot */
/** @typedef {import('../lib/stats.js').Outgoing} Outgoing */
/** @typedef {import('../i18n.js').Translate} Translate */
/** @typedef {import('../i18n.js').Key} Key */

/** The server answers once a second at most; twice as long is often enough to read. */
const EVERY_MS = 2000;
/** A new connection needs a moment before its failure means anything. */
const TROUBLE_AFTER_MS = 5000;

/** @typedef {import('./facts.js').Rows} Rows */

export class Info {
    #room;
    #t;
    #words;
    #meter = new Meter();
    #panel = byId('info-panel');
    #list = byId('info-list');
    #trouble = byId('info-trouble');
    /** @type {Map<string, Person>} */
    #people = new Map();
    /** @type {Quality} */
    #quality = { connected: false };
    #lost = '';
    #opened = 0;
    /** @type {any} */
    #timer = null;

    /**
     * @param {Room} room
     * @param {Translate} t
     * @param {string} lang
     */
    constructor(room, t, lang) {
        this.#room = room;
        this.#t = t;
        this.#words = new Words(t, lang);
        room.on('lost', ({ reason }) => (this.#lost = reason));
        room.on('state', ({ state }) => {
            if (state === 'connected') this.#lost = '';
        });
        room.on('participant', () => this.#open && this.#update());
    }

    stop() {
        clearTimeout(this.#timer);
        this.#list.replaceChildren();
        this.#people.clear();
    }

    /** The panel was opened: looks now and every two seconds until it is closed. */
    opened() {
        clearTimeout(this.#timer);
        this.#opened = performance.now();
        return this.#watch();
    }

    /**
     * The same, at one person.
     * @param {string} id
     */
    async openedAt(id) {
        await this.opened();
        this.#people.get(id)?.focus();
    }

    get #open() {
        return !this.#panel.hidden;
    }

    async #watch() {
        await this.#update();
        if (!this.#open || this.#room.state === 'closed') return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#watch(), EVERY_MS);
    }

    async #update() {
        const snapshot = await this.#meter.look(this.#room.connection);
        try {
            this.#quality = await this.#room.quality();
        } catch {
            // Too soon, or nobody to ask: what was said before has to do.
        }
        if (this.#open) this.#show(snapshot);
    }

    /** @param {Snapshot} snapshot */
    #show(snapshot) {
        const early = performance.now() - this.#opened < TROUBLE_AFTER_MS;
        const trouble = early && !this.#lost ? '' : troubleOf(snapshot.path, this.#lost);
        setText(this.#trouble, this.#words.why(trouble));
        this.#trouble.hidden = trouble === '';

        const { self, participants } = this.#room;
        const others = [...participants.values()].filter(({ client }) => client !== 'whep');
        for (const [id, person] of this.#people) {
            if (id === self.id || participants.has(id)) continue;
            person.element.remove();
            this.#people.delete(id);
        }
        this.#person(self).show(this.#t('call.you', { name: self.name }), this.#own(snapshot));
        for (const other of others) {
            this.#person(other).show(other.name, this.#others(other, snapshot));
        }
    }

    /** @param {Participant} participant */
    #person({ id }) {
        const person = this.#people.get(id) ?? new Person(this.#t, id);
        if (!this.#people.has(id)) this.#list.append(person.element);
        this.#people.set(id, person);
        return person;
    }

    /**
     * Our connection, and what we send.
     * @param {Snapshot} snapshot
     */
    #own({ outgoing, path }) {
        const { downlink = {}, uplink = {}, publishes = [] } = this.#quality;
        const words = this.#words;
        /** @type {Rows} */
        const line = [
            ['info.rtt', words.ms(path.rttMs ?? downlink.rtt_ms)],
            ['info.downlink', words.rate(downlink.estimate_bps)],
            ['info.wantedRate', words.rate(downlink.wanted_bps)],
            ['info.uplink', words.rate(path.outgoingBps)],
            ['info.lossIn', words.percent(downlink.loss)],
            ['info.lossOut', words.percent(uplink.loss)],
            ['info.protocol', (path.protocol ?? '').toUpperCase()],
        ];
        const tcp = path.connected && path.protocol !== undefined && path.protocol !== 'udp';
        const blocks = [
            {
                key: 'line',
                title: this.#t('info.line'),
                why: words.why(tcp ? 'tcp_only' : ''),
                rows: line,
            },
        ];
        for (const { source, kind, muted } of this.#room.publishing) {
            const said = publishes.find((one) => one.source === source);
            const mid = this.#room.midOf(source);
            const encodings = outgoing.filter((one) => one.mid === mid);
            const active = encodings.filter((one) => one.active);
            const why = muted ? words.why('muted') : words.ownWhy(encodings);
            const unwatched = kind === 'video' && active.length === 0;
            blocks.push({
                key: source,
                title: this.#t(`source.${source}`),
                why: why || (unwatched ? this.#t('info.unwatched') : ''),
                rows: [
                    ['info.layers', kind === 'video' ? this.#layers(encodings) : ''],
                    ['info.rate', words.rate(sum(active.map(({ bps }) => bps)))],
                    [
                        'info.loss',
                        words.percent(
                            Math.max(0, ...(said?.layers ?? []).map(({ loss }) => loss ?? 0)),
                        ),
                    ],
                    ['info.codec', encodings[0]?.codec ?? said?.codec ?? ''],
                ],
            });
        }
        return blocks;
    }

    /** @param {Outgoing[]} encodings */
    #layers(encodings) {
        const active = encodings.filter((one) => one.active && one.bps > 0);
        return active
            .map((one) => `${this.#words.size(one, one.fps)}, ${this.#words.rate(one.bps)}`)
            .join(' · ');
    }

    /**
     * What reaches us of somebody.
     * @param {Participant} participant
     * @param {Snapshot} snapshot
     */
    #others(participant, { incoming }) {
        const { receives = [] } = this.#quality;
        const blocks = [];
        for (const [source, { seat }] of participant.media) {
            const said = receives.find(
                (one) => one.mid === seat.mid && one.participant === participant.id,
            );
            const here = incoming.get(seat.mid);
            blocks.push({
                key: source,
                title: this.#t(`source.${source}`),
                why: this.#why(participant, source, said, seat.why ?? ''),
                rows: this.#received(source, said, here),
            });
        }
        return blocks;
    }

    /**
     * @param {Participant} participant
     * @param {Source} source
     * @param {Received | undefined} said
     * @param {string} why as the seat has it
     */
    #why(participant, source, said, why) {
        const { downlink = {} } = this.#quality;
        const reason = participant.muted(source) ? 'muted' : (said?.why ?? why);
        return this.#words.why(reason, {
            estimate: downlink.estimate_bps,
            wanted: downlink.wanted_bps,
        });
    }

    /**
     * @param {Source} source
     * @param {Received | undefined} said
     * @param {import('../lib/stats.js').Incoming | undefined} here
     * @returns {Rows}
     */
    #received(source, said, here) {
        const words = this.#words;
        const picture = source === 'camera' || source === 'screen';
        return [
            ['info.wanted', picture ? this.#layer(said?.wanted) : ''],
            ['info.given', picture ? this.#layer(said?.given) : ''],
            ['info.shown', picture ? words.size(here, here?.fps) : ''],
            ['info.rate', words.rate(here?.bps ?? said?.bps)],
            ['info.loss', words.percent(said?.loss ?? here?.loss)],
            ['info.jitter', words.ms(here?.jitterMs ?? said?.jitter_ms)],
            ['info.rtt', words.ms(said?.rtt_ms || undefined)],
            ['info.codec', here?.codec ?? said?.codec ?? ''],
        ];
    }

    /** @param {import('../lib/types.js').Layer | null | undefined} layer */
    #layer(layer) {
        if (!layer) return '';
        const size = this.#words.size(layer) || this.#t('info.best');
        return layer.rid ? this.#t('info.layer', { size, layer: layer.rid }) : size;
    }
}

/** @param {number[]} numbers */
function sum(numbers) {
    return numbers.reduce((a, b) => a + b, 0);
}
