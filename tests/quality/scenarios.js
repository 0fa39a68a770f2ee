/**
 * The bad lines. Rates are of IP packets at the viewer's downlink unless `side` says publisher; steps are
 * [seconds since the begin, command]. `targets` are judged in judge.js; what has none is only told.
 */
const RTT80 = 'down delay=40; up delay=40';
const QUEUE = 1000; // ms that may wait at the bottleneck: a deep buffer, as home routers have

const rate = (r) => `down rate=${r} queue=${QUEUE}`;

export const SCENARIOS = {
    rates: {
        title: '3 → 1 → 0.3 → 3 Mbit/s, 40 ms each way',
        first: `${RTT80}; ${rate('3m')}`,
        steps: [[0, 'down rate=3m'], [10, 'down rate=1m'], [30, 'down rate=0.3m'], [50, 'down rate=3m']],
        seconds: 75,
        targets: { falls: [[10, 30]], noFreeze: [10, 75], top: [50, 5] },
    },
    short: { // the same for the impatient and for a busy machine: of tools/test
        title: '3 → 1 → 0.3 → 3 Mbit/s, quickly',
        first: `${RTT80}; ${rate('3m')}`,
        steps: [[0, 'down rate=3m'], [6, 'down rate=1m'], [18, 'down rate=0.3m'], [30, 'down rate=3m']],
        seconds: 42,
        targets: { noFreeze: [6, 42], top: [30, 12] },
        limits: { freeze: 8000 },
    },
    loss5: {
        title: '5 % loss, 80 ms RTT',
        first: RTT80,
        steps: [[5, 'down loss=5']],
        seconds: 45,
        targets: { frames: [10, 45, 0.01], noFreeze: [7, 45] },
    },
    loss10: {
        title: '10 % loss, 80 ms RTT',
        first: RTT80,
        steps: [[5, 'down loss=10']],
        seconds: 45,
        targets: {},
    },
    bursts: {
        title: '5 % loss in bursts of 4, 80 ms RTT',
        first: RTT80,
        steps: [[5, 'down loss=5 burst=4']],
        seconds: 45,
        targets: {},
    },
    jitter: {
        title: '200 ms jitter, in order',
        first: RTT80,
        steps: [[5, 'down jitter=200']],
        seconds: 45,
        targets: {},
    },
    reorder: {
        title: '200 ms jitter, out of order',
        first: RTT80,
        steps: [[5, 'down jitter=200 reorder=1']],
        seconds: 45,
        targets: {},
    },
    uplink: {
        title: "publisher's uplink 3 → 1 → 3 Mbit/s",
        side: 'publisher',
        first: `${RTT80}; up rate=3m queue=${QUEUE}`,
        steps: [[0, 'up rate=3m'], [10, 'up rate=1m'], [35, 'up rate=3m']],
        seconds: 65,
        targets: {},
    },
    steady: {
        title: '10 Mbit/s, nothing wrong',
        first: `${RTT80}; ${rate('10m')}`,
        steps: [],
        seconds: 30,
        targets: { frames: [3, 30, 0.01], noFreeze: [3, 30] },
    },
};

/** Who sends and who watches. */
export const PAIRS = {
    cc: ['chromium', 'chromium'],
    cf: ['chromium', 'firefox'],
    fc: ['firefox', 'chromium'],
};
