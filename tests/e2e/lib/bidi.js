/** WebDriver BiDi over one WebSocket: requests, events, and the conversion of script values. */
import WebSocket from 'ws';

/** What a remote script value means here; only what the tests return from pages. */
function value(v) {
    switch (v.type) {
    case 'undefined':
        return undefined;
    case 'null':
        return null;
    case 'number':
        return typeof v.value === 'string' ? Number(v.value) : v.value;
    case 'array':
        return v.value.map(value);
    case 'object':
    case 'map':
        return Object.fromEntries(v.value.map(([k, x]) => [k, value(x)]));
    default:
        return v.value;
    }
}

export class Bidi {
    #socket;
    #next = 1;
    #waiting = new Map();
    #listeners = new Map();

    /** @param {string} url @returns {Promise<Bidi>} */
    static async connect(url) {
        const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 1 << 28 });
        await new Promise((resolve, reject) => {
            socket.once('open', resolve);
            socket.once('error', reject);
        });
        return new Bidi(socket);
    }

    constructor(socket) {
        this.#socket = socket;
        socket.on('message', (data) => this.#receive(JSON.parse(data)));
        socket.on('close', () => {
            for (const { reject, method } of this.#waiting.values())
                reject(new Error(`${method}: the browser has gone`));
            this.#waiting.clear();
        });
        socket.on('error', () => {});
    }

    #receive(message) {
        const request = this.#waiting.get(message.id);
        if (message.type === 'event') {
            for (const listener of this.#listeners.get(message.method) ?? []) listener(message.params);
        } else if (request) {
            this.#waiting.delete(message.id);
            if (message.type === 'success') request.resolve(message.result);
            else request.reject(new Error(`${request.method}: ${message.error}: ${message.message}`));
        }
    }

    /** Sends a command and waits for its result. */
    send(method, params = {}) {
        const id = this.#next++;
        return new Promise((resolve, reject) => {
            if (this.#socket.readyState !== WebSocket.OPEN) {
                reject(new Error(`${method}: the browser has gone`));
                return;
            }
            this.#waiting.set(id, { resolve, reject, method });
            this.#socket.send(JSON.stringify({ id, method, params }));
        });
    }

    on(event, listener) {
        if (!this.#listeners.has(event)) this.#listeners.set(event, new Set());
        this.#listeners.get(event).add(listener);
    }

    /** Calls `fn` in the page with JSON arguments, as if after a click, and awaits its promise. */
    async call(context, fn, ...args) {
        const reply = await this.send('script.callFunction', {
            functionDeclaration: `(async (json) => (${fn})(...JSON.parse(json)))`,
            arguments: [{ type: 'string', value: JSON.stringify(args) }],
            target: { context },
            awaitPromise: true,
            userActivation: true,
            serializationOptions: { maxObjectDepth: 8 },
        });
        if (reply.type === 'exception')
            throw new Error(`in the page: ${reply.exceptionDetails.text}`);
        return value(reply.result);
    }

    close() {
        this.#socket.close();
    }
}
