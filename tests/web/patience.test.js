import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Patience } from '../../src/web/lib/patience.js';

/** A connection with one picture, of which `nackCount` can be set. */
function line(rtt) {
    const receiver = { track: { id: 't', kind: 'video' }, jitterBufferTarget: null };
    const inbound = { type: 'inbound-rtp', trackIdentifier: 't', nackCount: 0 };
    const pair = { type: 'candidate-pair', nominated: true, currentRoundTripTime: rtt };
    const pc = {
        getReceivers: () => [receiver, { track: { id: 'a', kind: 'audio' } }],
        getStats: async () =>
            new Map([
                ['i', inbound],
                ['p', pair],
            ]),
    };
    return { pc, receiver, inbound };
}

async function looks(patience, count, inbound, nacks) {
    for (let i = 0; i < count; i++) {
        inbound.nackCount += nacks;
        await patience.look();
    }
}

test('a picture waits for repairs while packets are lost, and no longer', async (t) => {
    const { pc, receiver, inbound } = line(0.08);
    const patience = new Patience();
    patience.watch(pc);
    t.after(() => patience.stop());
    await looks(patience, 5, inbound, 0);
    assert.equal(receiver.jitterBufferTarget, null);
    await looks(patience, 1, inbound, 30); // one bad second alone
    assert.equal(receiver.jitterBufferTarget, null);
    await looks(patience, 1, inbound, 3);
    assert.equal(receiver.jitterBufferTarget, 360);
    await looks(patience, 19, inbound, 0);
    assert.equal(receiver.jitterBufferTarget, 360);
    await looks(patience, 2, inbound, 0);
    assert.equal(receiver.jitterBufferTarget, null);
});

test('nobody waits longer than 600 ms, and old browsers are left alone', async (t) => {
    const { pc, receiver, inbound } = line(2);
    const patience = new Patience();
    patience.watch(pc);
    t.after(() => patience.stop());
    await looks(patience, 4, inbound, 5);
    assert.equal(receiver.jitterBufferTarget, 600);
    delete receiver.jitterBufferTarget;
    await looks(patience, 4, inbound, 5);
    assert.ok(!('jitterBufferTarget' in receiver));
});
