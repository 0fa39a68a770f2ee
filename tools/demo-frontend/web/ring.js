/**
 * Rings, as a browser hears of them: server-sent events of salon's own stream, read with fetch
 * and a user's token. The API key stays on the suite's server.
 */
import { ask, button, h, say } from './dom.js';
import { me, t } from './lang.js';

const RETRY_MS = 2000;

export class Rings {
    #salon;
    #token = '';
    #last = '';
    #popins = new Map();
    #lines = new Map();

    /** @param {string} salon its address */
    constructor(salon) {
        this.#salon = `${salon}/api/v1`;
    }

    async run() {
        for (;;) {
            try {
                this.#token = (await ask('token')).token;
                await this.#listen();
            } catch {
                // The stream has ended, or the server is away: again, from where we were.
            }
            await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
    }

    async #listen() {
        const headers = { Authorization: `Bearer ${this.#token}` };
        if (this.#last) headers['Last-Event-ID'] = this.#last;
        const reply = await fetch(`${this.#salon}/stream`, { headers });
        if (!reply.ok) throw new Error(String(reply.status));
        document.documentElement.dataset.listening = '';
        const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
        let text = '';
        for (;;) {
            const { value, done } = await reader.read();
            if (done) return;
            text += value;
            const events = text.split('\n\n');
            text = events.pop();
            for (const event of events) this.#event(event);
        }
    }

    #event(text) {
        const lines = text.split('\n').map((line) => line.split(/: (.*)/s));
        const { id, event, data } = Object.fromEntries(lines);
        if (id) this.#last = id;
        if (!data || !event.startsWith('invitation.')) return;
        const { invitation } = JSON.parse(data).data;
        if (invitation.to.ref === me) this.#called(invitation);
        else if (invitation.from.ref === me) this.#calling(invitation);
    }

    async #answer(invitation, step) {
        const reply = await fetch(`${this.#salon}/invitations/${invitation.id}/${step}`, {
            method: 'POST',
            headers: { Authorization: `Bearer ${this.#token}` },
        });
        if (reply.status === 204) return null;
        const answer = await reply.json();
        if (!reply.ok) throw new Error(answer.detail ?? answer.title);
        return answer;
    }

    /** Somebody calls us: the pop-in, with the texts of salon. */
    #called(invitation) {
        const { id, state, popin } = invitation;
        if (state !== 'created' && state !== 'ringing') {
            this.#popins.get(id)?.remove();
            this.#popins.delete(id);
            return;
        }
        if (this.#popins.has(id)) return;
        const title = h('h2', { id: `popin-${id}` }, popin.title);
        const accept = button(popin.accept, () => this.#accept(invitation), { class: 'main' });
        const decline = button(popin.decline, () => this.#answer(invitation, 'decline'));
        const box = h(
            'section',
            { class: 'popin', role: 'alertdialog', 'aria-labelledby': title.id },
            title,
            h('div', { class: 'row' }, accept, decline),
        );
        this.#popins.set(id, box);
        document.getElementById('popins').append(box);
        accept.focus();
        if (state === 'created') this.#answer(invitation, 'ack').catch(() => {});
    }

    async #accept(invitation) {
        const { join_url } = await this.#answer(invitation, 'accept');
        window.salon.open({ url: join_url, title: invitation.from.name });
    }

    /** We call somebody: how it stands. */
    #calling({ id, state, to }) {
        this.#lines.get(id)?.remove();
        const live = state === 'created' || state === 'ringing';
        this.#lines.set(id, say(t(state, { name: to.name }), live ? 0 : 8000));
    }
}
