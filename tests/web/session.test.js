import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinRoom } from '../../src/web/salon.js';
import { FakePeerConnection, FakeTrack } from './fake/browser.js';
import { enter, heard, person, serve, until } from './fake/rig.js';

test('a join names the link and the person, and gives who is there', async (t) => {
    const { server, room } = await enter(t, (s) => {
        s.title = 'Réunion';
        s.participants = [person('p_b', 'Bob')];
    });
    const { link, name } = server.heard[0];
    assert.deepEqual({ link, name }, { link: 'TOKEN', name: 'Ada' });
    assert.equal(room.title, 'Réunion');
    assert.equal(room.self.id, 'p_self');
    assert.equal(room.participants.get('p_b').name, 'Bob');
    assert.equal(room.state, 'connected');
});

test('a refused join rejects with the reason of the server', async (t) => {
    const server = await serve(t);
    const joining = joinRoom({ link: 'unknown', name: 'Ada', signal: server.signal });
    await assert.rejects(joining, { reason: 'unknown_link' });
});

test('a server that is not there rejects as unreachable', async (t) => {
    const server = await serve(t);
    await server.stop();
    const joining = joinRoom({ link: 'TOKEN', name: 'Ada', signal: server.signal });
    await assert.rejects(joining, { reason: 'unreachable' });
});

test('a lost socket is resumed with the secret, and media stays as it was', async (t) => {
    const { server, room } = await enter(t);
    await server.next('offer');
    const before = FakePeerConnection.newest;
    const states = [];
    room.on('state', ({ state }) => states.push(state));
    server.drop();
    const resume = await server.next('resume');
    assert.equal(resume.participant, 'p_self');
    assert.equal(resume.secret, 'secret1');
    await until(() => room.state === 'connected');
    assert.deepEqual(states, ['reconnecting', 'connected']);
    assert.equal(FakePeerConnection.newest, before);
    server.drop();
    assert.equal((await server.next('resume')).secret, 'secret2');
});

test('when media is lost and the server says nothing, another socket is opened at once', async (t) => {
    const { server, room } = await enter(t);
    await server.next('offer');
    server.onPing = () => null;
    FakePeerConnection.newest.becomes('failed');
    await server.next('ping');
    assert.equal((await server.next('resume')).secret, 'secret1');
    await until(() => room.state !== 'reconnecting');
});

test('a session the server forgot is joined anew, with a new connection and the same tracks', async (t) => {
    const { server, room } = await enter(t);
    await room.publish(new FakeTrack('audio'), { source: 'microphone', muted: true });
    const before = FakePeerConnection.newest;
    server.resumes = false;
    server.drop();
    await server.next('resume');
    const { media } = await server.next('offer');
    assert.equal(media[0].source, 'microphone');
    assert.notEqual(FakePeerConnection.newest, before);
    assert.equal((await server.next('mute')).muted, true);
    assert.equal(room.state, 'connected');
});

test('an offer whose answer the socket lost is asked again, the same', async (t) => {
    const server = await serve(t);
    const { onOffer } = server;
    server.onOffer = () => null;
    const room = await joinRoom({ link: 'TOKEN', name: 'Ada', signal: server.signal });
    t.after(() => room.leave());
    const { sdp } = await server.next('offer');
    server.onOffer = onOffer;
    server.drop();
    assert.equal((await server.next('offer')).sdp, sdp);
    await until(() => FakePeerConnection.newest.signalingState === 'stable');
    assert.equal(FakePeerConnection.newest.offers, 1);
});

test('after leaving, nothing is tried again', async (t) => {
    const { server, room } = await enter(t);
    const closed = heard(room, 'state');
    room.leave();
    assert.deepEqual(await closed, { state: 'closed', reason: 'left' });
    await server.next('leave');
    assert.equal(server.count('resume'), 0);
    assert.equal(FakePeerConnection.newest.signalingState, 'closed');
});

test('being removed closes the room for good, a shutdown does not', async (t) => {
    const { server, room } = await enter(t);
    server.say({ type: 'closed', reason: 'shutdown' });
    await server.next('resume');
    await until(() => room.state === 'connected');
    const closed = heard(room, 'state');
    server.say({ type: 'closed', reason: 'removed' });
    assert.deepEqual(await closed, { state: 'closed', reason: 'removed' });
});

test('participants come, change and go', async (t) => {
    const { server, room } = await enter(t);
    const next = () => heard(room, 'participant');
    let came = next();
    server.say({ type: 'participant', event: 'joined', participant: person('p_b', 'Bob') });
    assert.equal((await came).participant.name, 'Bob');
    came = next();
    server.say({
        type: 'participant',
        event: 'changed',
        participant: { id: 'p_b', hand: true },
    });
    const { event, participant } = await came;
    assert.deepEqual([event, participant.hand, participant.name], ['changed', true, 'Bob']);
    came = next();
    server.say({ type: 'participant', event: 'left', participant: { id: 'p_b' } });
    assert.equal((await came).event, 'left');
    assert.equal(room.participants.size, 0);
});

test('a refused request rejects with its reason', async (t) => {
    const { server, room } = await enter(t);
    server.onOffer = () => ({ type: 'error', reason: 'no_common_codec', line: 12 });
    const publishing = room.publish(new FakeTrack('video'), { source: 'camera' });
    await assert.rejects(publishing, { reason: 'no_common_codec', line: 12 });
    assert.equal(room.published('camera'), null);
});
