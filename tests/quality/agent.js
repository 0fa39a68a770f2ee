/**
 * A process in a network namespace of its own: the far end of a line, where a browser lives. It is told
 * by its parent what to do; a request is {id, method, args}, its answer {id, result} or {id, error}.
 */
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Browser } from '../e2e/lib/browser.js';
import { relay } from './relay.js';

const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
const now = () => performance.timeOrigin + performance.now();

let browser = null, page = null, socket = null;

const methods = {
    /** The device of the line is there: give it its address. */
    address({ device, own, peer }) {
        ip('link', 'set', 'lo', 'up');
        ip('addr', 'add', own, 'peer', peer, 'dev', device);
        ip('link', 'set', device, 'up');
        ip('route', 'add', 'default', 'via', peer);
    },

    /** Pages of 127.0.0.1 may use cameras: that is where the server appears to be. */
    async relay({ port, to }) {
        await relay('127.0.0.1', port, to);
    },

    async browser({ kind, args, prefs }) {
        browser = await Browser.start(kind, 'en', { args, prefs });
        return browser.version;
    },

    async open({ url, width, height }) {
        page = await browser.page(width, height);
        await page.goto(url);
    },

    call({ code, args }) {
        return page.call(code, ...args);
    },

    async close() {
        await page?.close();
        page = null;
    },

    /** What the page has said on its console. */
    console() {
        return page?.console ?? [];
    },

    screenshot({ file }) {
        return page.screenshot(file);
    },

    /** Sends `count` datagrams of `size` bytes with number and time, one each `gap` ms. */
    async send({ host, port, count, size, gap }) {
        const out = createSocket('udp4');
        const begun = now();
        for (let n = 0; n < count; n++) {
            const wait = begun + n * gap - now();
            if (wait > 1) await new Promise((r) => setTimeout(r, wait));
            const bytes = Buffer.alloc(size);
            bytes.writeUInt32BE(n);
            bytes.writeDoubleBE(now(), 4);
            out.send(bytes, port, host);
        }
        await new Promise((r) => setTimeout(r, 50));
        out.close();
    },

    /** Notes number, way and arrival of each datagram that comes, until received(). */
    listen({ port }) {
        socket = createSocket('udp4');
        socket.got = [];
        socket.on('message', (bytes) => {
            socket.got.push([bytes.readUInt32BE(), now() - bytes.readDoubleBE(4), now()]);
        });
        return new Promise((resolve) => { socket.bind(port, () => resolve()); });
    },

    received() {
        socket.close();
        return socket.got;
    },

    async stop() {
        await browser?.stop();
        setImmediate(() => process.disconnect());
    },
};

process.on('message', async ({ id, method, args }) => {
    try {
        process.send({ id, result: await methods[method](args ?? {}) });
    } catch (error) {
        process.send({ id, error: error.stack });
    }
});
process.on('disconnect', async () => {
    await browser?.stop().catch(() => {});
    process.exit(0);
});
process.send({ ready: true });
