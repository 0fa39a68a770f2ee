/** Tables, and pictures of a run over time. */
import { seconds } from './judge.js';

const percent = (v, digits = 1) => `${(100 * v).toFixed(digits)} %`;
const ms = (v) => (v === Infinity ? 'never' : `${Math.round(v)} ms`);
const mark = { passed: 'yes', failed: '**no**', other: 'no', skipped: '(not judged)' };

const COLUMNS = ['system', 'who', 'line', 'longest gap', 'freezes (sum)', 'frames lost', 'Mbit/s', 'longest queue',
    'below 200 ms after', 'top again after', 'audio concealed', 'NACK / PLI', 'buffer'];
const row = (cells) => `| ${cells.join(' | ')} |`;
const head = (names) => [row(names), row(names.map(() => '---'))];

/** One row a run. */
export function table(runs) {
    const lines = head(COLUMNS);
    for (const { system, pair, scenario, figures: f } of runs) {
        lines.push(row([system, pair, scenario.title, ms(f.gaps.longest), `${f.freezes} (${f.frozen.toFixed(1)} s)`,
            percent(f.frames.lost, 2), (f.bps / 1e6).toFixed(2), ms(f.queue),
            f.falls.map(({ settled }) => ms(settled)).join(', '), f.top === null ? '' : seconds(f.top),
            percent(f.concealed), `${f.nacks} / ${f.plis}`, ms(f.buffer)]));
    }
    return lines.join('\n');
}

/** One row a target. */
export function targets(runs) {
    const lines = head(['system', 'who', 'line', 'promise', 'measured', 'kept']);
    for (const { system, pair, scenario, verdicts } of runs)
        for (const v of verdicts) lines.push(row([system, pair, scenario.title, v.name, v.value, mark[v.result]]));
    return lines.join('\n');
}

/** {t (s), v} of everything that is drawn or written down. */
function series(run) {
    const since = (t) => (t - run.begun) / 1000;
    const line = run.line.filter((r) => r.dir === run.way);
    const viewer = (body) => (body.members ?? []).find((m) => m.receives?.some((r) => r.participant));
    const estimates = run.quality.map(({ t, body }) => ({ t: since(t), v: viewer(body)?.downlink?.estimate_bps ?? 0 }));
    return {
        rate: line.map((r) => ({ t: since(r.t), v: r.rate })),
        sent: line.map((r) => ({ t: since(r.t), v: r.bytes * 80 })),
        estimate: estimates,
        queue: line.map((r) => ({ t: since(r.t), v: Math.max(r.queue_ms, r.queue_max_ms) })),
        width: run.viewer.frames.map(([t, , width]) => ({ t: since(t), v: width })),
        gap: run.viewer.frames.map(([t], i, all) => ({ t: since(t), v: i ? t - all[i - 1][0] : 0 })),
    };
}

function path(points, x, y, colour) {
    const drawn = points.filter(({ t }) => t >= -2).map(({ t, v }) => `${x(t).toFixed(1)},${y(v).toFixed(1)}`);
    return drawn.length ? `<polyline fill="none" stroke="${colour}" points="${drawn.join(' ')}"/>` : '';
}

/** Three strips: rates, queue and gaps, width. */
export function svg(run) {
    const s = series(run);
    const [W, H, left] = [1000, 160, 60];
    const bottom = 3 * (H + 30);
    const x = (t) => left + ((W - left - 10) * (t + 2)) / (run.scenario.seconds + 2);
    const strip = (n, most) => (v) => 20 + n * (H + 30) + H * (1 - Math.min(1, v / most));
    const rates = strip(0, 4e6), queues = strip(1, 1000), widths = strip(2, run.devices.width * 1.1);
    const label = (n, text) => `<text x="${left}" y="${14 + n * (H + 30)}">${text}</text>`;
    const limit = (ms) => `<line x1="${left}" x2="${W}" y1="${queues(ms)}" y2="${queues(ms)}" stroke="#aaa"/>`;
    const grid = Array.from({ length: Math.floor(run.scenario.seconds / 5) + 1 }, (_, i) => 5 * i)
        .map((t) => `<line x1="${x(t)}" x2="${x(t)}" y1="20" y2="${bottom}" stroke="#ddd"/>` +
            `<text x="${x(t)}" y="${bottom + 10}">${t}</text>`);
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${W}" height="${bottom + 20}" font-family="sans-serif" font-size="11">`,
        '<rect width="100%" height="100%" fill="white"/>', ...grid,
        label(0, `${run.system} ${run.pair} ${run.scenario.title}: the line (grey), what it carried (blue), ` +
            'the estimate (red), 0 to 4 Mbit/s'),
        label(1, 'queue (blue), time between pictures (orange), 0 to 1000 ms; 200 and 500 ms'),
        label(2, 'width of the picture'), limit(200), limit(500),
        path(s.rate.filter(({ v }) => v), x, rates, '#888'), path(s.sent, x, rates, '#27c'),
        path(s.estimate, x, rates, '#c22'), path(s.queue, x, queues, '#27c'), path(s.gap, x, queues, '#e80'),
        path(s.width, x, widths, '#273'), '</svg>', '',
    ].join('\n');
}

/** The same as lines "what,seconds,value". */
export function csv(run) {
    const lines = ['what,seconds,value'];
    for (const [what, points] of Object.entries(series(run)))
        for (const { t, v } of points) lines.push(`${what},${t.toFixed(3)},${Math.round(v)}`);
    return `${lines.join('\n')}\n`;
}
