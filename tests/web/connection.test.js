import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Connection } from '../../src/web/lib/connection.js';
import { FakePeerConnection, FakeTrack, install } from './fake/browser.js';
import { enter, heard, person, until } from './fake/rig.js';

const camera = () => new FakeTrack('video');
const microphone = () => new FakeTrack('audio');
const offered = () => JSON.parse(FakePeerConnection.newest.localDescription.sdp);

test('tracks published right after joining travel in the first offer', async (t) => {
    const { server, room } = await enter(t);
    await Promise.all([
        room.publish(microphone(), { source: 'microphone' }),
        room.publish(camera(), { source: 'camera' }),
    ]);
    assert.equal(server.count('offer'), 1);
    const { media } = server.heard.find(({ type }) => type === 'offer');
    assert.deepEqual(
        media.filter(({ source }) => source).map(({ source }) => source),
        ['microphone', 'camera'],
    );
    assert.deepEqual(media.filter(({ role }) => role).length, 4);
});

test('a camera is sent in three sizes, the lowest first; a screen in two', async (t) => {
    const { room } = await enter(t);
    await room.publish(camera(), { source: 'camera' });
    await room.publish(camera(), { source: 'screen' });
    const sent = FakePeerConnection.newest.transceivers.filter(
        (x) => x.direction === 'sendonly',
    );
    assert.deepEqual(
        sent[0].encodings.map(({ rid }) => rid),
        ['q', 'h', 'f'],
    );
    assert.ok(sent[0].encodings.every(({ scalabilityMode }) => scalabilityMode === 'L1T3'));
    assert.deepEqual(
        sent[1].encodings.map(({ rid }) => rid),
        ['h', 'f'],
    );
    assert.equal(sent[1].sender.track.contentHint, 'detail');
});

test('only one offer is under way at a time', async (t) => {
    const { server, room } = await enter(t);
    await server.next('offer');
    let open = 0;
    let most = 0;
    const { onOffer } = server;
    server.onOffer = async (offer) => {
        most = Math.max(most, ++open);
        await new Promise((resolve) => setTimeout(resolve, 20));
        open--;
        return onOffer(offer);
    };
    const publishing = room.publish(camera(), { source: 'camera' });
    await server.next('offer');
    await Promise.all([publishing, room.publish(microphone(), { source: 'microphone' })]);
    assert.equal(most, 1);
});

test('slots grow in steps as people with tracks come', async (t) => {
    const { server, room } = await enter(t);
    await server.next('offer');
    const pairs = () => offered().filter((m) => m.direction === 'recvonly').length / 2;
    assert.equal(pairs(), 2);
    for (const id of ['p_1', 'p_2']) {
        server.say({ type: 'participant', event: 'joined', participant: person(id) });
    }
    await until(() => pairs() === 4);
    await until(() => room.participants.size === 2);
});

test('slots for a screen are asked for when somebody shares one', async (t) => {
    const { server } = await enter(t);
    await server.next('offer');
    const screen = { source: 'screen', kind: 'video', muted: false };
    server.say({
        type: 'participant',
        event: 'joined',
        participant: person('p_b', 'Bob', [screen]),
    });
    const { media } = await server.next('offer');
    assert.equal(media.filter(({ role }) => role === 'screen').length, 2);
});

test('what is unpublished leaves its m-line to the next of its kind', async (t) => {
    const { server, room } = await enter(t);
    await room.publish(camera(), { source: 'screen' });
    const lines = offered().length;
    await room.unpublish('screen');
    assert.ok(offered().some(({ direction }) => direction === 'inactive'));
    const again = camera();
    await room.publish(again, { source: 'screen' });
    assert.equal(offered().length, lines);
    assert.ok(FakePeerConnection.newest.transceivers.some((x) => x.sender.track === again));
    const { media } = server.heard.filter(({ type }) => type === 'offer').at(-1);
    assert.equal(media.filter(({ source }) => source === 'screen').length, 1);
});

test('a refused offer is rolled back, and the next one is without what was new in it', async (t) => {
    const { server, room } = await enter(t);
    await server.next('offer');
    const lines = offered().length;
    const { onOffer } = server;
    server.onOffer = () => ({ type: 'error', reason: 'capacity' });
    await assert.rejects(room.publish(camera(), { source: 'camera' }), { reason: 'capacity' });
    server.onOffer = onOffer;
    await room.publish(microphone(), { source: 'microphone' });
    assert.equal(offered().length, lines + 1);
});

test('when the worker died, a new connection sends the same tracks, muted as they were', async (t) => {
    const { server, room } = await enter(t);
    const track = microphone();
    await room.publish(track, { source: 'microphone' });
    await room.publish(camera(), { source: 'camera' });
    room.setMuted('microphone', true);
    await server.next('mute');
    const before = FakePeerConnection.newest;
    before.becomes('connected');

    let refusals = 2; // the worker takes a moment to come back
    const { onOffer } = server;
    server.generation = 2;
    server.onOffer = (offer) =>
        refusals-- > 0
            ? { type: 'error', reason: 'no_media_worker', retry_after: 0 }
            : onOffer(offer);
    server.say({ type: 'media', state: 'lost', reason: 'worker_restarted', generation: 1 });
    const { source, muted } = await server.next('mute');
    assert.deepEqual([source, muted], ['microphone', true]);
    const now = FakePeerConnection.newest;
    assert.notEqual(now, before);
    assert.equal(before.signalingState, 'closed');
    assert.ok(now.transceivers.some((x) => x.sender.track === track));
    assert.equal(track.enabled, false);
    assert.equal(room.state, 'media-lost');
    now.becomes('connected');
    assert.equal(room.state, 'connected');
});

test('the loss of a connection that is already replaced changes nothing', async (t) => {
    const { server, room } = await enter(t);
    await server.next('offer');
    server.generation = 2;
    server.onOffer = () => null;
    server.say({ type: 'media', state: 'lost', reason: 'consent_expired', generation: 1 });
    await server.next('offer');
    const successor = FakePeerConnection.newest;
    const message = heard(room, 'chat');
    server.say({ type: 'media', state: 'lost', reason: 'closed', generation: 1 });
    server.say({ type: 'chat', n: 1, from: 'p_b', name: 'Bob', text: 'hi', time: 1 });
    await message;
    assert.equal(FakePeerConnection.newest, successor);
});

test('a lost path is searched anew first, then the connection is replaced', async (t) => {
    install();
    const part = { reset() {}, fill() {}, hints: () => [], settled() {}, refused() {} };
    const ask = async () => ({ type: 'answer', sdp: '[]', generation: 1 });
    const connection = new Connection([part], ask, { disconnected: 1, restart: 30 });
    t.after(() => connection.close());
    await connection.rebuild([]);
    const first = connection.pc;
    first.becomes('connected');
    first.becomes('disconnected');
    await until(() => first.restarts === 1);
    assert.equal(connection.state, 'lost');
    first.becomes('connected');
    assert.equal(connection.state, 'connected');

    first.becomes('failed');
    assert.equal(first.restarts, 2);
    await until(() => connection.pc !== first);
    assert.equal(first.signalingState, 'closed');
});

test('seats tie slots to people, also before their person is known', async (t) => {
    const { server, room } = await enter(t, (s) => {
        s.participants = [person('p_b', 'Bob')];
    });
    await server.next('offer');
    await until(() => FakePeerConnection.newest.signalingState === 'stable');
    const seat = (mid, participant, source) => ({
        mid,
        participant,
        source,
        rid: 'h',
        why: '',
    });
    let seated = heard(room, 'seat');
    server.say({
        type: 'seat',
        seats: [seat('1', 'p_b', 'camera'), seat('3', 'p_c', 'camera')],
    });
    const { participant, track } = await seated;
    assert.equal(participant.name, 'Bob');
    assert.equal(track, FakePeerConnection.newest.transceivers[1].receiver.track);

    seated = heard(room, 'seat', (change) => change.participant.id === 'p_c');
    server.say({ type: 'participant', event: 'joined', participant: person('p_c', 'Cleo') });
    assert.equal(
        (await seated).track,
        FakePeerConnection.newest.transceivers[3].receiver.track,
    );

    seated = heard(room, 'seat', (change) => change.track === null);
    server.say({ type: 'seat', seats: [seat('1', 'p_c', 'screen')] });
    assert.equal((await seated).participant.id, 'p_b');
    assert.equal(room.participants.get('p_b').stream('camera'), null);
    assert.ok(room.participants.get('p_c').stream('screen'));
});

test('wants go out together, once, and again over a new connection', async (t) => {
    const { server, room } = await enter(t, (s) => {
        s.participants = [person('p_b', 'Bob')];
    });
    await server.next('offer');
    room.want([{ participant: 'p_b', width: 320, height: 180 }]);
    room.want([{ participant: 'p_b', width: 640, height: 360 }]);
    const { wants } = await server.next('want');
    assert.deepEqual(wants, [{ participant: 'p_b', width: 640, height: 360 }]);
    room.want([{ participant: 'p_b', width: 640, height: 360 }]);
    server.say({ type: 'media', state: 'lost', reason: 'dtls_failed', generation: 1 });
    assert.deepEqual((await server.next('want')).wants, wants);
    assert.equal(server.count('want'), 2);
});
