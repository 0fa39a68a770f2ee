/** Networks that let no UDP through: nftables drops it between the browsers and the workers. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

const nft = (rules) => execFileSync('nft', ['-f', '-'], { input: rules, stdio: ['pipe', 'ignore', 'inherit'] });

/** Drops all UDP between browsers and the media ports; TCP stays as it is. */
function blockUdp() {
    nft(`table inet salon_test {
        chain out { type filter hook output priority 0; udp dport 40000-41000 drop; udp sport 40000-41000 drop; }
    }`);
}

const unblockUdp = () => nft('table inet salon_test; delete table inet salon_test');

/** What carries the media of this page: "udp" or "tcp". */
const protocol = (person) => person.page.until('a chosen candidate pair', async () => {
    const stats = await window.salonRoom.connection.getStats();
    const pair = [...stats.values()].find((s) => s.type === 'candidate-pair' && s.state === 'succeeded' && s.nominated);
    return pair && stats.get(pair.remoteCandidateId)?.protocol;
});

for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: with UDP blocked the call stands over TCP within 5 s`, async (t) => {
        const server = await t.server();
        const link = await server.room();
        blockUdp();
        try {
            const ada = t.keep(await Person.arrive(await t.browser(kind), link, 'Ada'));
            await ada.pressStart();
            const began = Date.now();
            await ada.page.until('media', () => window.salonRoom?.connection?.connectionState === 'connected', { every: 50 });
            const seconds = (Date.now() - began) / 1000;
            assert.equal(await protocol(ada), 'tcp');
            // The promise is the product's; a server under sanitizers takes longer.
            const promised = process.env.BUILD?.includes('asan') ? 10 : 5;
            assert.ok(seconds < promised, `it took ${seconds} s`);
            const blaise = t.keep(await Person.join(await t.browser(kind === 'chromium' ? 'firefox' : 'chromium'), link, 'Blaise'));
            await ada.meets(blaise);
            await blaise.meets(ada);
        } finally {
            unblockUdp();
        }
    });
}

test('a call whose network begins to drop UDP goes on over TCP', async (t) => {
    const server = await t.server();
    const link = await server.room();
    const ada = t.keep(await Person.join(await t.browser('chromium'), link, 'Ada'));
    const blaise = t.keep(await Person.join(await t.browser('chromium'), link, 'Blaise'));
    await ada.meets(blaise);
    assert.equal(await protocol(ada), 'udp');
    blockUdp();
    try {
        await ada.page.until('another way', async () => {
            const stats = await window.salonRoom.connection.getStats();
            return [...stats.values()].some((s) => s.type === 'candidate-pair' && s.state === 'succeeded' && s.nominated &&
                stats.get(s.remoteCandidateId)?.protocol === 'tcp');
        }, { timeout: 40000 });
        await ada.meets(blaise);
        await blaise.meets(ada);
    } finally {
        unblockUdp();
    }
});
