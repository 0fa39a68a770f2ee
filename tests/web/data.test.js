/** Data channels of the client library, against connections that carry nothing. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeDataChannel, FakePeerConnection } from './fake/browser.js';
import { enter, heard, until } from './fake/rig.js';

const newest = () => FakePeerConnection.newest;
const salon = () => newest().channels.find(({ label }) => label === 'salon');
const said = (n, text) => ({
    type: 'chat',
    n,
    from: 'p_x',
    name: 'Bob',
    text,
    time: 0,
});

async function connected(t, prepare) {
    const rig = await enter(t, prepare);
    await until(() => newest().signalingState === 'stable' && newest().offers > 0);
    return rig;
}

test('chat goes by the data channel while it is open, else by the socket', async (t) => {
    const { server, room } = await connected(t);
    await room.chat('one');
    assert.equal(server.count('chat'), 1);
    salon().becomes('open');
    const answered = room.chat('two', 'p_x');
    const asked = JSON.parse(salon().sent[0]);
    assert.deepEqual({ ...asked, id: 0 }, { type: 'chat', text: 'two', to: 'p_x', id: 0 });
    salon().hears(JSON.stringify({ type: 'ok', re: asked.id }));
    await answered;
    assert.equal(server.count('chat'), 1);
    salon().becomes('closed');
    await room.chat('three');
    assert.equal(server.count('chat'), 2);
});

test('a refusal by the channel is an error with its reason', async (t) => {
    const { room } = await connected(t);
    salon().becomes('open');
    const answered = room.chat('one');
    const { id } = JSON.parse(salon().sent[0]);
    salon().hears(
        JSON.stringify({ type: 'error', re: id, reason: 'rate_limited', retry_after: 3 }),
    );
    await assert.rejects(answered, { reason: 'rate_limited', retryAfter: 3 });
    const lost = room.chat('two');
    salon().becomes('closed');
    await assert.rejects(lost, { reason: 'socket_lost' });
});

test('each message is told once, by whichever way it comes', async (t) => {
    const { server, room } = await connected(t);
    const texts = [];
    room.on('chat', ({ text }) => texts.push(text));
    salon().becomes('open');
    salon().hears(JSON.stringify(said(5, 'a')));
    salon().hears('not json');
    const next = heard(room, 'chat', ({ n }) => n === 4);
    server.say(said(5, 'a'));
    server.say(said(4, 'late'));
    await next;
    assert.deepEqual(texts, ['a', 'late']);
});

test('what a broken channel may have lost is asked for', async (t) => {
    const { server, room } = await connected(t, (s) => (s.chatN = 3));
    salon().becomes('open');
    salon().hears(JSON.stringify(said(5, 'a')));
    server.history = [said(4, 'lost'), said(5, 'a')];
    const lost = heard(room, 'chat', ({ n }) => n === 4);
    salon().becomes('closed');
    assert.equal((await lost).text, 'lost');
    // Nothing from before we came.
    assert.equal(server.heard.findLast(({ type }) => type === 'history').after, 3);
});

test('a channel is opened as asked, and anew on a new connection', async (t) => {
    const { server, room } = await connected(t);
    const channel = room.openChannel('game', { to: 'p_x', ordered: false, maxRetransmits: 0 });
    const first = newest().channels.find(({ label }) => label === 'game');
    assert.deepEqual(first.init, { ordered: false, protocol: 'p_x', maxRetransmits: 0 });
    assert.throws(() => channel.send('x'), { reason: 'not_open' });
    const open = heard(channel, 'open');
    first.becomes('open');
    await open;
    channel.send('x');
    assert.throws(() => channel.send(new ArrayBuffer(65537)), { reason: 'too_large' });
    assert.deepEqual(first.sent, ['x']);

    const old = newest();
    server.say({ type: 'media', state: 'lost', reason: 'closed', generation: 1 });
    await until(() => newest() !== old && newest().channels.length === 2);
    const second = newest().channels.find(({ label }) => label === 'game');
    assert.equal(channel.open, false);
    second.becomes('open');
    channel.send('y');
    assert.deepEqual(second.sent, ['y']);

    const closed = heard(channel, 'closed');
    channel.close();
    assert.deepEqual(await closed, { reason: 'closed' });
    assert.equal(second.readyState, 'closed');
});

test('a channel that the server closes is over', async (t) => {
    const { room } = await connected(t);
    const channel = room.openChannel('salon.mine');
    const closed = heard(channel, 'closed');
    newest()
        .channels.find(({ label }) => label === 'salon.mine')
        .becomes('closed');
    assert.deepEqual(await closed, { reason: 'refused' });
});

test('what others send is told with who sent it', async (t) => {
    const { room } = await connected(t);
    const came = heard(room, 'channel');
    const raw = new FakeDataChannel('game', { protocol: 'p_x' });
    newest().opened(raw);
    const { channel } = await came;
    assert.equal(channel.from, 'p_x');
    assert.equal(raw.binaryType, 'arraybuffer');
    const message = heard(room, 'message');
    const own = heard(channel, 'message');
    raw.hears('hello');
    assert.deepEqual(await message, { from: 'p_x', label: 'game', data: 'hello' });
    assert.deepEqual(await own, { data: 'hello' });
    const closed = heard(channel, 'closed');
    raw.becomes('closed');
    await closed;
});
