/**
 * From what was noted to figures, and from figures to verdicts. Times are ms since 1970, as the page and
 * the emulator had them; windows are seconds since the begin of the scenario.
 */

export const QUEUE_LIMIT = 200, FREEZE_LIMIT = 500;
const QUEUE_CALM = 50; // ms: nothing but a frame's own packets waits

const sum = (list) => list.reduce((a, b) => a + b, 0);
const max = (list) => list.reduce((a, b) => Math.max(a, b), 0);
const inside = (run, [from, to]) => ({ t }) => t >= run.begun + from * 1000 && t <= run.begun + to * 1000;

function percentile(list, share) {
    const sorted = [...list].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

const report = (sample, type, kind) => sample.reports.filter((r) => r.type === type && (!kind || r.kind === kind));

/** The inbound report of one kind that has the most; there is one publisher. */
function inbound(sample, kind) {
    const some = report(sample, 'inbound-rtp', kind);
    return some.sort((a, b) => (b.packetsReceived ?? 0) - (a.packetsReceived ?? 0))[0] ?? {};
}

/** How much a counter rose from the first to the last sample in the window. */
function rise(samples, read) {
    const values = samples.map(read).filter((v) => v !== undefined);
    return values.length ? values.at(-1) - values[0] : 0;
}

/** A counter's value at a time, between its samples. */
function at(points, t) {
    const next = points.findIndex((p) => p.t >= t);
    if (next < 0) return points.at(-1)?.v ?? 0;
    if (next === 0) return points[0].v;
    const [a, b] = [points[next - 1], points[next]];
    return a.v + ((b.v - a.v) * (t - a.t)) / (b.t - a.t || 1);
}

/** Frames the publisher sent of the layer that the viewer had, while the viewer decoded some. */
export function frames(run, window) {
    const seen = run.viewer.samples.filter(inside(run, window))
        .map((s) => ({ t: s.t, ...inbound(s, 'video') })).filter((s) => s.framesDecoded !== undefined);
    const layers = new Map();
    for (const s of run.publisher.samples) {
        for (const r of report(s, 'outbound-rtp', 'video')) {
            const key = r.rid ?? '';
            if (!layers.has(key)) layers.set(key, { width: 0, points: [] });
            const layer = layers.get(key);
            layer.width = r.frameWidth ?? layer.width;
            layer.points.push({ t: s.t, v: r.framesSent ?? 0 });
        }
    }
    let sent = 0;
    for (let i = 1; i < seen.length; i++) {
        const near = [...layers.values()].sort((a, b) => Math.abs(a.width - (seen[i].frameWidth ?? 0)) -
            Math.abs(b.width - (seen[i].frameWidth ?? 0)))[0];
        if (near) sent += at(near.points, seen[i].t) - at(near.points, seen[i - 1].t);
    }
    const decoded = seen.length ? seen.at(-1).framesDecoded - seen[0].framesDecoded : 0;
    return { sent: Math.round(sent), decoded, lost: sent > 0 ? Math.max(0, 1 - decoded / sent) : 1 };
}

/** The longest time without a new picture, in ms, and how often it was over the limit. */
export function gaps(run, window, limit = FREEZE_LIMIT) {
    const [from, to] = window.map((s) => run.begun + s * 1000);
    const times = run.viewer.frames.map(([t]) => t).filter((t) => t >= from && t <= to);
    const steps = [from, ...times, to].map((t, i, all) => (i ? t - all[i - 1] : 0));
    return { longest: max(steps), freezes: steps.filter((s) => s > limit).length, shown: times.length };
}

/** The queue at the bottleneck: {t, ms}, the worst of each report. */
function queue(run, window) {
    return run.line.filter(inside(run, window)).filter((r) => r.dir === run.way)
        .map((r) => ({ t: r.t, ms: Math.max(r.queue_ms, r.queue_max_ms) }));
}

/** After the rate fell at window[0]: how the queue went. */
export function fall(run, window) {
    const begun = run.begun + window[0] * 1000;
    const all = queue(run, window);
    // It has settled when it stays below the limit for a whole second; at once if it never rose so far.
    const high = all.findIndex(({ ms }) => ms >= QUEUE_LIMIT);
    const calm = all.find(({ t }, i) => i > high &&
        all.slice(i).every((q) => q.t > t + 1000 || q.ms < QUEUE_LIMIT));
    // Who sends less than the line now carries meets the fall later, when he sends more.
    const met = all.slice(0, Math.max(high, 0)).findLast(({ ms }) => ms < QUEUE_CALM)?.t ?? begun;
    const settled = high < 0 ? 0 : calm ? calm.t - Math.max(met, begun) : Infinity;
    const after = all.filter(({ t }) => t >= begun + 1000);
    return {
        peak: max(all.map(({ ms }) => ms)), settled,
        high: after.length ? after.filter(({ ms }) => ms >= QUEUE_LIMIT).length / after.length : 0,
        mean: after.length ? sum(after.map(({ ms }) => ms)) / after.length : 0,
    };
}

/**
 * How long after `from` (seconds) the widest picture came back, in ms. Infinity: never; NaN: it was
 * there all the time, on a line that cannot carry it.
 */
export function top(run, from) {
    const begun = run.begun + from * 1000;
    const wide = ([, , width]) => width >= run.devices.width;
    const before = run.viewer.frames.filter(([t]) => t < begun).at(-1);
    if (before && wide(before)) return NaN;
    const frame = run.viewer.frames.find((f) => f[0] >= begun && wide(f));
    return frame ? frame[0] - begun : Infinity;
}

/** What the machine did to the measurement. */
function machine(run, window) {
    const sent = run.publisher.samples.filter(inside(run, window));
    const limited = sent.filter((s) => report(s, 'outbound-rtp', 'video')
        .some((r) => r.qualityLimitationReason === 'cpu'));
    const late = run.line.filter(inside(run, window)).map((r) => r.late_ms);
    const ticks = run.viewer.samples.filter(inside(run, window)).map(({ t }, i, all) => (i ? t - all[i - 1].t : 0));
    const layers = {};
    for (const s of sent)
        for (const r of report(s, 'outbound-rtp', 'video'))
            (layers[r.rid ?? ''] ??= []).push({ v: r.framesSent ?? 0, t: s.t });
    const pace = (p) => (1000 * (p.at(-1).v - p[0].v)) / (p.at(-1).t - p[0].t || 1);
    const fps = max(Object.values(layers).map(pace));
    const found = {
        cpuShare: sent.length ? limited.length / sent.length : 0, fps, busy: run.busy,
        lineLate: percentile(late, 0.99), lineLateMax: max(late), pageLate: Math.max(0, max(ticks) - run.every),
    };
    found.reasons = [
        found.cpuShare > 0.1 && `the encoder was short of CPU in ${Math.round(100 * found.cpuShare)} % of the time`,
        found.lineLate > 20 && `the line itself was ${found.lineLate.toFixed(0)} ms late`,
        found.pageLate > 700 && `the viewer's page stood still for ${found.pageLate.toFixed(0)} ms`,
        found.fps < 0.8 * run.devices.fps && `the camera gave ${found.fps.toFixed(1)} frames a second`,
    ].filter(Boolean);
    return found;
}

/** All figures of a run. */
export function figures(run) {
    const window = [run.scenario.steps[0]?.[0] ?? 0, run.scenario.seconds];
    const seen = run.viewer.samples.filter(inside(run, window));
    const video = (name) => rise(seen, (s) => inbound(s, 'video')[name]);
    const audio = (name) => rise(seen, (s) => inbound(s, 'audio')[name]);
    const emitted = video('jitterBufferEmittedCount');
    const line = run.line.filter(inside(run, window)).filter((r) => r.dir === run.way);
    return {
        frames: frames(run, window), gaps: gaps(run, window),
        freezes: video('freezeCount'), frozen: video('totalFreezesDuration'),
        lost: video('packetsLost'), received: video('packetsReceived'), nacks: video('nackCount'),
        plis: video('pliCount'), keyframes: video('keyFramesDecoded'),
        buffer: emitted ? (1000 * video('jitterBufferDelay')) / emitted : 0,
        concealed: audio('totalSamplesReceived') ? audio('concealedSamples') / audio('totalSamplesReceived') : 1,
        bps: (8000 * sum(line.map((r) => r.bytes))) / ((line.at(-1)?.t ?? 1) - (line[0]?.t ?? 0) || 1),
        dropped: sum(line.map((r) => r.dropped)), queue: max(queue(run, window).map(({ ms }) => ms)),
        falls: run.scenario.steps.filter(([, text], i, all) => i > 0 && lower(text, all[i - 1][1]))
            .map(([from], i) => ({ from, ...fall(run, [from, next(run, from)]) })),
        top: run.scenario.targets.top ? top(run, run.scenario.targets.top[0]) : null,
        machine: machine(run, window),
    };
}

const rateOf = (text) => {
    const [, value, unit] = /rate=([\d.]+)([mk]?)/.exec(text) ?? [];
    return value === undefined ? NaN : value * { m: 1e6, k: 1e3, '': 1 }[unit];
};
const lower = (text, before) => rateOf(text) < rateOf(before);
const next = (run, from) => run.scenario.steps.find(([t]) => t > from)?.[0] ?? run.scenario.seconds;

/** For people: a time that top() gave. */
export function seconds(ms) {
    if (Number.isNaN(ms)) return 'never left';
    return ms === Infinity ? 'never' : `${(ms / 1000).toFixed(1)} s`;
}

/** Did it hold? Each {name, value, ok}. */
export function verdicts(run) {
    const { targets, limits } = run.scenario;
    const { freeze } = { freeze: FREEZE_LIMIT, ...limits };
    const found = [];
    const say = (name, value, ok) => found.push({ name, value, ok });
    for (const window of targets.falls ?? []) {
        const f = fall(run, window);
        say(`the queue is below 200 ms within 1 s of when it began to grow`,
            `${f.settled === Infinity ? 'never' : `${Math.round(f.settled)} ms`}, peak ${Math.round(f.peak)} ms`,
            f.settled <= 1000);
        say('and stays so', `${(100 * f.high).toFixed(1)} % of the time above`, f.high <= 0.05);
    }
    if (targets.noFreeze) {
        const g = gaps(run, targets.noFreeze, freeze);
        say(`no picture is missing for more than ${freeze} ms`,
            `longest ${Math.round(g.longest)} ms, ${g.freezes} too long`, g.freezes === 0);
    }
    if (targets.top) {
        const ms = top(run, targets.top[0]);
        say(`the top layer returns within ${targets.top[1]} s`, seconds(ms), ms <= targets.top[1] * 1000);
    }
    if (targets.frames) {
        const [from, to, most] = targets.frames;
        const f = frames(run, [from, to]);
        say(`fewer than ${100 * most} % of the frames are lost`, `${(100 * f.lost).toFixed(2)} % of ${f.sent}`, f.lost < most);
    }
    return found;
}
