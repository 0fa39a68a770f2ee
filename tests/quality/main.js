/** Runs scenarios and writes what came of them. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeCamera } from './camera.js';
import { checkLine } from './check.js';
import { Janus } from './janus.js';
import { figures, verdicts } from './judge.js';
import { Line } from './line.js';
import { measure } from './measure.js';
import { csv, svg, table, targets } from './report.js';
import { Salon } from './salon.js';
import { PAIRS, SCENARIOS } from './scenarios.js';

const HELP = `usage: tests/quality/run [OPTION...]
  --scenarios LIST  of ${Object.keys(SCENARIOS).join(', ')}; all by default
  --pairs LIST      publisher and viewer: cc, cf, fc (c: Chromium, f: Firefox); cc by default
  --system LIST     salon (default), janus (installed if it is not there)
  --size WxH@FPS    of the camera; 960x540@30 by default
  --no-simulcast    one encoding
  --out DIR         tables, JSON, CSV and SVG; build/quality by default
  --seed N          of losses and jitter
  --short           one scenario with a second try, for tools/test
  --check           only the line itself
`;

const { values: options } = parseArgs({
    options: {
        scenarios: { type: 'string', default: Object.keys(SCENARIOS).join(',') },
        pairs: { type: 'string', default: 'cc' },
        system: { type: 'string', default: 'salon' },
        size: { type: 'string', default: '960x540@30' },
        'no-simulcast': { type: 'boolean', default: false },
        out: { type: 'string', default: join(process.env.BUILD ?? 'build', 'quality') },
        seed: { type: 'string', default: '1' },
        short: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        k: { type: 'string', short: 'k', default: '' },
    },
});
if (options.help) {
    process.stdout.write(HELP);
    process.exit(0);
}

const SYSTEMS = { salon: Salon, janus: Janus };
const tally = { passed: 0, failed: 0, skipped: 0 };
const runs = [];

function devicesOf(size) {
    const [, width, height, fps] = /^(\d+)x(\d+)@(\d+)$/.exec(size) ?? [];
    if (!width) throw new Error(`not a size: ${size}`);
    return { width: Number(width), height: Number(height), fps: Number(fps), simulcast: !options['no-simulcast'] };
}

/** Judges a run; what the machine could not carry is not the server's fault. */
function judge(run) {
    run.figures = figures(run);
    run.verdicts = verdicts(run);
    const { reasons } = run.figures.machine;
    // Nobody's promise but ours can be broken here.
    if (run.system !== 'salon') for (const v of run.verdicts) v.ok ||= null;
    for (const v of run.verdicts) v.result = v.ok ? 'passed' : v.ok === null ? 'other' : reasons.length ? 'skipped' : 'failed';
    return run;
}

function tell(run) {
    const name = `${run.system} ${run.pair}: ${run.scenario.title}`;
    const { machine: m, gaps, frames } = run.figures;
    console.log(`-- ${name}: longest gap ${Math.round(gaps.longest)} ms, ${frames.decoded} of ${frames.sent} frames, ` +
        `CPU ${Math.round(100 * m.busy)} %, line late ${m.lineLate.toFixed(1)} ms, camera ${m.fps.toFixed(1)}/s`);
    for (const v of run.verdicts) {
        if (v.result !== 'other') tally[v.result]++;
        const why = v.result === 'skipped' ? `: the machine was too slow: ${run.figures.machine.reasons.join('; ')}` : '';
        console.log(`${{ passed: 'ok  ', failed: 'FAIL', skipped: 'SKIP', other: 'no  ' }[v.result]} ${name}: ${v.name}: ${v.value}${why}`);
    }
}

async function write(run) {
    const stem = join(options.out, `${run.system}-${run.pair}-${run.key}`);
    await writeFile(`${stem}.svg`, svg(run));
    await writeFile(`${stem}.csv`, csv(run));
    await writeFile(`${stem}.json`, JSON.stringify(run));
}

async function startLines(pair, camera) {
    const [publisher, viewer] = await Promise.all([Line.start(Number(options.seed)), Line.start(Number(options.seed) + 1000)]);
    const lines = { publisher, viewer };
    const kinds = { publisher: PAIRS[pair][0], viewer: PAIRS[pair][1] };
    for (const [who, line] of Object.entries(lines)) {
        const args = who === 'publisher' ? [`--use-file-for-fake-video-capture=${camera}`] : [];
        line.version = `${kinds[who]} ${await line.ask('browser', { kind: kinds[who], args })}`;
    }
    return lines;
}

/** Once, or twice if the first try fails: told aloud. */
async function attempt(system, lines, key, how, tries) {
    for (let n = 1; ; n++) {
        const run = await measure(system, lines, SCENARIOS[key], how).catch((error) => {
            if (n >= tries) throw error;
            console.log(`RETRY ${system.name} ${how.pair} ${key}: ${error.message}`);
            return null;
        });
        if (!run) continue;
        Object.assign(run, { key, versions: Object.values(lines).map((l) => l.version) });
        judge(run);
        if (n >= tries || run.verdicts.every((v) => v.result === 'passed')) return run;
        tell({ ...run, verdicts: [] });
        console.log(`RETRY ${system.name} ${how.pair} ${key}: ${run.verdicts.filter((v) => !v.ok).map((v) => `${v.name}: ${v.value}`).join('; ')}`);
    }
}

async function runSystem(system, lines, pair, devices, keys) {
    for (const line of Object.values(lines))
        for (const port of system.ports)
            await line.ask('relay', { port, to: { host: process.env.SALON_TEST_ADDRESS, port } });
    for (const key of keys) {
        const how = { pair, devices, drawn: PAIRS[pair][0] === 'firefox' };
        const run = await attempt(system, lines, key, how, options.short ? 2 : 1).catch((error) => {
            tally.failed++;
            console.log(`FAIL ${system.name} ${pair} ${key}: ${error.stack}`);
            return null;
        });
        if (!run) continue;
        tell(run);
        await write(run);
        runs.push(run);
    }
    await system.stop();
}

async function runPair(pair, camera, devices, keys) {
    const lines = await startLines(pair, camera);
    try {
        for (const name of options.system.split(',')) await runSystem(await SYSTEMS[name].start(), lines, pair, devices, keys);
    } finally {
        await Promise.all(Object.values(lines).map((line) => line.stop()));
    }
}

async function main() {
    const home = await mkdtemp(join(tmpdir(), 'salon-quality-'));
    await mkdir(options.out, { recursive: true });
    if (options.system.includes('janus')) execFileSync(new URL('install', import.meta.url).pathname, { stdio: 'inherit' });
    try {
        for (const { name, ok, value } of options.k ? [] : await checkLine()) {
            tally[ok ? 'passed' : 'failed']++;
            console.log(`${ok ? 'ok  ' : 'FAIL'} line: ${name}: ${value}`);
        }
        if (!options.check) {
            const devices = devicesOf(options.size);
            const camera = join(home, 'camera.y4m');
            await writeCamera(camera, devices);
            const keys = (options.short ? 'rates' : options.scenarios).split(',').filter((key) => new RegExp(options.k).test(key));
            for (const pair of options.pairs.split(',')) await runPair(pair, camera, devices, keys);
            const [, model] = /model name\s*: (.*)/.exec(execFileSync('cat', ['/proc/cpuinfo'], { encoding: 'utf8' })) ?? [];
            const text = `${cpus().length} × ${model}; ${[...new Set(runs.flatMap((r) => r.versions))].join(', ')}; camera ${options.size}\n\n` +
                `${targets(runs)}\n\n${table(runs)}\n`;
            await writeFile(join(options.out, 'report.md'), text);
            console.log(`\n${text}\nwritten to ${options.out}`);
        }
    } finally {
        await rm(home, { recursive: true, force: true });
    }
    console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
    process.exit(tally.failed ? 1 : 0);
}

await main();
