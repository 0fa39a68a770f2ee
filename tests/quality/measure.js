/** One scenario, once: a room, two pages, the line's changes, and all that is noted meanwhile. */
import { readFileSync } from 'node:fs';
import { glance, startSampling, take } from './pages.js';

const EVERY = 250;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const NEUTRAL = 'rate=0 queue=1000 delay=0 jitter=0 reorder=0 loss=0 burst=1';

/** [busy, all] in ticks, of all processors. */
function ticks() {
    const [, ...t] = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/\s+/).map(Number);
    return [t.slice(0, 8).reduce((a, b) => a + b, 0) - t[3] - t[4], t.slice(0, 8).reduce((a, b) => a + b, 0)];
}

async function until(what, seconds, look) {
    let last;
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(250)) {
        last = await look();
        if (last === true) return;
    }
    throw new Error(`${what}: not within ${seconds} s (${JSON.stringify(last)})`);
}

/** Waits until the camera's largest picture arrives, if it is sent at all. */
async function warm(lines, devices, patience) {
    await until('the viewer sees and hears', 30, async () => {
        const { decoded, samples } = await lines.viewer.call(glance);
        return (decoded > 5 && samples > 0) || { decoded, samples };
    });
    await until('the whole picture arrives', patience, async () => {
        const [{ width }, { sent }] = [await lines.viewer.call(glance), await lines.publisher.call(glance)];
        return width >= devices.width || { width, sent };
    }).catch(async (error) => {
        const { sent } = await lines.publisher.call(glance);
        error.starved = Object.values(sent).some(({ reason }) => reason === 'cpu');
        throw error;
    });
    await sleep(2000);
}

/**
 * @param {object} system Salon or Janus
 * @param {{publisher: Line, viewer: Line}} lines
 * @param {object} scenario of SCENARIOS
 * @param {object} devices {width, height, fps, simulcast}
 */
export async function measure(system, lines, scenario, { pair, devices, drawn, patience = 40 }) {
    const bad = lines[scenario.side ?? 'viewer'];
    for (const line of Object.values(lines)) line.set(`down ${NEUTRAL}; up ${NEUTRAL}`);
    bad.set(scenario.first);
    const room = await system.room();
    const run = { system: system.name, pair, scenario, devices, every: EVERY, quality: [],
        way: scenario.side === 'publisher' ? 'up' : 'down' };
    try {
        for (const line of Object.values(lines))
            await line.ask('open', { url: system.page(), width: 640, height: 400 });
        await system.publish(lines.publisher, room, { ...devices, drawn });
        await system.view(lines.viewer, room);
        await warm(lines, devices, patience);
        for (const line of Object.values(lines)) await line.call(startSampling, EVERY);
        await sleep(1000);
        const first = bad.reports.length;
        const before = ticks();
        run.begun = Date.now();
        await play(run, system, room, bad);
        const after = ticks();
        run.busy = (after[0] - before[0]) / (after[1] - before[1]);
        run.line = bad.reports.slice(Math.max(0, first - 20));
        run.publisher = JSON.parse(await lines.publisher.call(take));
        run.viewer = JSON.parse(await lines.viewer.call(take));
        return run;
    } catch (error) {
        for (const [who, line] of Object.entries(lines)) {
            const said = await line.ask('console').catch(() => []);
            if (said.length) console.error(`-- ${who}'s console\n${said.slice(-15).join('\n')}`);
        }
        throw error;
    } finally {
        for (const line of Object.values(lines)) await line.ask('close').catch(() => {});
    }
}

/** The steps in time, and the server asked for its view each half second. */
async function play(run, system, room, bad) {
    const steps = [...run.scenario.steps];
    const end = run.begun + run.scenario.seconds * 1000;
    let ask = 0;
    while (Date.now() < end) {
        const now = Date.now();
        while (steps.length && now >= run.begun + steps[0][0] * 1000) bad.set(steps.shift()[1]);
        if (now >= ask) {
            ask = now + 500;
            system.quality?.(room).then((body) => body && run.quality.push({ t: now, body }), () => {});
        }
        const due = Math.min(end, ask, steps.length ? run.begun + steps[0][0] * 1000 : end);
        await sleep(Math.max(1, due - Date.now()));
    }
}
