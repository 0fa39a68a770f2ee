import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Room } from '../../src/web/salon.js';
import { FakeTrack } from './fake/browser.js';
import { enter, heard, serve, until } from './fake/rig.js';

const LOBBY = { reason: 'lobby', host: false };

/** A room whose door is closed, and what it says meanwhile. */
async function knock(t) {
    const server = await serve(t);
    server.lobby = LOBBY;
    const room = new Room({ link: 'TOKEN', name: 'Ada', signal: server.signal });
    t.after(() => room.leave());
    const waiting = [];
    const states = [];
    room.door.on('waiting', (what) => waiting.push(what));
    room.on('state', ({ state }) => states.push(state));
    const joining = room.join();
    joining.catch(() => {});
    await until(() => waiting.length > 0);
    return { server, room, joining, waiting, states };
}

test('who is not let in at once waits, hears why, and comes in when the door opens', async (t) => {
    const { server, room, joining, waiting, states } = await knock(t);
    assert.deepEqual(waiting, [LOBBY]);
    assert.equal(room.state, 'waiting');
    assert.equal(server.count('offer'), 0);
    server.say({ type: 'lobby', ...LOBBY, host: true, participant: 'k_self', resume: 'x' });
    await until(() => waiting.length === 2);
    assert.ok(waiting[1].host);
    server.letIn();
    await joining;
    assert.equal(room.self.id, 'p_self');
    await server.next('offer');
    assert.deepEqual(states, ['waiting', 'connected']);
});

test('who is sent away hears it, and does not knock again by itself', async (t) => {
    const { server, room, joining } = await knock(t);
    server.say({ type: 'closed', reason: 'denied' });
    await assert.rejects(joining, { reason: 'denied' });
    assert.equal(room.state, 'closed');
    assert.equal(server.count('join'), 1);
});

test('who gives up says so', async (t) => {
    const { server, room, joining } = await knock(t);
    room.leave();
    await assert.rejects(joining, { reason: 'left' });
    await until(() => server.count('leave') === 1);
});

test('a socket that is lost before the door is resumed there', async (t) => {
    const { server, joining, waiting, states } = await knock(t);
    server.drop();
    const resume = await server.next('resume');
    assert.equal(resume.participant, 'k_self');
    assert.equal(resume.secret, 'knock1');
    await until(() => waiting.length === 2);
    assert.deepEqual(states, ['waiting', 'reconnecting', 'waiting']);
    server.letIn();
    await joining;
});

test('too many knocks are told at once, and not waited for', async (t) => {
    const server = await serve(t);
    server.lobby = { type: 'error', reason: 'rate_limited', retry_after: 12 };
    const room = new Room({ link: 'TOKEN', name: 'Ada', signal: server.signal });
    await assert.rejects(room.join(), { reason: 'rate_limited', retryAfter: 12 });
    assert.equal(server.count('join'), 1);
});

test('a host hears who knocks, and opens', async (t) => {
    const { server, room } = await enter(t);
    assert.deepEqual(room.door.knocking, []);
    const told = heard(room.door, 'knocking');
    server.say({ type: 'knocking', participants: [{ id: 'k_b', name: 'Bob' }] });
    assert.deepEqual((await told).knocking, [{ id: 'k_b', name: 'Bob' }]);
    const { door } = room;
    const asked = Promise.allSettled([door.admit('k_b'), door.deny('k_b'), door.admitAll()]);
    await until(() => server.count('admit') === 2 && server.count('deny') === 1);
    const [one, all] = server.heard.filter(({ type }) => type === 'admit');
    assert.equal(one.participant, 'k_b');
    assert.equal(all.all, true);
    room.leave();
    await asked;
});

test('what a host has muted is off, and stays off for those who come back', async (t) => {
    const { server, room } = await enter(t);
    await room.publish(new FakeTrack('audio'), { source: 'microphone' });
    const muted = heard(room.door, 'muted');
    const by = { id: 'p_z', name: 'Zoé' };
    server.say({ type: 'muted', source: 'microphone', by });
    assert.deepEqual(await muted, { source: 'microphone', by });
    assert.equal(room.published('microphone').muted, true);
    server.drop();
    await server.next('resume');
    assert.equal((await server.next('mute')).muted, true); // what was said meanwhile may be lost
});
