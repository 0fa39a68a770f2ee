/** Networks that let no UDP through: nftables drops it between the browsers and the workers. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

/** These rules in place of whatever a test before has left. */
const nft = (rules) => execFileSync('nft', ['-f', '-'],
    { input: `table inet salon_test; delete table inet salon_test; ${rules}`, stdio: ['pipe', 'ignore', 'inherit'] });

/** Drops all UDP between browsers and the media ports; TCP stays as it is. */
function blockUdp() {
    nft(`table inet salon_test {
        chain out { type filter hook output priority 0; udp dport 40000-41000 drop; udp sport 40000-41000 drop; }
    }`);
}

const unblockUdp = () => nft('');

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

test('where the server has IPv6 alone, Chromium and Firefox come over it', async (t) => {
    const server = await t.ownServer({ args: ['--announce', 'fd77::1'] });
    const link = await server.room();
    const people = [];
    for (const [kind, name] of [['chromium', 'Ada'], ['firefox', 'Blaise']])
        people.push(t.keep(await Person.join(await t.browser(kind), link, name)));
    await people[0].meets(people[1]);
    await people[1].meets(people[0]);
    for (const person of people) {
        const address = await person.page.call(async () => {
            const stats = await window.salonRoom.connection.getStats();
            const pair = [...stats.values()].find((s) => s.type === 'candidate-pair' && s.state === 'succeeded' && s.nominated);
            return stats.get(pair.remoteCandidateId).address;
        });
        assert.equal(address.replace(/[[\]]/g, ''), 'fd77::1');
    }
});

const SECRET = 'correct horse battery';
const HERE = process.env.SALON_TEST_ADDRESS;

/** Does somebody listen there? */
const answers = (port) => new Promise((resolve) => {
    const socket = connect(port, HERE, () => resolve(true)).once('error', () => resolve(false)).once('connect', () => socket.destroy());
});

/** Debian's coturn with a shared secret and a certificate of its own; ends with the test. */
async function startRelay(folder) {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-out', 'cert.pem',
        '-days', '2', '-subj', `/CN=${HERE}`], { cwd: folder, stdio: 'ignore' });
    const relay = spawn('turnserver', ['-n', '--no-cli', '--use-auth-secret', `--static-auth-secret=${SECRET}`, '--realm=salon',
        `--listening-ip=${HERE}`, `--relay-ip=${HERE}`, '--listening-port=3478', '--tls-listening-port=5349', '--cert=cert.pem',
        '--pkey=key.pem', '--min-port=61000', '--max-port=61400', '--log-file=stdout', '--no-rfc5780',
        `--pidfile=${folder}/pid`, `--userdb=${folder}/db`], { cwd: folder, stdio: 'ignore' });
    for (let tries = 0; !await answers(5349); tries++) {
        if (tries === 100 || relay.exitCode !== null) throw new Error('coturn does not start');
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return relay;
}

/** Nothing reaches the media ports but what comes from the relay's; `more` rules besides. */
function onlyRelay(more = '') {
    nft(`table inet salon_test {
        chain out {
            type filter hook output priority 0;
            tcp dport 40000-41000 reject with tcp reset
            udp dport 40000-41000 udp sport != 61000-61400 drop
            udp sport 40000-41000 udp dport != 61000-61400 drop
            ${more}
        }
    }`);
}

/** Waits until the page speaks to its relay by this protocol; Firefox does not tell which. */
const relayed = (person, wanted) => person.page.until(`a relay by ${wanted}`, async (protocol) => {
    const stats = await window.salonRoom.connection.getStats();
    return [...stats.values()].some((s) => {
        const local = s.type === 'candidate-pair' && s.state === 'succeeded' && s.nominated && stats.get(s.localCandidateId);
        return local?.candidateType === 'relay' && (local.relayProtocol ?? protocol) === protocol;
    });
}, { args: [wanted], timeout: 30000 });

/** Runs `act` with a server whose clients have nothing but our coturn to get through. */
async function behindRelay(t, rules, act) {
    const folder = await mkdtemp(join(tmpdir(), 'salon-turn-'));
    const config = join(folder, 'salon.yaml');
    const urls = [`turn:${HERE}:3478?transport=udp`, `turn:${HERE}:3478?transport=tcp`, `turns:${HERE}:5349?transport=tcp`];
    await writeFile(config, `ice_servers:\n  - urls: ${JSON.stringify(urls)}\n    secret: ${SECRET}\n`);
    const relay = await startRelay(folder);
    onlyRelay(rules);
    try {
        await act(await t.ownServer({ args: ['--config', config] }), folder);
    } finally {
        unblockUdp();
        relay.kill('SIGKILL');
        await rm(folder, { recursive: true, force: true });
    }
}

test('where only a relay gets through, a call goes by coturn', (t) => behindRelay(t, '', async (server) => {
    const link = await server.room();
    const ada = t.keep(await Person.join(await t.browser('chromium'), link, 'Ada'));
    const blaise = t.keep(await Person.join(await t.browser('firefox'), link, 'Blaise'));
    await relayed(ada, 'udp');
    await relayed(blaise, 'udp');
    await ada.meets(blaise);
    await blaise.meets(ada);
}));

test('to a relay it goes by TCP where UDP is blocked, and TLS takes the same credentials', (t) => behindRelay(t, 'udp dport 3478 drop;', async (server) => {
    const link = await server.room();
    const ada = t.keep(await Person.join(await t.browser('chromium'), link, 'Ada'));
    const blaise = t.keep(await Person.join(await t.browser('chromium'), link, 'Blaise'));
    await relayed(ada, 'tcp');
    await ada.sees(blaise);
    const [{ username, credential }] = await ada.page.call(() => window.salonRoom.connection.getConfiguration().iceServers);
    const client = (name) => execFileSync('turnutils_uclient', ['-y', '-n', '1', '-m', '1', '-l', '50', '-t', '-S', '-p', '5349',
        '-u', name, '-w', credential, HERE], { encoding: 'utf8', timeout: 60000, stdio: ['ignore', 'pipe', 'pipe'] });
    assert.match(client(username), /Total connect time/);
    assert.throws(() => client(`9${username}`), 'a name that we did not make');
}));

/** A Chromium that knows the relay's certificate; all others it judges as ever. */
async function trusting(t, folder) {
    const { publicKey } = new X509Certificate(await readFile(join(folder, 'cert.pem')));
    const pin = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64');
    return t.ownBrowser('chromium', 'en', { args: [`--ignore-certificate-errors-spki-list=${pin}`] });
}

test('where nothing but TLS gets out, a call goes by coturn over TLS', (t) => behindRelay(t, 'meta l4proto { udp, tcp } th dport 3478 drop;', async (server, folder) => {
    const link = await server.room();
    const browser = await trusting(t, folder);
    const ada = t.keep(await Person.join(browser, link, 'Ada'));
    const blaise = t.keep(await Person.join(browser, link, 'Blaise'));
    await relayed(ada, 'tls');
    await ada.meets(blaise);
    await blaise.meets(ada);
}));
