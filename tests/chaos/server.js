/** `salon serve --config`, on a small disk of its own, that can be killed and started again. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../e2e/lib/server.js';

const SALON = process.env.SALON;
const ADDRESS = process.env.SALON_TEST_ADDRESS ?? '127.0.0.1';
const TROUBLE = /Sanitizer|runtime error:|[Aa]ssertion/;
const DISK = '64m';
const MANY = 1000000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Server {
    #filler = null;
    /** Workers that were killed: as many may have ended. */
    killed = 0;

    /** @param {number} mediaPort the first of the workers' */
    static async make(mediaPort) {
        const s = new Server();
        s.folder = await mkdtemp(join(tmpdir(), 'salon-chaos-'));
        s.state = join(s.folder, 'state');
        await mkdir(s.state);
        s.hasDisk = s.#mount();
        s.port = await freePort();
        s.url = `http://127.0.0.1:${s.port}`;
        s.config = join(s.folder, 'salon.yaml');
        s.logFile = join(s.folder, 'log');
        writeFileSync(s.config, JSON.stringify({
            http: { listen: '127.0.0.1', port: s.port, public_url: s.url },
            state: s.state,
            media: { workers: 2, port: mediaPort, announce: [ADDRESS] },
            limits: { rooms_per_minute: MANY, unknown_links_per_minute: MANY, joins_per_minute: MANY, knocks_per_minute: MANY },
            log: { level: 'info' },
        }, null, 1)); // JSON is YAML
        try {
            await s.start();
            const said = execFileSync(SALON, ['tenant', 'add', 'Chaos', '--config', s.config], { encoding: 'utf8' });
            s.key = /^API key: (\S+)/m.exec(said)[1];
            return s;
        } catch (error) {
            s.process?.kill('SIGKILL');
            s.clear();
            throw error;
        }
    }

    #mount() {
        try {
            execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', this.state], { stdio: 'ignore' });
            return true;
        } catch {
            return false;
        }
    }

    /** Resolves when it serves; a successor adopts the workers that it finds. */
    async start() {
        const log = openSync(this.logFile, 'a'); // a file: workers that outlive control go on writing
        this.process = spawn(SALON, ['serve', '--config', this.config], { stdio: ['ignore', 'ignore', log] });
        closeSync(log);
        this.ended = new Promise((resolve) => this.process.once('exit', (code, signal) => resolve(code ?? signal)));
        for (let tries = 0; tries < 600; tries++) {
            if (this.process.exitCode !== null) break;
            const ready = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(() => null);
            if (ready?.ok) return;
            await sleep(100);
        }
        throw new Error(`the server does not come up:\n${this.log().slice(-3000)}`);
    }

    log() {
        return readFileSync(this.logFile, 'utf8');
    }

    async kill() {
        this.process.kill('SIGKILL');
        await this.ended;
    }

    /** Those who serve media, whoever has started them: [{worker, pid, participants}]. */
    async workers() {
        const body = await new Promise((resolve, reject) => {
            request({ socketPath: join(this.state, 'admin.sock'), path: '/admin/v1/workers' }, (reply) => {
                let text = '';
                reply.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => resolve(text));
            }).on('error', reject).end();
        });
        return JSON.parse(body).workers.filter(({ up }) => up);
    }

    /** Not a byte is left on its disk. */
    fillDisk() {
        this.#filler = join(this.state, 'others');
        const file = openSync(this.#filler, 'w');
        for (const size of [1 << 20, 4096, 1]) {
            try {
                for (;;) writeSync(file, Buffer.alloc(size));
            } catch (error) {
                if (error.code !== 'ENOSPC') throw error;
            }
        }
        closeSync(file);
    }

    freeDisk() {
        if (this.#filler) unlinkSync(this.#filler);
        this.#filler = null;
    }

    /** What it complained of; '' if nothing. */
    trouble() {
        const log = this.log();
        const at = log.search(TROUBLE);
        const ended = log.split('supervisor.ended').length - 1;
        if (at < 0 && ended > this.killed) return `${ended} workers ended, and ${this.killed} were killed`;
        return at < 0 ? '' : log.slice(Math.max(0, at - 500), at + 3000);
    }

    /** Ends it in good order; how it ended. */
    async stop() {
        this.process.kill('SIGINT');
        const late = setTimeout(() => this.process.kill('SIGKILL'), 20000);
        const status = await this.ended;
        clearTimeout(late);
        return status;
    }

    clear() {
        if (this.hasDisk) execFileSync('umount', ['--lazy', this.state]);
        rmSync(this.folder, { recursive: true, force: true });
    }
}
