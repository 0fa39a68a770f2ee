/** Does the line keep what it says? Datagrams there and timed, before anybody trusts a figure. */
import { createSocket } from 'node:dgram';
import { Line } from './line.js';

const HEADER = 28; // IPv4 and UDP count on the line
const now = () => performance.timeOrigin + performance.now();
const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;

/** Sends from here to the agent; gives what it received. */
async function send(line, { count, size, gap }) {
    await line.ask('listen', { port: 5000 });
    const out = createSocket('udp4');
    const begun = now();
    for (let n = 0; n < count; n++) {
        const wait = begun + n * gap - now();
        if (wait > 1) await new Promise((r) => setTimeout(r, wait));
        const bytes = Buffer.alloc(size);
        bytes.writeUInt32BE(n);
        bytes.writeDoubleBE(now(), 4);
        out.send(bytes, 5000, line.far);
    }
    await new Promise((r) => setTimeout(r, 1500));
    out.close();
    return line.ask('received');
}

/** @returns {Promise<{name: string, ok: boolean, value: string}[]>} */
export async function checkLine() {
    const found = [];
    const say = (name, ok, value) => found.push({ name, ok, value });
    const patterns = [];
    for (let i = 0; i < 2; i++) {
        const line = await Line.start(4711);
        line.set('down loss=10');
        const got = await send(line, { count: 1000, size: 200, gap: 0.5 });
        patterns.push(got.map(([n]) => n).sort((a, b) => a - b).join());
        if (i === 0) {
            say('10 % of 1000 packets are lost', Math.abs(1000 - got.length - 100) <= 40, `${1000 - got.length}`);
            line.set('down loss=0 delay=40');
            const ways = (await send(line, { count: 200, size: 200, gap: 5 }))
                .map(([, way]) => way).sort((a, b) => a - b);
            say('40 ms of delay', ways[0] >= 39.9 && ways[100] < 45, `${ways[0].toFixed(1)} ms least, ${ways[100].toFixed(1)} ms median`);
            line.set('down delay=0 rate=1m queue=500');
            const slow = await send(line, { count: 300, size: 1250 - HEADER, gap: 5 });
            const last = slow.slice(20);
            const rate = ((last.length - 1) * 1250 * 8) / ((last.at(-1)[2] - last[0][2]) / 1000);
            say('1 Mbit/s when twice as much comes', Math.abs(rate - 1e6) < 2e4, `${(rate / 1e6).toFixed(3)} Mbit/s`);
            const longest = Math.max(...slow.map(([, way]) => way));
            say('a queue of 500 ms at most', longest > 480 && longest < 560, `${longest.toFixed(0)} ms`);
            const told = Math.max(...line.reports.map((r) => r.queue_max_ms));
            say('the queue it tells is the one measured', Math.abs(told - longest) < 40, `${told.toFixed(0)} ms`);
            line.set('down rate=0 jitter=200');
            const shaken = (await send(line, { count: 300, size: 200, gap: 5 })).map(([, way]) => way);
            say('200 ms of jitter', Math.max(...shaken) > 150 && Math.max(...shaken) < 240 && mean(shaken) > 60,
                `${mean(shaken).toFixed(0)} ms mean, ${Math.max(...shaken).toFixed(0)} ms most`);
        }
        await line.stop();
    }
    say('a seed repeats every loss', patterns[0] === patterns[1], patterns[0] === patterns[1] ? 'the same' : 'different');
    return found;
}
