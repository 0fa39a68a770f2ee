/** A front end: a tenant of the server's, its secrets, its API and its signed launch links. */
import { execFileSync } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const SALON = process.env.SALON ?? new URL('../../../build/salon', import.meta.url).pathname;
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

let made = 0; // a second try of a test makes its tenant anew

export class Suite {
    /** @param {import('./server.js').Server} server */
    constructor(server, name) {
        this.server = server;
        const printed = execFileSync(SALON, ['tenant', 'add', `${name} ${++made}`, '--state', server.state], { encoding: 'utf8' });
        this.said = Object.fromEntries(printed.split('\n').filter(Boolean).map((line) => line.split(/: (.*)/s)));
    }

    /** The address of a launch link, as the front end's own server signs it. */
    launch(claims = {}) {
        const now = Math.floor(Date.now() / 1000);
        const body = { iss: 'suite', aud: 'salon', sub: 'zoe', name: 'Zoé', exp: now + 300, jti: randomUUID(), ...claims };
        const signed = `${base64url({ alg: 'HS256', typ: 'JWT', kid: this.said['Launch key id'] })}.${base64url(body)}`;
        const mac = createHmac('sha256', this.said['Launch secret']).update(signed).digest('base64url');
        return `${this.server.url}/launch/${this.said.Prefix}#t=${signed}.${mac}`;
    }

    async api(method, path, body) {
        const reply = await fetch(`${this.server.url}/api/v1${path}`, {
            method,
            headers: { authorization: `Bearer ${this.said['API key']}`, 'content-type': 'application/json' },
            body: body === undefined ? undefined : JSON.stringify(body),
        });
        const text = await reply.text();
        if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
        return text ? JSON.parse(text) : null;
    }

    /** A page of the front end with these links. @returns {Promise<{url: string, close: () => void}>} */
    static page(html) {
        const server = createServer((_, reply) => {
            reply.setHeader('content-type', 'text/html; charset=utf-8');
            reply.end(`<!doctype html><link rel="icon" href="data:,"><title>Suite</title>${html}`);
        });
        return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({
            url: `http://127.0.0.1:${server.address().port}/`,
            close: () => server.close(),
        })));
    }
}
