/** A front end's server: makes rooms, links and invitations all the time, and notes what it was told it has. */

const PATIENCE_MS = 4000; // with an answer; after that it may have been done or not
const SAMPLE = 40;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Books {
    rooms = new Map(); // id → what was acknowledged last: {title, url}, or null while that is not known
    invitations = new Set();
    refused = 0;
    unanswered = 0;
    wrong = [];
    #unchecked = new Set();
    #stopped = false;
    #held = false;
    #acting = Promise.resolve();

    constructor(server, dice) {
        Object.assign(this, { server, dice });
    }

    async ask(method, path, body) {
        const reply = await fetch(`${this.server.url}/api/v1${path}`, {
            method,
            headers: { authorization: `Bearer ${this.server.key}`, 'content-type': 'application/json' },
            body: body && JSON.stringify(body),
            signal: AbortSignal.timeout(PATIENCE_MS),
        });
        return { status: reply.status, type: reply.headers.get('content-type') ?? '', json: await reply.json().catch(() => null) };
    }

    /** The answer to something that changes; null if it was refused as it ought to be, or never answered. */
    async #change(method, path, body) {
        const answer = await this.ask(method, path, body).catch(() => null);
        if (!answer) {
            this.unanswered++;
        } else if (answer.status === 503 && answer.type.startsWith('application/problem+json')) {
            this.refused++;
            answer.refused = true;
        } else if (answer.status >= 300) {
            this.wrong.push(`${method} ${path.replace(/[a-z]{2}_\w+/g, '…')}: ${answer.status}`);
        }
        return answer;
    }

    async #makeRoom() {
        const title = `room ${this.rooms.size}`;
        const answer = await this.#change('POST', '/rooms', { title });
        if (answer?.status === 201) this.#note(answer.json, title);
    }

    #note(room, title) {
        this.rooms.set(room.id, { title, url: room.url });
        this.#unchecked.add(room.id);
    }

    /** A change that nobody answered leaves it open which of the two is there. */
    async #edit(id, method, path, body, after) {
        const before = this.rooms.get(id);
        this.rooms.set(id, null);
        const answer = await this.#change(method, path, body);
        if (answer?.refused) this.rooms.set(id, before);
        else if (answer && answer.status < 300) this.rooms.set(id, after(before, answer.json));
        this.#unchecked.add(id);
    }

    #someRoom() {
        const known = [...this.rooms].filter(([, room]) => room).map(([id]) => id);
        return known.length ? this.dice.one(known) : null;
    }

    async #rename() {
        const id = this.#someRoom();
        const title = `renamed ${this.dice.between(1, 1e6)}`;
        if (id) await this.#edit(id, 'PATCH', `/rooms/${id}`, { title }, (room) => ({ ...room, title }));
    }

    async #rotate() {
        const id = this.#someRoom();
        if (id) await this.#edit(id, 'POST', `/rooms/${id}/rotate`, {}, (room, { url }) => ({ ...room, url }));
    }

    async #invite() {
        const id = this.#someRoom();
        if (!id) return;
        const answer = await this.#change('POST', `/rooms/${id}/invitations`,
            { from: { ref: 'ada', name: 'Ada' }, to: [{ email_link: true, name: 'Zoé' }] });
        if (answer?.status === 201) for (const i of answer.json.invitations) this.invitations.add(i.id);
    }

    /** Goes on until stop(). */
    async run() {
        const acts = [() => this.#makeRoom(), () => this.#makeRoom(), () => this.#rename(), () => this.#rotate(), () => this.#invite()];
        while (!this.#stopped) {
            if (!this.#held) await (this.#acting = this.dice.one(acts)());
            await sleep(this.dice.between(200, 800));
        }
    }

    stop() {
        this.#stopped = true;
    }

    async #lost(id) {
        const known = this.rooms.get(id);
        const answer = await this.ask('GET', `/rooms/${id}`);
        if (answer.status !== 200) return `a room answers ${answer.status}`;
        if (!known) return null;
        if (answer.json.title !== known.title) return `a room's title is "${answer.json.title}", not "${known.title}"`;
        if (answer.json.url !== known.url) return 'a room has another link';
        const page = await fetch(known.url, { signal: AbortSignal.timeout(PATIENCE_MS) });
        await page.arrayBuffer();
        return page.status === 200 ? null : `a link answers ${page.status}`;
    }

    #chosen(all, ids) {
        if (all) return [...ids];
        return [...Array(Math.min(SAMPLE, ids.size))].map(() => this.dice.one([...ids]));
    }

    /**
     * Looks for what was acknowledged since the last time and for some of the rest, or for `all`, while nothing changes it.
     * Returns what is wrong, as sentences.
     */
    async check(all = false) {
        this.#held = true;
        try {
            await this.#acting;
            return await this.#check(all);
        } finally {
            this.#held = false;
        }
    }

    async #check(all) {
        const found = [...this.wrong.splice(0)];
        for (const id of new Set([...this.#unchecked, ...this.#chosen(all, new Set(this.rooms.keys()))])) {
            const lost = await this.#lost(id);
            if (lost) found.push(lost);
        }
        this.#unchecked.clear();
        for (const id of this.#chosen(all, this.invitations)) {
            const { status } = await this.ask('GET', `/invitations/${id}`);
            if (status !== 200) found.push(`an invitation answers ${status}`);
        }
        return found;
    }
}
