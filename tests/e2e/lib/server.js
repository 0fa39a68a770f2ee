/** `salon serve --dev` with a state folder of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PATIENCE } from './patience.js';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const SALON = process.env.SALON ?? new URL('../../../build/salon', import.meta.url).pathname;
const TROUBLE = /Sanitizer|runtime error:|[Aa]ssertion/;

/** A TCP port that nobody listens on; tests/ports.py says why from these. */
export async function freePort() {
    for (;;) {
        const port = randomInt(10000, 20000);
        const probe = createServer();
        const free = await new Promise((resolve) => {
            probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
        });
        if (free) return port;
    }
}

export class Server {
    log = '';

    /** @param {{port?: number, state?: string, args?: string[]}} options */
    static async start({ port, state, args = [] } = {}) {
        const server = new Server();
        server.port = port ?? await freePort();
        server.state = state ?? await mkdtemp(join(tmpdir(), 'salon-e2e-'));
        server.process = spawn(SALON,
            ['serve', '--dev', '--port', String(server.port), '--state', server.state, ...args],
            { stdio: ['ignore', 'pipe', 'pipe'] });
        const listen = (data) => { server.log += data; };
        server.process.stdout.on('data', listen);
        server.process.stderr.on('data', listen);
        server.ended = new Promise((resolve) => server.process.once('exit', (code, signal) => resolve(code ?? signal)));
        server.key = await server.printed(/^API key: (\S+)/m);
        server.link = await server.printed(/^Join: (\S+)/m);
        server.url = `http://127.0.0.1:${server.port}`;
        return server;
    }

    async printed(pattern) {
        for (let i = 0; i < 200 * PATIENCE; i++) {
            const match = pattern.exec(this.log);
            if (match) return match[1];
            if (this.process.exitCode !== null) break;
            await sleep(100);
        }
        throw new Error(`the server did not print ${pattern}:\n${this.log}`);
    }

    /** Asks the API; what it answers. */
    async ask(method, path, body) {
        const reply = await fetch(`${this.url}/api/v1${path}`, {
            method,
            headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
            body: body && JSON.stringify(body),
        });
        const text = await reply.text();
        if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
        return text ? JSON.parse(text) : null;
    }

    /** A new room, as the API gives it. */
    makeRoom(body = {}) {
        return this.ask('POST', '/rooms', body);
    }

    /** A new front end that speaks BigBlueButton: all that its administrator types in. */
    bigBlueButton(name) {
        const said = execFileSync(SALON, ['tenant', 'add', name, '--state', this.state], { encoding: 'utf8' });
        const base = new URL(/^BigBlueButton URL: (\S+)/m.exec(said)[1]).pathname;
        return { base: this.url + base, secret: /^BigBlueButton secret: (\S+)/m.exec(said)[1] };
    }

    /** The join link of a new room. */
    async room(body = {}) {
        return (await this.makeRoom(body)).url;
    }

    /** The WHIP or WHEP URL that goes with a join link. */
    ingest(link, kind = 'whip') {
        return `${this.url}/${kind}/${link.split('/r/')[1]}`;
    }

    /** The processes that serve media. */
    workers() {
        const children = readFileSync(`/proc/${this.process.pid}/task/${this.process.pid}/children`, 'utf8');
        return children.trim().split(' ').filter(Boolean).map(Number);
    }

    /** Which worker owns this UDP port. */
    workerOf(port) {
        const sockets = execFileSync('ss', ['-Hlunp', 'sport', '=', `:${port}`], { encoding: 'utf8' });
        const match = /pid=(\d+)/.exec(sockets);
        if (!match) throw new Error(`nobody owns UDP port ${port}:\n${sockets}`);
        return Number(match[1]);
    }

    /** kill -9 of control alone; its workers and its state stay. */
    async crash() {
        this.process.kill('SIGKILL');
        await this.ended;
        this.crashed = true;
        this.check();
    }

    /** SIGTERM ends it in good order, or this throws. Keeps its state if `keep`. */
    async stop({ keep = false } = {}) {
        if (this.crashed) return; // its state is its successor's
        this.process.kill('SIGTERM');
        const late = setTimeout(() => this.process.kill('SIGKILL'), 15000);
        const code = await this.ended;
        clearTimeout(late);
        if (!keep) await rm(this.state, { recursive: true, force: true });
        if (code !== 0) throw new Error(`the server ended with ${code}:\n${this.log.slice(-4000)}`);
        this.check();
    }

    /** Throws if a sanitizer or an assertion has spoken. */
    check() {
        const at = this.log.search(TROUBLE);
        if (at >= 0) throw new Error(`the server's log:\n${this.log.slice(Math.max(0, at - 500), at + 4000)}`);
    }
}
