/** Data channels: chat goes by them, and what an application sends. */
import assert from 'node:assert/strict';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

const PAIRS = [['chromium', 'firefox'], ['firefox', 'chromium'], ['chromium', 'chromium'], ['firefox', 'firefox']];

async function two(t, one, other) {
    const server = await t.server();
    const link = await server.room();
    const ada = t.keep(await Person.join(await t.browser(one), link, 'Ada'));
    const blaise = t.keep(await Person.join(await t.browser(other), link, 'Blaise'));
    await ada.meets(blaise);
    await blaise.meets(ada);
    for (const { page } of [ada, blaise]) await page.until('the association', sctpUp);
    return { ada, blaise };
}

/** In the page: the association stands, so the channel "salon" is open in a moment. */
const sctpUp = () => window.salonRoom.connection?.sctp?.state === 'connected';

/** In the page: notes what comes by the socket, and what is told as chat. */
function listen() {
    window.frames = [];
    window.told = [];
    for (const socket of window.testSockets) socket.addEventListener('message', ({ data }) => window.frames.push(JSON.parse(data).type));
    for (const socket of window.testSockets) {
        const send = socket.send.bind(socket);
        socket.send = (data) => {
            window.frames.push(JSON.parse(data).type);
            send(data);
        };
    }
    window.salonRoom.on('chat', ({ text }) => window.told.push(text));
}

/** In the page: keeps what comes. */
function receive() {
    const state = { data: {}, from: {} };
    window.exchanged = state;
    window.salonRoom.on('message', ({ from, label, data }) => {
        const text = typeof data === 'string' ? data : '';
        const bytes = text ? null : new Uint8Array(data);
        const intact = !bytes || bytes.every((b, i) => b === (i * 7 + (i >> 8)) % 256);
        (state.data[label] ??= []).push(text || `${bytes.length} ${intact}`);
        state.from[label] = from;
    });
}

/** In the page: sends all sizes on channels of each kind. */
function exchange(me) {
    const blob = (size) => Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) % 256);
    const other = [...window.salonRoom.participants.keys()][0];
    const sure = window.salonRoom.openChannel('sure');
    sure.on('open', () => {
        for (const size of [1, 1200, 16384, 65536]) sure.send(blob(size));
        sure.send(`hello from ${me}`);
    });
    const loose = window.salonRoom.openChannel('loose', { to: other, ordered: false, maxRetransmits: 0 });
    loose.on('open', () => {
        for (let i = 0; i < 20; i++) setTimeout(() => loose.open && loose.send(`loose ${i}`), 50 * i);
    });
    window.opened = { sure, loose };
}

for (const [one, other] of PAIRS) {
    test(`${one} and ${other}: chat goes by the data channel and comes once`, async (t) => {
        const { ada, blaise } = await two(t, one, other);
        await new Promise((r) => setTimeout(r, 500));
        for (const { page } of [ada, blaise]) await page.call(listen);
        for (const [from, text] of [[ada, 'first'], [blaise, 'second'], [ada, 'third']]) {
            await from.page.call((said) => window.salonRoom.chat(said), text);
        }
        for (const { page } of [ada, blaise]) {
            await page.until('three messages', () => window.told.length >= 3);
            assert.deepEqual(await page.call(() => window.told), ['first', 'second', 'third']);
            const frames = await page.call(() => window.frames);
            assert.ok(!frames.includes('chat'), `chat went by the socket: ${frames}`);
        }
    });

    test(`${one} and ${other}: an application's channels carry all sizes, reliably and not`, async (t) => {
        const { ada, blaise } = await two(t, one, other);
        for (const { page } of [ada, blaise]) await page.call(receive);
        await ada.page.call(exchange, 'Ada');
        await blaise.page.call(exchange, 'Blaise');
        for (const [who, name] of [[ada, 'Blaise'], [blaise, 'Ada']]) {
            await who.page.until('the reliable messages', () => window.exchanged.data.sure?.length === 5);
            await who.page.until('unreliable ones', () => window.exchanged.data.loose?.length >= 5);
            const { data, from } = await who.page.call(() => window.exchanged);
            assert.deepEqual(data.sure, ['1 true', '1200 true', '16384 true', '65536 true', `hello from ${name}`]);
            const ids = await who.page.call(() => [...window.salonRoom.participants.keys()]);
            assert.deepEqual(from, { sure: ids[0], loose: ids[0] });
        }
        await blaise.page.call(() => {
            window.ended = [];
            window.salonRoom.on('channel', ({ channel }) => channel.on('closed', () => window.ended.push(channel.label)));
        });
        await ada.page.call(() => {
            const channel = window.salonRoom.openChannel('short');
            channel.on('open', () => {
                channel.send('x');
                setTimeout(() => channel.close(), 300);
            });
        });
        await blaise.page.until('the end of the channel', () => window.ended.includes('short'));
    });
}
