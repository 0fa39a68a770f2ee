/**
 * A server of salon without media, for tests of the pages and the client library: it serves
 * src/web as the real one does and plays docs/signalling.md.
 */

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer } from 'ws';

const WEB = new URL('../../../src/web/', import.meta.url).pathname;
const TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.svg': 'image/svg+xml',
};
const HEADERS = {
    'Content-Security-Policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; " +
        "img-src 'self' data: blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
};

export class FakeServer {
    /** Who is in the room besides those who join over a socket: ParticipantInfo objects. */
    participants = [];
    /** All that was said to us, in order. */
    heard = [];
    title = '';
    dev = true;
    /** Answers an offer; replace it to refuse (return an `error`) or to say nothing (null). */
    onOffer = (offer) => ({
        type: 'answer',
        sdp: answerTo(offer.sdp),
        generation: this.generation,
    });
    /** Answers a `ping`; null: says nothing. */
    onPing = () => ({ type: 'pong', time: Date.now() });
    /** Keeps who joins before the door: what `lobby` says; null: the door is open. */
    lobby = null;
    /** Decides on `resume`: true, or false for unknown_session. */
    resumes = true;
    generation = 1;
    /** Number of the last chat message, and what was said. */
    chatN = 0;
    history = [];
    /** What a resumed client is told of its layers. */
    layers = null;
    #sockets = new Set();
    #listening = [];
    #sessions = 0;
    #http = createServer((request, response) => this.#serve(request, response));

    static async start() {
        const server = new FakeServer();
        const wss = new WebSocketServer({ server: server.#http, path: '/api/v1/signal' });
        wss.on('connection', (socket) => server.#connected(socket));
        await new Promise((resolve) => server.#http.listen(0, '127.0.0.1', resolve));
        const { port } = server.#http.address();
        server.origin = `http://127.0.0.1:${port}`;
        server.signal = `ws://127.0.0.1:${port}/api/v1/signal`;
        return server;
    }

    stop() {
        this.drop();
        this.#http.closeAllConnections();
        return new Promise((resolve) => this.#http.close(resolve));
    }

    /** Breaks all sockets, as a dead network does. */
    drop() {
        for (const socket of this.#sockets) socket.terminate();
    }

    /** Says something unasked to everybody. */
    say(message) {
        for (const socket of this.#sockets) socket.send(JSON.stringify(message));
    }

    /** Resolves with the next message of a type, or the first one already heard that `fits`. */
    next(type, fits = () => true) {
        return new Promise((resolve) => this.#listening.push({ type, fits, resolve }));
    }

    count(type) {
        return this.heard.filter((message) => message.type === type).length;
    }

    #connected(socket) {
        this.#sockets.add(socket);
        socket.on('close', () => this.#sockets.delete(socket));
        socket.on('message', async (data) => {
            const message = JSON.parse(data);
            this.heard.push(message);
            const reply = await this.#answer(message);
            if (reply) socket.send(JSON.stringify({ ...reply, re: message.id }));
            const heard = this.#listening.filter(
                (l) => l.type === message.type && l.fits(message),
            );
            this.#listening = this.#listening.filter((l) => !heard.includes(l));
            for (const { resolve } of heard) resolve(message);
        });
    }

    /** Lets those in who wait. */
    letIn(name = 'Ada') {
        this.lobby = null;
        this.say(this.#welcome('joined', name));
    }

    #atDoor() {
        if (!this.lobby) return null;
        const resume = `knock${++this.#sessions}`;
        const more = { participant: 'k_self', resume };
        return { type: 'lobby', state: 'waiting', ...this.lobby, ...more };
    }

    #answer(message) {
        switch (message.type) {
            case 'join':
                if (message.link === 'unknown')
                    return { type: 'error', reason: 'unknown_link' };
                return this.#atDoor() ?? this.#welcome('joined', message.name);
            case 'resume':
                if (this.lobby && message.participant === 'k_self') return this.#atDoor();
                if (!this.resumes) return { type: 'error', reason: 'unknown_session' };
                return {
                    ...this.#welcome('resumed', 'Ada'),
                    media: 'kept',
                    seats: [],
                    layers: this.layers,
                    chat: [],
                };
            case 'offer':
                return this.onOffer(message);
            case 'chat':
                this.say({
                    type: 'chat',
                    n: 1,
                    from: 'p_self',
                    name: 'Ada',
                    text: message.text,
                    time: Date.now(),
                });
                return { type: 'ok' };
            case 'history':
                return { type: 'history', chat: this.history };
            case 'ping':
                return this.onPing();
            default:
                return message.id ? { type: 'ok' } : null;
        }
    }

    #welcome(type, name) {
        return {
            type,
            participant: 'p_self',
            resume: `secret${++this.#sessions}`,
            name,
            role: 'guest',
            room: { title: this.title, kind: 'instant' },
            participants: this.participants,
            speaker: null,
            chat_n: this.chatN,
            ice_servers: [],
            limits: { mlines: 160, chat: 4000, message: 614400 },
        };
    }

    async #serve({ url, method }, response) {
        const { pathname } = new URL(url, 'http://x');
        if (pathname === '/dev/status' && this.dev) {
            response.writeHead(200, HEADERS).end('{"dev":true}');
            return;
        }
        if (pathname === '/dev/rooms' && method === 'POST') {
            response
                .writeHead(201, HEADERS)
                .end(JSON.stringify({ url: `${this.origin}/r/TOKEN` }));
            return;
        }
        const page =
            pathname === '/' ? 'index.html' : pathname.startsWith('/r/') ? 'room.html' : null;
        const name = page ?? normalize(pathname.replace(/^\/static\//, ''));
        try {
            const body = await readFile(join(WEB, name));
            response
                .writeHead(200, { ...HEADERS, 'Content-Type': TYPES[extname(name)] })
                .end(body);
        } catch {
            response.writeHead(404, HEADERS).end();
        }
    }
}

/** What FakePeerConnection understands: each m-line answered by its opposite. */
function answerTo(sdp) {
    const opposite = { sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' };
    const lines = JSON.parse(sdp).map(({ mid, direction }) => ({
        mid,
        direction: opposite[direction],
    }));
    return JSON.stringify(lines);
}
