/**
 * How smooth the page stays with 25 people in it: grid.js [SECONDS]. Started by bench/page. Debian's Chromium shows a room in
 * which 24 people of salon-load send three sizes and sound; the page's long tasks, its pictures and what jumped are counted.
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Browser } from './lib/browser.js';
import { Person } from './lib/person.js';
import { Server } from './lib/server.js';

const OTHERS = 24;
const SECONDS = Number(process.argv[2] ?? 20);
const LOAD = process.env.SALON_LOAD ?? fileURLToPath(new URL('../../build/tools/load/salon-load', import.meta.url));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Begins to count; in the page. */
function count() {
    window.counted = { tasks: [], shifts: [], frames: [] };
    const note = (list, value) => (entries) => list.push(...entries.getEntries().map(value));
    const { tasks, shifts, frames } = window.counted;
    new PerformanceObserver(note(tasks, ({ duration }) => duration)).observe({ type: 'longtask' });
    new PerformanceObserver(note(shifts, ({ value }) => value)).observe({ type: 'layout-shift' });
    let last = performance.now();
    const frame = (now) => {
        frames.push(now - last);
        last = now;
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
}

/** What was counted since the last time; in the page. */
async function take() {
    const { tasks, shifts, frames } = window.counted;
    const taken = { tasks: tasks.splice(0), shifts: shifts.splice(0), frames: frames.splice(0).sort((a, b) => a - b), decoded: {} };
    for (const s of (await window.salonRoom.connection.getStats()).values())
        if (s.type === 'inbound-rtp' && s.kind === 'video' && s.framesDecoded) taken.decoded[s.mid] = [s.framesDecoded, s.frameWidth];
    return taken;
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

function tell(what, { tasks, shifts, frames }) {
    console.log(`${what}: ${tasks.length} tasks over 50 ms, the longest ${Math.round(Math.max(0, ...tasks))} ms, together ` +
        `${Math.round(sum(tasks))} ms; layout shift ${sum(shifts).toFixed(3)}; between two frames of the page ` +
        `${at(frames, 0.5).toFixed(1)} ms (median), ${at(frames, 0.95).toFixed(1)} ms (95 %), ${at(frames, 1).toFixed(1)} ms (at most)`);
}

const server = await Server.start();
const browser = await Browser.start('chromium');
let crowd = null;
try {
    const link = await server.room();
    const ada = await Person.join(browser, link, 'Ada', { width: 1280, height: 800 });
    await sleep(2000);
    await ada.page.call(count);
    const scenario = join(server.state, 'crowd.yaml');
    await writeFile(scenario, `url: ${server.url}\nlink: ${link}\njoin_rate: 8/s\nduration: ${SECONDS + 60}s\nquiet: yes\n` +
        `rooms:\n  - people:\n      - {count: ${OTHERS}, sends: "audio,video", receives: 0, hears: 0}\n`);
    crowd = spawn(LOAD, ['--scenario', scenario], { stdio: ['ignore', 'ignore', 'inherit'] });
    await ada.page.until('25 tiles with pictures', (n) => document.querySelectorAll('#tiles figure[data-live]').length === n,
        { args: [OTHERS + 1], timeout: 60000 });
    tell(`${OTHERS} people join`, await ada.page.call(take));
    await sleep(3000);
    const before = await ada.page.call(take);
    await sleep(SECONDS * 1000);
    const after = await ada.page.call(take);
    tell(`a grid of 25 for ${SECONDS} s`, after);
    const rates = Object.entries(after.decoded).map(([mid, [frames]]) => (frames - (before.decoded[mid]?.[0] ?? 0)) / SECONDS).sort((a, b) => a - b);
    const widths = [...new Set(Object.values(after.decoded).map(([, width]) => width))].join(', ');
    console.log(`pictures a second and tile: ${at(rates, 0).toFixed(1)} (least), ${at(rates, 0.5).toFixed(1)} (median); widths ${widths}`);
} finally {
    crowd?.kill('SIGINT');
    await browser.stop();
    await server.stop();
}
