/** Somebody in a room, through the page as a person uses it. */
import { PATIENCE } from './patience.js';

/** Everything about what `name` sends that reaches this page; runs in the page. */
async function inbound(name, source) {
    const room = window.salonRoom;
    const other = room && [...room.participants.values()].find((p) => p.name === name);
    const seated = other?.media.get(source);
    if (!seated || !room.connection) return null;
    for (const s of (await room.connection.getStats()).values()) {
        if (s.type !== 'inbound-rtp' || s.trackIdentifier !== seated.track.id) continue;
        return {
            frames: s.framesDecoded ?? 0, width: s.frameWidth ?? 0, height: s.frameHeight ?? 0,
            samples: s.totalSamplesReceived ?? 0, energy: s.totalAudioEnergy ?? 0,
            concealed: s.concealedSamples ?? 0, packets: s.packetsReceived, lost: s.packetsLost,
        };
    }
    return null;
}

/** A coarse picture of what `name` shows on this page's own tile: 32 × 18 grey values; in the page. */
function picture(name, source) {
    const other = [...window.salonRoom.participants.values()].find((p) => p.name === name);
    const track = other?.media.get(source)?.track;
    const video = track && [...document.querySelectorAll('video')]
        .find((v) => v.srcObject?.getVideoTracks().includes(track) && v.checkVisibility());
    if (!video?.videoWidth) return null;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [32, 18];
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, 32, 18);
    const { data } = context.getImageData(0, 0, 32, 18);
    return Array.from({ length: 32 * 18 }, (_, i) => data[4 * i] + data[4 * i + 1] + data[4 * i + 2]);
}

/** Notes the time of each new picture of `name` on this page; in the page. */
function watch(name) {
    const other = [...window.salonRoom.participants.values()].find((p) => p.name === name);
    const track = other?.media.get('camera')?.track;
    const video = [...document.querySelectorAll('video')].find((v) => v.srcObject?.getVideoTracks().includes(track));
    const seen = { times: [performance.now()] };
    const note = () => {
        seen.times.push(performance.now());
        video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
    window.watched = seen;
}

/** The sockets that a page opens, so that a test can break one. */
const KEEP_SOCKETS = `() => {
    const Native = window.WebSocket;
    window.testSockets = [];
    window.WebSocket = class extends Native {
        constructor(...args) { super(...args); window.testSockets.push(this); }
    };
}`;

const visible = (selector) => {
    const element = document.querySelector(selector);
    return Boolean(element?.checkVisibility());
};

export class Person {
    constructor(page, name) {
        Object.assign(this, { page, name });
    }

    /** Opens the link, types a name and presses Start. */
    static async join(browser, link, name, { width, height } = {}) {
        const person = await Person.arrive(browser, link, name, { width, height });
        await person.start();
        return person;
    }

    /** Opens the link, and stays before the call. */
    static async arrive(browser, link, name, { width, height } = {}) {
        const page = await browser.page(width, height);
        await page.bidi.send('script.addPreloadScript', { functionDeclaration: KEEP_SOCKETS, contexts: [page.context] });
        await page.goto(link);
        return new Person(page, name);
    }

    async start() {
        await this.pressStart();
        await this.inCall();
    }

    /** Turns both on, types a name and presses Start. */
    async pressStart() {
        await this.page.click('#before-mic'); // both are off until turned on
        await this.page.click('#before-camera');
        await this.page.until('the preview', () => {
            const v = document.querySelector('#preview-video');
            return v?.checkVisibility() && v.videoWidth > 0;
        });
        await this.page.type('#name', this.name);
        await this.page.click('#start');
    }

    inCall() {
        return this.page.until('the call', () => Boolean(window.salonRoom?.connection && document.querySelector('#call')?.checkVisibility()));
    }

    inbound(other, source = 'camera') {
        return this.page.call(inbound, other.name, source);
    }

    /** Waits until the first picture of the other is decoded. */
    async decodes(other, source = 'camera', { timeout = 20000 } = {}) {
        const end = Date.now() + timeout * PATIENCE;
        while (!(await this.inbound(other, source))?.frames) {
            if (Date.now() > end) throw new Error(`${this.describe()} decodes nothing of ${other.describe()}`);
            await new Promise((r) => setTimeout(r, 50));
        }
    }

    /** Waits until decoded pictures of the other rise and move, on the page as well. */
    async sees(other, source = 'camera', { timeout = 20000, still = false } = {}) {
        const end = Date.now() + timeout * PATIENCE;
        let first = null, last = null, before = null, moved = 0;
        while (Date.now() < end) {
            last = await this.inbound(other, source);
            first ??= last?.frames ? last : null;
            const now = await this.page.call(picture, other.name, source).catch(() => null);
            before ??= now;
            // Against the last that was another: Firefox' camera changes its colour slowly.
            if (now?.some((v, i) => Math.abs(v - before[i]) > 12)) {
                moved++;
                before = now;
            }
            const enough = still ? 2 : 10;
            if (first && last && last.frames - first.frames >= enough && (still ? before : moved >= 2)) return last;
            await new Promise((r) => setTimeout(r, 150));
        }
        throw new Error(`${this.describe()} does not see ${other.describe()}'s ${source}: moved ${moved} times, ` +
            `first ${JSON.stringify(first)}, last ${JSON.stringify(last)}`);
    }

    /** Waits until sound that is not silence comes from the other. */
    async hears(other, { timeout = 20000 } = {}) {
        const end = Date.now() + timeout * PATIENCE;
        let first = null, last = null;
        while (Date.now() < end) {
            last = await this.inbound(other, 'microphone');
            first ??= last;
            if (first && last && last.samples - first.samples > 24000 && last.energy > first.energy) return last;
            await new Promise((r) => setTimeout(r, 150));
        }
        throw new Error(`${this.describe()} does not hear ${other.describe()}: ` +
            `first ${JSON.stringify(first)}, last ${JSON.stringify(last)}`);
    }

    async meets(other) {
        await this.sees(other);
        await this.hears(other);
    }

    describe() {
        return `${this.name} (${this.page.browser?.kind ?? 'no browser'})`;
    }

    /** Waits until the page shows no connection trouble and the named others are there. */
    async knows(...names) {
        await this.page.until(`${names.join(', ')} in ${this.name}'s list`, (wanted) => {
            const here = [...window.salonRoom.participants.values()].filter((p) => p.client !== 'whep').map((p) => p.name);
            return here.length === wanted.length && wanted.every((n) => here.includes(n));
        }, { args: [names] });
    }

    watch(other) {
        return this.page.call(watch, other.name);
    }

    /** The longest time without a new picture since watch(), in ms. */
    longestGap() {
        return this.page.call(() => {
            const times = [...window.watched.times, performance.now()];
            return Math.max(...times.slice(1).map((t, i) => t - times[i]));
        });
    }

    /** The UDP port of the server's end of our connection. */
    mediaPort() {
        return this.page.until('a chosen candidate pair', async () => {
            const stats = await window.salonRoom.connection.getStats();
            const pair = [...stats.values()].find((s) => s.type === 'candidate-pair' && s.state === 'succeeded' && s.nominated);
            return pair && stats.get(pair.remoteCandidateId)?.port;
        });
    }

    dropSocket() {
        return this.page.call(() => window.testSockets.at(-1).close());
    }

    shows(selector, what = selector) {
        return this.page.until(what, visible, { args: [selector] });
    }

    leave() {
        return this.page.click('#leave');
    }
}
