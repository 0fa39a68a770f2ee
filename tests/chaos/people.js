/** Real browsers in rooms: whether each is in its call and sees the others, and what it was told. */
import { Browser } from '../e2e/lib/browser.js';
import { Person } from '../e2e/lib/person.js';

const NAMES = ['Ada', 'Blaise', 'Carla', 'Denis', 'Emmy', 'Felix', 'Grace', 'Henri'];
const ROOM = 2; // people
const SAY_MS = 5000;
const CALL_MS = 3000;
const STEADY_MS = 1500;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What `promise` gives; fails if that takes too long: Firefox never answers for the statistics of a connection that is closed meanwhile. */
function within(ms, promise) {
    let timer;
    const late = new Promise((_, reject) => { timer = setTimeout(reject, ms, new Error(`no answer of the page within ${ms} ms`)); });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** How a page is: in its call or not, how many pictures of each other one it has decoded, and how often it lost what; in the page. */
async function look() {
    const room = window.salonRoom;
    if (!room) return { state: 'no room', frames: {} };
    if (window.chaosRoom !== room) { // it may begin anew after a long time away
        window.chaosRoom = room;
        window.heard ??= [];
        window.felt ??= { reconnecting: 0, 'media-lost': 0 };
        room.on('chat', ({ text }) => window.heard.push(text));
        room.on('state', ({ state }) => { if (state in window.felt) window.felt[state]++; });
    }
    const frames = {};
    const stats = room.connection ? [...(await room.connection.getStats()).values()] : [];
    for (const other of room.participants.values()) {
        const track = other.media.get('camera')?.track;
        const seen = track && stats.find((s) => s.type === 'inbound-rtp' && s.trackIdentifier === track.id);
        frames[other.name] = seen?.framesDecoded ?? 0;
    }
    return { state: room.state, connection: room.connection?.connectionState, frames, felt: window.felt };
}

/** Says something; whether that was acknowledged; in the page. */
async function say(text, ms) {
    const late = new Promise((resolve) => setTimeout(resolve, ms, false));
    return Promise.race([window.salonRoom.chat(text).then(() => true, () => false), late]);
}

class Member {
    said = 0;

    constructor(person, room) {
        Object.assign(this, { person, room, name: person.name, page: person.page, last: {} });
    }

    look() {
        return within(CALL_MS, this.page.call(look)).catch((error) => ({ state: error.message, frames: {} }));
    }

    others(all) {
        return all.filter((m) => m.room === this.room && m !== this);
    }

    /**
     * Waits until it is in its call and each of the others' pictures goes on; the time of that, or null if it is not so
     * until `end`. Pictures that go on are two more than at an earlier look at the same connection.
     */
    async #moves(all, end) {
        let before = null;
        while (Date.now() < end) {
            const now = this.last = await this.look();
            const here = now.state === 'connected' && now.connection === 'connected';
            const moves = ({ name }) => before?.frames[name] > 0 && now.frames[name] >= before.frames[name] + 2;
            if (here && before && this.others(all).every(moves)) return Date.now();
            // Fewer than before: another connection, which counts anew.
            const anew = !before || Object.keys(now.frames).some((n) => now.frames[n] < (before.frames[n] ?? 0) || !(before.frames[n] > 0));
            if (!here) before = null;
            else if (anew) before = now;
            await sleep(150);
        }
        return null;
    }

    /** The time from which on they go on, and not only those that were on their way when something broke; null if not until `end`. */
    async back(all, end) {
        for (;;) {
            const at = await this.#moves(all, end);
            if (at === null) return null;
            await sleep(STEADY_MS);
            if (await this.#moves(all, Date.now() + STEADY_MS)) return at;
        }
    }

    /** How it was when it was last looked at, for the report of what is wrong. */
    describe() {
        const { state, connection, frames } = this.last;
        return `${state}, media ${connection}, pictures ${JSON.stringify(frames)}`;
    }
}

export class People {
    members = [];
    /** Of each room what was acknowledged to who said it. */
    acknowledged = new Map();
    unanswered = 0;
    #browsers = [];
    #stopped = false;

    constructor(dice) {
        this.dice = dice;
    }

    /** So many, two a room; one in each room after the first two browsers is Firefox's. */
    async come(count, makeRoom) {
        if (count === 0) return;
        const kinds = { chromium: await Browser.start('chromium'), firefox: count > 1 ? await Browser.start('firefox') : null };
        this.#browsers = Object.values(kinds).filter(Boolean);
        let link = null;
        for (let i = 0; i < count; i++) {
            if (i % ROOM === 0) link = await makeRoom(`call ${i / ROOM}`);
            // Firefox costs more: one person of it, the others are Chromium's.
            const browser = i === 1 ? kinds.firefox : kinds.chromium;
            const person = await Person.join(browser, link, NAMES[i % NAMES.length] + (i < NAMES.length ? '' : i));
            this.members.push(new Member(person, link));
            if (!this.acknowledged.has(link)) this.acknowledged.set(link, []);
        }
        const end = Date.now() + 60000;
        for (const m of this.members)
            if (!await m.back(this.members, end)) throw new Error(`${m.name} never saw the others, before anything broke`);
    }

    /** Somebody says something now and then, until stop(). */
    async talk() {
        while (!this.#stopped && this.members.length) {
            const m = this.dice.one(this.members);
            const text = `${m.name} ${++m.said}`;
            const heard = await within(SAY_MS + CALL_MS, m.page.call(say, text, SAY_MS)).catch(() => false);
            if (heard) this.acknowledged.get(m.room).push(text);
            else this.unanswered++;
            await sleep(this.dice.between(300, 1200));
        }
    }

    stop() {
        this.#stopped = true;
    }

    /** Everybody's time back since `from`: [{name, kind, ms, last}]; ms null who was not back within `limit`. */
    async back(from, limit) {
        return Promise.all(this.members.map(async (m) => {
            const at = await m.back(this.members, from + limit);
            return { name: m.name, kind: m.page.browser.kind, ms: at && at - from, last: m.describe() };
        }));
    }

    /** How often somebody lost the signalling, and how often media, until the last look at each: [signalling, media]. */
    felt() {
        const sum = (what) => this.members.reduce((n, { last }) => n + (last.felt?.[what] ?? 0), 0);
        return [sum('reconnecting'), sum('media-lost')];
    }

    /** Who has not heard what was acknowledged to another, once there was time for it; as sentences. */
    async check() {
        const found = [];
        const promised = new Map([...this.acknowledged].map(([room, texts]) => [room, [...texts]]));
        for (const m of this.members) {
            let missing = [];
            for (let tries = 0; tries < 100; tries++) {
                const heard = new Set(await within(CALL_MS, m.page.call(() => window.heard ?? [])).catch(() => []));
                missing = promised.get(m.room).filter((text) => !heard.has(text));
                if (!missing.length) break;
                await sleep(100);
            }
            for (const text of missing) found.push(`${m.name} has not heard "${text}"`);
        }
        return found;
    }

    /** Who does not come back by itself comes again, so that what follows can be judged. */
    async reload(name) {
        const m = this.members.find((other) => other.name === name);
        await m.page.reload();
        await m.person.start();
        await m.page.call((room) => { window.heard = room; }, this.acknowledged.get(m.room));
    }

    async leave() {
        for (const browser of this.#browsers) await browser.stop().catch(() => {});
    }
}
