/** Tables, and pictures of a run over time. */
import { seconds } from './judge.js';

const percent = (v, digits = 1) => `${(100 * v).toFixed(digits)} %`;
const ms = (v) => (v === Infinity ? 'never' : `${Math.round(v)} ms`);
const mark = { passed: 'yes', failed: '**no**', other: 'no', skipped: '(not judged)' };

/** One row a run. */
export function table(runs) {
    const lines = [
        '| system | who | line | longest gap | freezes (sum) | frames lost | picture, Mbit/s | queue: peak, below 200 ms after | back to top | audio concealed | NACK / PLI | buffer |',
        '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ];
    for (const { system, pair, scenario, figures: f } of runs) {
        const fall = f.falls[0];
        lines.push(`| ${[system, pair, scenario.title, ms(f.gaps.longest),
            `${f.freezes} (${f.frozen.toFixed(1)} s)`, percent(f.frames.lost, 2), (f.bps / 1e6).toFixed(2),
            fall ? `${ms(f.queue)}, ${ms(fall.settled)}` : ms(f.queue),
            f.top === null ? '' : seconds(f.top),
            percent(f.concealed), `${f.nacks} / ${f.plis}`, ms(f.buffer)].join(' | ')} |`);
    }
    return lines.join('\n');
}

/** One row a target. */
export function targets(runs) {
    const lines = ['| system | who | line | promise | measured | kept |', '|---|---|---|---|---|---|'];
    for (const run of runs)
        for (const v of run.verdicts)
            lines.push(`| ${[run.system, run.pair, run.scenario.title, v.name, v.value, mark[v.result]].join(' | ')} |`);
    return lines.join('\n');
}

/** {t (s), v} of everything that is drawn or written down. */
function series(run) {
    const since = (t) => (t - run.begun) / 1000;
    const line = run.line.filter((r) => r.dir === run.way);
    const estimates = run.quality.flatMap(({ t, body }) => (body.members ?? [])
        .filter((m) => m.receives?.some((r) => r.participant)).map((m) => ({ t: since(t), v: m.downlink?.estimate_bps ?? 0 })));
    return {
        rate: line.map((r) => ({ t: since(r.t), v: r.rate })),
        sent: line.map((r) => ({ t: since(r.t), v: r.bytes * 80 })),
        estimate: estimates,
        queue: line.map((r) => ({ t: since(r.t), v: Math.max(r.queue_ms, r.queue_max_ms) })),
        width: run.viewer.frames.map(([t, , width]) => ({ t: since(t), v: width })),
        gap: run.viewer.frames.map(([t], i, all) => ({ t: since(t), v: i ? t - all[i - 1][0] : 0 })),
    };
}

function path(points, x, y, style) {
    const drawn = points.filter(({ t }) => t >= -2);
    if (!drawn.length) return '';
    return `<polyline fill="none" ${style} points="${drawn.map(({ t, v }) => `${x(t).toFixed(1)},${y(v).toFixed(1)}`).join(' ')}"/>`;
}

/** Three strips: rates, queue and gaps, width. */
export function svg(run) {
    const s = series(run);
    const [W, H, left] = [1000, 160, 60];
    const x = (t) => left + ((W - left - 10) * (t + 2)) / (run.scenario.seconds + 2);
    const strip = (n, most) => (v) => 20 + n * (H + 30) + H * (1 - Math.min(1, v / most));
    const rates = strip(0, 4e6), queues = strip(1, 1000), widths = strip(2, run.devices.width * 1.1);
    const label = (n, text) => `<text x="${left}" y="${14 + n * (H + 30)}">${text}</text>`;
    const seconds = Array.from({ length: Math.floor(run.scenario.seconds / 5) + 1 }, (_, i) => 5 * i)
        .map((t) => `<line x1="${x(t)}" x2="${x(t)}" y1="20" y2="${3 * (H + 30)}" stroke="#ddd"/><text x="${x(t)}" y="${3 * (H + 30) + 10}">${t}</text>`);
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${W}" height="${3 * (H + 30) + 20}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="white"/>${seconds.join('')}
${label(0, `${run.system} ${run.pair} ${run.scenario.title}: rate of the line (grey), through it (blue), estimate (red), 0 – 4 Mbit/s`)}
${label(1, 'queue (blue), time between pictures (orange), 0 – 1000 ms')}${label(2, 'width of the picture')}
${path(s.rate.filter(({ v }) => v), x, rates, 'stroke="#888" stroke-width="2"')}${path(s.sent, x, rates, 'stroke="#27c"')}${path(s.estimate, x, rates, 'stroke="#c22" stroke-width="2"')}
${path(s.queue, x, queues, 'stroke="#27c"')}${path(s.gap, x, queues, 'stroke="#e80"')}${path(s.width, x, widths, 'stroke="#273" stroke-width="2"')}
<line x1="${left}" x2="${W}" y1="${queues(200)}" y2="${queues(200)}" stroke="#aaa" stroke-dasharray="4"/><line x1="${left}" x2="${W}" y1="${queues(500)}" y2="${queues(500)}" stroke="#aaa" stroke-dasharray="4"/>
</svg>
`;
}

/** The same as lines "what,seconds,value". */
export function csv(run) {
    const lines = ['what,seconds,value'];
    for (const [what, points] of Object.entries(series(run)))
        for (const { t, v } of points) lines.push(`${what},${t.toFixed(3)},${Math.round(v)}`);
    return `${lines.join('\n')}\n`;
}
