/** A line: a network namespace with an agent in it, and the impaired way there and back. */
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const IMPAIR = `${process.env.BUILD ?? new URL('../../build', import.meta.url).pathname}/tests/quality/impair`;
const AGENT = new URL('agent.js', import.meta.url).pathname;

const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
let lines = 0;

export class Line {
    /** What the emulator measured: its JSON lines, oldest first. */
    reports = [];
    /** {t, text} of each command given. */
    commands = [];
    #waiting = new Map();
    #next = 1;

    /** @param {number} seed of losses and jitter */
    static async start(seed = 1) {
        const line = new Line();
        line.number = ++lines;
        line.own = `10.78.${line.number}.1`;
        line.far = `10.78.${line.number}.2`;
        await line.#startAgent();
        await line.#startImpair(seed);
        ip('addr', 'add', line.own, 'peer', line.far, 'dev', line.device);
        ip('link', 'set', line.device, 'up');
        await line.ask('address', { device: 'wan', own: line.far, peer: line.own });
        return line;
    }

    #startAgent() {
        this.agent = spawn('unshare', ['--net', process.execPath, AGENT],
            { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
        return new Promise((resolve, reject) => {
            this.agent.once('error', reject);
            this.agent.once('exit', (code) => {
                const gone = new Error(`the agent of line ${this.number} ended with ${code}`);
                reject(gone);
                for (const waiting of this.#waiting.values()) waiting.reject(gone);
            });
            this.agent.on('message', (message) => {
                if (message.ready) {
                    resolve();
                    return;
                }
                const waiting = this.#waiting.get(message.id);
                this.#waiting.delete(message.id);
                if (message.error) waiting.reject(new Error(message.error));
                else waiting.resolve(message.result);
            });
        });
    }

    #startImpair(seed) {
        this.device = `line${this.number}`;
        this.impair = spawn(IMPAIR, ['--seed', String(seed), `/proc/self/ns/net,${this.device}`,
            `/proc/${this.agent.pid}/ns/net,wan`], { stdio: ['pipe', 'pipe', 'inherit'] });
        this.impair.stdin.on('error', () => {});
        return new Promise((resolve, reject) => {
            this.impair.once('error', reject);
            this.impair.once('exit', (code) => reject(new Error(`impair ended with ${code}`)));
            createInterface({ input: this.impair.stdout }).on('line', (text) => {
                if (text === 'ready') resolve();
                else this.reports.push(JSON.parse(text));
            });
        });
    }

    /** Changes the line now: "down rate=3m delay=40"; several commands with ";" between. */
    set(text) {
        for (const command of text.split(';').map((c) => c.trim()).filter(Boolean)) {
            this.commands.push({ t: Date.now(), text: command });
            this.impair.stdin.write(`${command}\n`);
        }
    }

    /** Asks the agent. */
    ask(method, args) {
        const id = this.#next++;
        return new Promise((resolve, reject) => {
            this.#waiting.set(id, { resolve, reject });
            this.agent.send({ id, method, args }, (error) => {
                if (error) reject(error);
            });
        });
    }

    /** Calls a function in the agent's page. */
    call(fn, ...args) {
        return this.ask('call', { code: String(fn), args });
    }

    async stop() {
        const gone = new Promise((resolve) => { this.agent.once('exit', resolve); });
        await Promise.race([this.ask('stop').catch(() => {}), new Promise((r) => setTimeout(r, 12000))]);
        const late = setTimeout(() => this.agent.kill('SIGKILL'), 5000);
        if (this.agent.exitCode === null) await gone;
        clearTimeout(late);
        this.impair.removeAllListeners('exit');
        this.impair.stdin.end();
    }
}
