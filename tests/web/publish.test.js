import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakePeerConnection, FakeTrack } from './fake/browser.js';
import { enter, until } from './fake/rig.js';

const camera = () => new FakeTrack('video');
const sent = (n = 0) =>
    FakePeerConnection.newest.transceivers.filter((x) => x.direction === 'sendonly')[n];
const active = (n = 0) =>
    sent(n)
        .encodings.filter((e) => e.active ?? true)
        .map((e) => e.rid ?? '')
        .join();

/** The server says what of the first two m-lines we send is watched. */
function watched(server, ...tracks) {
    server.say({
        type: 'layers',
        generation: server.generation,
        tracks: tracks.map(([mid, ...rids]) => ({ mid, source: 'camera', rids })),
    });
}

test('encodings that nobody watches are switched off, and on again, without an offer', async (t) => {
    const { server, room } = await enter(t);
    await room.publish(camera(), { source: 'camera' });
    const { mid } = sent();
    const offers = server.count('offer');
    assert.equal(active(), 'q,h,f');
    watched(server, [mid, 'q']);
    await until(() => active() === 'q');
    assert.equal(sent().encodings[2].maxBitrate, 1_700_000); // the rest is as it was
    watched(server, [mid]);
    await until(() => active() === '');
    watched(server, [mid, 'q', 'h', 'f']);
    await until(() => active() === 'q,h,f');
    assert.equal(server.count('offer'), offers);
});

test('changes that come in a row end with the last', async (t) => {
    const { server, room } = await enter(t);
    await room.publish(camera(), { source: 'camera' });
    for (const rids of [['q'], ['q', 'h'], [], ['q', 'h', 'f'], ['q', 'h']])
        watched(server, [sent().mid, ...rids]);
    await until(() => active() === 'q,h');
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(active(), 'q,h');
});

test('an only encoding goes off as a whole; sound never', async (t) => {
    const { server, room } = await enter(t);
    await room.publish(camera(), { source: 'camera', simulcast: false });
    await room.publish(new FakeTrack('audio'), { source: 'screen_audio' });
    watched(server, [sent(0).mid], [sent(1).mid]);
    await until(() => sent(0).encodings[0].active === false);
    assert.equal(sent(1).encodings[0].active ?? true, true);
    watched(server, [sent(0).mid, '']);
    await until(() => sent(0).encodings[0].active === true);
});

test('a new connection sends everything until it is told again; news of the old one is none', async (t) => {
    const { server, room } = await enter(t);
    await room.publish(camera(), { source: 'camera' });
    watched(server, [sent().mid, 'q']);
    await until(() => active() === 'q');
    const before = FakePeerConnection.newest;
    server.generation = 2;
    server.say({ type: 'media', state: 'lost', reason: 'closed', generation: 1 });
    await until(() => FakePeerConnection.newest !== before && sent()?.currentDirection);
    server.say({
        type: 'layers',
        generation: 1,
        tracks: [{ mid: sent().mid, source: 'camera', rids: [] }],
    });
    server.say({ type: 'chat', n: 1, from: 'p_b', name: 'Bob', text: 'hi', time: 1 });
    await new Promise((resolve) => room.on('chat', resolve));
    assert.equal(active(), 'q,h,f');
});

test('who resumes hears again what is watched', async (t) => {
    const { server, room } = await enter(t);
    await room.publish(camera(), { source: 'camera' });
    const { mid } = sent();
    server.layers = {
        type: 'layers',
        generation: 1,
        tracks: [{ mid, source: 'camera', rids: ['q'] }],
    };
    server.drop();
    await until(() => active() === 'q');
});

test('of a text only the whole picture is sent, as long as anybody watches', async (t) => {
    const { server, room } = await enter(t);
    await room.publish(camera(), { source: 'screen', content: 'text' });
    await until(() => active() === 'f');
    assert.equal(sent().sender.track.contentHint, 'text');
    watched(server, [sent().mid, 'h']);
    watched(server, [sent().mid]);
    await until(() => active() === '');
    watched(server, [sent().mid, 'h']);
    await until(() => active() === 'f');
    await room.setContent('screen', 'motion');
    await until(() => active() === 'h');
    assert.equal(sent().sender.track.contentHint, 'motion');
    const { media } = server.heard.filter(({ type }) => type === 'offer').at(-1);
    assert.equal(media.find(({ source }) => source === 'screen').content, 'motion');
});

test('spatial layers take the place of simulcast; unknown ones are left out', async (t) => {
    const { room } = await enter(t);
    await room.publish(camera(), { source: 'camera', scalability: 'L3T3_KEY' });
    assert.equal(sent().encodings.length, 1);
    assert.equal(sent().encodings[0].scalabilityMode, 'L3T3_KEY');
    await room.publish(camera(), { source: 'screen', scalability: 'L2T1' });
    assert.equal(sent(1).encodings.length, 1);
    assert.equal(sent(1).encodings[0].scalabilityMode, undefined);
});

test('a codec that is wished for is offered first; one that cannot be sent is refused', async (t) => {
    const { room } = await enter(t);
    await room.publish(camera(), { source: 'camera', codec: 'h264' });
    assert.deepEqual(sent().codecs, ['video/H264', 'video/VP8', 'video/rtx', 'video/AV1']);
    await assert.rejects(room.publish(camera(), { source: 'screen', codec: 'vp9' }), {
        reason: 'codec_unsupported',
    });
    assert.equal(room.published('screen'), null);
});
