import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fill, languages, load } from '../../src/web/lang/index.js';
import { Meter } from '../../src/web/lib/stats.js';
import { isReason, troubleOf, Words } from '../../src/web/room/explain.js';

const REASONS = [
    ...['udp_blocked', 'ice_failed', 'dtls_failed', 'room_full', 'codec_unsupported'],
    ...['bandwidth_limited', 'server_limited', 'source_limited', 'cpu_limited'],
    ...['muted', 'paused'],
];

/** Words in a language. */
async function wordsIn(lang) {
    const texts = await load(lang);
    return new Words((key, values) => fill(texts[key], values), lang);
}

test('every reason has a sentence in every language', async () => {
    for (const lang of languages) {
        const words = await wordsIn(lang);
        for (const reason of REASONS) {
            assert.ok(isReason(reason));
            assert.match(words.why(reason), /^\p{Lu}.{10,}\.$/u, `${lang} ${reason}`);
        }
        assert.equal(words.why(''), '');
        assert.match(words.why('of_tomorrow'), /of_tomorrow/);
    }
});

test('numbers are said as the language has them', async () => {
    const french = await wordsIn('fr');
    const english = await wordsIn('en');
    assert.equal(english.rate(1_700_000), '1.7\u00a0Mbit/s');
    assert.equal(french.rate(1_700_000), '1,7\u00a0Mbit/s');
    assert.equal(english.rate(999_400), '999\u00a0kbit/s');
    assert.equal(english.rate(undefined), '');
    assert.equal(english.percent(0.0123), '1.2 %');
    assert.equal(english.size({ width: 640, height: 360 }, 29.97), '640 × 360, 30 per second');
    assert.equal(english.size({ width: 0, height: 0 }), '');
    assert.equal(
        english.why('bandwidth_limited', { estimate: 900_000, wanted: 1_700_000 }),
        'Your connection carries about 900\u00a0kbit/s; all you look at would take 1.7\u00a0Mbit/s.',
    );
});

test('what keeps our own picture small is told, of what is sent only', async () => {
    const words = await wordsIn('en');
    const encoding = (active, limit) => ({ active, limit });
    assert.match(words.ownWhy([encoding(true, 'none'), encoding(true, 'cpu')]), /computer/);
    assert.match(words.ownWhy([encoding(true, 'bandwidth')]), /connection/);
    assert.equal(words.ownWhy([encoding(true, 'none'), encoding(false, 'cpu')]), '');
});

test('why nothing gets through', () => {
    const path = (connected, heard) => ({ connected, heard });
    assert.equal(troubleOf(path(true, true), 'ice_timeout'), '');
    assert.equal(troubleOf(path(false, false), ''), 'udp_blocked');
    assert.equal(troubleOf(path(false, true), 'consent_expired'), 'ice_failed');
    assert.equal(troubleOf(path(false, true), 'dtls_failed'), 'dtls_failed');
});

/** A connection whose statistics are these. */
function connection(...reports) {
    return {
        connectionState: 'connected',
        getStats: async () => new Map(reports.shift().map((stat) => [stat.id, stat])),
        getTransceivers: () => [
            {
                mid: '1',
                sender: {
                    getParameters: () => ({
                        encodings: [
                            { rid: 'q', active: true },
                            { rid: 'f', active: false },
                        ],
                    }),
                },
            },
        ],
    };
}

const codec = { id: 'C', type: 'codec', mimeType: 'video/VP8' };
const pair = {
    ...{ id: 'P', type: 'candidate-pair', nominated: true, state: 'succeeded' },
    ...{ currentRoundTripTime: 0.031, responsesReceived: 3, localCandidateId: 'L' },
};
const local = { id: 'L', type: 'local-candidate', protocol: 'udp' };

test('rates are what came since the last look at the same connection', async () => {
    const inbound = (timestamp, bytesReceived, packetsReceived, packetsLost) => ({
        ...{ id: 'I', type: 'inbound-rtp', mid: '3', timestamp, bytesReceived },
        ...{ packetsReceived, packetsLost, jitter: 0.004, codecId: 'C', framesPerSecond: 30 },
    });
    const outbound = (rid, timestamp, bytesSent) => ({
        ...{ id: `O${rid}`, type: 'outbound-rtp', mid: '1', rid, timestamp, bytesSent },
        qualityLimitationReason: 'cpu',
    });
    const pc = connection(
        [codec, pair, local, inbound(1000, 5000, 100, 0), outbound('q', 1000, 0)],
        [
            codec,
            inbound(3000, 255000, 190, 10),
            outbound('q', 3000, 25000),
            outbound('f', 3000, 9),
        ],
    );
    const meter = new Meter();
    const first = await meter.look(pc);
    assert.deepEqual(first.path, {
        ...{ connected: true, heard: true, rttMs: 31, outgoingBps: undefined, protocol: 'udp' },
    });
    assert.equal(first.incoming.get('3').bps, 0);
    const second = await meter.look(pc);
    const { bps, loss, jitterMs, codec: name, fps } = second.incoming.get('3');
    assert.deepEqual([bps, loss, jitterMs, name, fps], [1_000_000, 0.1, 4, 'VP8', 30]);
    const [q, f] = second.outgoing;
    assert.deepEqual(
        [q.bps, q.active, q.limit, f.bps, f.active],
        [100_000, true, 'cpu', 0, false],
    );
    assert.equal((await meter.look(null)).outgoing.length, 0);
});

test('a connection that never answers counts nothing, and keeps nobody waiting', async () => {
    const closed = { connectionState: 'closed', getStats: () => new Promise(() => {}) };
    const { incoming, outgoing, path } = await new Meter().look(closed);
    assert.deepEqual([incoming.size, outgoing, path.connected], [0, [], false]);
});
