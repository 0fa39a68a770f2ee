/** The door: knocking, letting in, sending away, the lock, and what hosts do to others. */
import assert from 'node:assert/strict';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

const OTHER = { chromium: 'firefox', firefox: 'chromium' };

/** Somebody who presses Start and has to wait. */
async function knocks(t, kind, link, name) {
    const person = t.keep(await Person.arrive(await t.browser(kind), link, name));
    await person.pressStart();
    await person.shows('#waiting');
    return person;
}

async function joins(t, kind, link, name) {
    return t.keep(await Person.join(await t.browser(kind), link, name));
}

/** The page says this text there, in English or French. */
function says(person, selector, pattern) {
    return person.page.until(`${pattern} in ${selector}`, (s, source) =>
        new RegExp(source).test(document.querySelector(s)?.textContent ?? ''),
    { args: [selector, pattern.source] });
}

/** The names of those who knock, as the notice shows them. */
function noticed(host, ...names) {
    return host.page.until(`${names.join(', ') || 'nobody'} at the door`, (wanted) => {
        const rows = [...document.querySelectorAll('#knocks-list li .who')].map((e) => e.textContent);
        return rows.length === wanted.length && wanted.every((n, i) => rows[i].includes(n)) &&
            document.querySelector('#knocks').hidden === (wanted.length === 0);
    }, { args: [names] });
}

function answer(host, name, which) {
    return host.page.until(`the button for ${name}`, (n, k) => {
        const row = [...document.querySelectorAll('#knocks-list li')].find((e) => e.textContent.includes(n));
        row?.querySelectorAll('button')[k].focus();
        return row !== undefined;
    }, { args: [name, which === 'admit' ? 0 : 1] }).then(() => host.page.press('\uE007')); // Enter
}

/** A button of the host beside a name, by what it does. */
async function tool(host, name, key) {
    const id = await host.page.call((n) => [...window.salonRoom.participants.values()].find((p) => p.name === n)?.id, name);
    if (await host.page.call(() => document.querySelector('#people-panel').hidden)) await host.page.click('#people');
    await host.page.click(`[data-key="${id} ${key}"]`);
}

for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: a guest knocks, a host lets him in, and they see each other`, async (t) => {
        const server = await t.ownServer();
        const room = await server.makeRoom({ access: 'lobby' });
        const gus = await knocks(t, kind, room.url, 'Gus');
        await says(gus, '#waiting-text', /No host is here yet|Aucun hôte/);
        assert.deepEqual(await server.ask('GET', `/rooms/${room.id}/participants`), { participants: [] });
        const zoe = await joins(t, OTHER[kind], room.host_url, 'Zoé');
        await says(gus, '#waiting-text', /A host will let you in|Un hôte va vous faire entrer/);
        await noticed(zoe, 'Gus');
        await says(zoe, '#knocks-said', /Gus/);
        assert.equal(await gus.page.call(() => window.salonRoom), undefined);
        await answer(zoe, 'Gus', 'admit');
        await gus.inCall();
        await noticed(zoe);
        await zoe.meets(gus);
        await gus.meets(zoe);
        assert.ok(await gus.page.call(() => document.querySelector('#host-bar').hidden), 'a guest is no host');
    });

    test(`${kind}: who is refused is told so and may knock again; all are let in at once`, async (t) => {
        const server = await t.ownServer();
        const room = await server.makeRoom({ access: 'lobby' });
        const zoe = await joins(t, kind, room.host_url, 'Zoé');
        const gus = await knocks(t, OTHER[kind], room.url, 'Gus');
        await answer(zoe, 'Gus', 'deny');
        await gus.shows('#after');
        await says(gus, '#after-title', /You were not let in|On ne vous a pas fait entrer/);
        await noticed(zoe);
        await gus.page.click('#rejoin');
        await gus.shows('#waiting');
        const eve = await knocks(t, kind, room.url, 'Eve');
        await noticed(zoe, 'Gus', 'Eve');
        await eve.page.click('#waiting-leave');
        await eve.shows('#before');
        await noticed(zoe, 'Gus');
        await eve.page.click('#start');
        await noticed(zoe, 'Gus', 'Eve');
        await zoe.page.click('#admit-all');
        await gus.inCall();
        await eve.inCall();
        await zoe.knows('Gus', 'Eve');
        await zoe.sees(eve);
    });

    test(`${kind}: a host mutes, removes and locks`, async (t) => {
        const server = await t.ownServer();
        const room = await server.makeRoom();
        const zoe = await joins(t, kind, room.host_url, 'Zoé');
        const gus = await joins(t, OTHER[kind], room.url, 'Gus');
        await zoe.meets(gus);
        await tool(zoe, 'Gus', 'microphone');
        await says(gus, '#notice', /Zoé/);
        await gus.page.until('his own button off', () => !('on' in document.querySelector('#mic').dataset));
        // The server passes nothing on.
        await zoe.page.until('muted by a host', () => [...window.salonRoom.participants.values()][0].publishes('microphone').muted_by === 'host');
        const before = await zoe.inbound(gus, 'microphone');
        await new Promise((r) => setTimeout(r, 1500));
        const after = await zoe.inbound(gus, 'microphone');
        assert.ok(!after || after.packets - before.packets < 5, `heard ${JSON.stringify([before, after])}`);
        await gus.page.click('#mic'); // he may speak again
        await zoe.hears(gus);
        await tool(zoe, 'Gus', 'camera');
        await gus.page.until('his camera off', () => !('on' in document.querySelector('#camera').dataset));

        await zoe.page.click('#lock');
        await gus.shows('#locked');
        const eve = await knocks(t, kind, room.url, 'Eve');
        await says(eve, '#waiting-text', /locked|verrouillé/);
        await noticed(zoe, 'Eve');
        await tool(zoe, 'Gus', 'remove');
        await zoe.shows('#remove-dialog');
        await zoe.page.click('#remove-yes');
        await gus.shows('#after');
        await zoe.page.until('nobody else', () => window.salonRoom.participants.size === 0);
        await zoe.page.click('#lock'); // the door is open again, also to who waits
        await eve.inCall();
        await zoe.sees(eve);
    });

    test(`${kind}: a restart while somebody knocks loses neither host nor guest`, async (t) => {
        const server = await t.ownServer();
        const room = await server.makeRoom({ access: 'lobby' });
        const zoe = await joins(t, kind, room.host_url, 'Zoé');
        const gus = await knocks(t, OTHER[kind], room.url, 'Gus');
        await noticed(zoe, 'Gus');
        t.allowed.push(/WebSocket|ERR_CONNECTION_REFUSED|connection to ws|can.t establish/i);
        await server.stop({ keep: true });
        await t.ownServer({ port: server.port, state: server.state });
        await zoe.page.until('in the room again', () => window.salonRoom.state === 'connected', { timeout: 40000 });
        await zoe.page.until('Gus at the door again', () => document.querySelector('#knocks-list')?.textContent.includes('Gus'), { timeout: 40000 });
        await gus.shows('#waiting');
        await answer(zoe, 'Gus', 'admit');
        await gus.inCall();
        await zoe.meets(gus);
    });
}

test('the sixth knock in a minute is told that there were too many', async (t) => {
    const server = await t.ownServer();
    const room = await server.makeRoom({ access: 'lobby' });
    const gus = await knocks(t, 'chromium', room.url, 'Gus');
    for (let i = 1; i < 5; i++) {
        await gus.page.click('#waiting-leave');
        await gus.shows('#before');
        await gus.page.click('#start');
        await gus.shows('#waiting');
    }
    await gus.page.click('#waiting-leave');
    await gus.page.click('#start');
    await gus.shows('#after');
    await says(gus, '#after-title', /Too many attempts|Trop de tentatives/);
    await gus.shows('#rejoin');
});

test('a room for members and a personal room without its owner say so', async (t) => {
    const server = await t.ownServer();
    const closed = await server.makeRoom({ access: 'members' });
    const gus = t.keep(await Person.arrive(await t.browser('chromium'), closed.url, 'Gus'));
    await gus.pressStart();
    await gus.shows('#after');
    await says(gus, '#after-title', /members only|réservé aux membres/);

    await server.ask('PATCH', '/tenant', { features: { personal_lobby: true } });
    const own = await server.ask('PUT', '/users/zoe/room', { name: 'Zoé' });
    const eve = await knocks(t, 'firefox', own.url, 'Eve');
    await says(eve, '#waiting-text', /Your host is not here yet|n’est pas encore là/);
    const { url } = await server.ask('POST', `/rooms/${own.id}/tokens`, { user: { ref: 'zoe', name: 'Zoé' } });
    const zoe = t.keep(await Person.arrive(await t.browser('chromium'), url, 'Zoé'));
    await zoe.page.click('#start');
    await zoe.inCall();
    await eve.inCall(); // nobody had to open
    await zoe.knows('Eve');
});

test('at a link that can be guessed the first comes in and opens to the second', async (t) => {
    const server = await t.ownServer();
    const { prefix } = await server.ask('GET', '/tenant');
    const link = `${server.url}/b/${prefix}/weekly`;
    const ada = await joins(t, 'chromium', link, 'Ada');
    const blaise = await knocks(t, 'firefox', link, 'Blaise');
    await answer(ada, 'Blaise', 'admit');
    await blaise.inCall();
    await ada.meets(blaise);
});
