/** Runs scenarios and writes what came of them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

const ALL = Object.keys(SCENARIOS).filter((key) => key !== 'short');
const HELP = `usage: tests/quality/run [OPTION...]
  --scenarios LIST  of ${Object.keys(SCENARIOS).join(', ')}; all but short by default
  --pairs LIST      publisher and viewer: cc, cf, fc (c: Chromium, f: Firefox); cc by default
  --system LIST     salon (default), janus (installed if it is not there)
  --size WxH@FPS    of the camera; 960x540@30 by default, @15 with --short
  --no-simulcast    one encoding
  --out DIR         tables, JSON, CSV and SVG; build/quality by default
  --seed N          of losses and jitter
  -k PATTERN        only scenarios whose name matches, and no check of the line
  --short           one scenario with a second try, for tools/test
  --check           only the line itself
`;

const { values: options } = parseArgs({
    options: {
        scenarios: { type: 'string', default: ALL.join(',') },
        pairs: { type: 'string', default: 'cc' },
        system: { type: 'string', default: 'salon' },
        size: { type: 'string' },
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
const INSTALL = new URL('install', import.meta.url).pathname;
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

const WORD = { passed: 'ok  ', failed: 'FAIL', skipped: 'SKIP', other: 'no  ' };

function tell(run) {
    const name = `${run.system} ${run.pair}: ${run.scenario.title}`;
    const { machine: m, gaps, frames } = run.figures;
    console.log(`-- ${name}: longest gap ${Math.round(gaps.longest)} ms, ${frames.decoded} of ${frames.sent} frames, ` +
        `CPU ${Math.round(100 * m.busy)} %, line late ${m.lineLate.toFixed(1)} ms, camera ${m.fps.toFixed(1)}/s`);
    for (const v of run.verdicts) {
        if (v.result !== 'other') tally[v.result]++;
        const why = v.result === 'skipped' ? `: the machine was too slow: ${m.reasons.join('; ')}` : '';
        console.log(`${WORD[v.result]} ${name}: ${v.name}: ${v.value}${why}`);
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

/** Measured and judged, or an error. */
async function once(system, lines, key, how) {
    const run = await measure(system, lines, SCENARIOS[key], how);
    return judge(Object.assign(run, { key, versions: Object.values(lines).map((l) => l.version) }));
}

/** A second try, told aloud, where one is allowed: a busy machine breaks promises that are times. */
async function attempt(system, lines, key, how, tries) {
    const first = await once(system, lines, key, how).catch((error) => ({ error, verdicts: [] }));
    const missed = first.verdicts.filter((v) => !v.ok);
    if (tries === 1 || (!first.error && missed.length === 0)) {
        if (first.error) throw first.error;
        return first;
    }
    console.log(`RETRY ${system.name} ${how.pair} ${key}: ` +
        (first.error?.message ?? missed.map((v) => `${v.name}: ${v.value}`).join('; ')));
    return once(system, lines, key, how);
}

function fail(name, error) {
    tally.failed++;
    console.log(`FAIL ${name}: ${error.stack}`);
}

async function runScenario(system, lines, pair, devices, key) {
    const how = { pair, devices, drawn: PAIRS[pair][0] === 'firefox' };
    try {
        const run = await attempt(system, lines, key, how, options.short ? 2 : 1);
        tell(run);
        await write(run);
        runs.push(run);
    } catch (error) {
        if (!error.starved) {
            fail(`${system.name} ${pair} ${key}`, error);
            return;
        }
        tally.skipped++;
        console.log(`SKIP ${system.name} ${pair} ${key}: the machine cannot encode this camera: ${error.message}`);
    }
}

async function runSystem(name, lines, pair, devices, keys) {
    const system = await SYSTEMS[name].start();
    for (const line of Object.values(lines))
        for (const port of system.ports)
            await line.ask('relay', { port, to: { host: process.env.SALON_TEST_ADDRESS, port } });
    for (const key of keys) await runScenario(system, lines, pair, devices, key);
    await system.stop().catch((error) => fail(`${name} ends well`, error));
}

async function runPairs(home, keys) {
    const devices = devicesOf(options.size ?? (options.short ? '960x540@15' : '960x540@30'));
    const camera = join(home, 'camera.y4m');
    await writeCamera(camera, devices);
    for (const pair of options.pairs.split(',')) {
        const lines = await startLines(pair, camera);
        try {
            for (const name of options.system.split(',')) await runSystem(name, lines, pair, devices, keys);
        } finally {
            await Promise.all(Object.values(lines).map((line) => line.stop()));
        }
    }
    const [, model] = /model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
    const text = `${cpus().length} × ${model}; ${[...new Set(runs.flatMap((r) => r.versions))].join(', ')}; ` +
        `camera ${devices.width}x${devices.height} at ${devices.fps}/s\n\n${targets(runs)}\n\n${table(runs)}\n`;
    await writeFile(join(options.out, 'report.md'), text);
    console.log(`\n${text}\nwritten to ${options.out}`);
}

async function main() {
    const wanted = new RegExp(options.k);
    const keys = (options.short ? 'short' : options.scenarios).split(',').filter((key) => wanted.test(key));
    const wrong = keys.find((key) => !SCENARIOS[key]) ?? options.pairs.split(',').find((pair) => !PAIRS[pair]);
    if (wrong) throw new Error(`there is no ${wrong}`);
    const home = await mkdtemp(join(tmpdir(), 'salon-quality-'));
    await mkdir(options.out, { recursive: true });
    if (options.system.includes('janus')) execFileSync(INSTALL, { stdio: 'inherit' });
    try {
        for (const { name, ok, value } of options.k ? [] : await checkLine()) {
            tally[ok ? 'passed' : 'failed']++;
            console.log(`${ok ? 'ok  ' : 'FAIL'} line: ${name}: ${value}`);
        }
        if (!options.check && keys.length > 0) await runPairs(home, keys);
    } finally {
        await rm(home, { recursive: true, force: true });
    }
    console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
    process.exit(tally.failed ? 1 : 0);
}

await main();
