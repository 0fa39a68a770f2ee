/** From a front end's page into a call by a plain link, and inviting others from inside it. */
import assert from 'node:assert/strict';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';
import { Suite } from '../lib/suite.js';

const rowOf = (name) => [...document.querySelectorAll('#contacts li')]
    .find((li) => li.querySelector('.name').textContent === name);

/** What the panel says beside a contact; in the page. */
const says = (name) => {
    const row = [...document.querySelectorAll('#contacts li')].find((li) => li.querySelector('.name').textContent === name);
    return row && { state: row.querySelector('.ring-state').textContent,
        presence: row.querySelector('.presence').ariaLabel, button: row.querySelector('button').textContent };
};

async function invite(person, name) {
    await person.page.call(`(name) => (${rowOf})(name).querySelector('button').id = 'pressed'`, name);
    await person.page.click('#pressed');
    await person.page.call(() => document.querySelector('#pressed').removeAttribute('id'));
}

const becomes = (person, name, state) => person.page.until(`${name}: ${state}`, (wanted, who, find) =>
    (new Function(`return ${find}`))()(who)?.state === wanted, { args: [state, name, String(says)] });

for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: a plain link starts a call, a contact is rung, accepts and joins`, async (t) => {
        const suite = new Suite(await t.server(), `Invite ${kind}`);
        const href = suite.launch({ title: 'Point rapide', context: 'menu', locale: 'en' });
        const portal = await Suite.page(`<a id="airtime" href="${href}">AirTime</a>`);
        try {
            const zoe = t.keep(await Person.arrive(await t.browser(kind), portal.url, 'Zoé'));
            await zoe.page.click('#airtime');
            await zoe.shows('#start');
            const before = await zoe.page.call(() => ({ address: location.href, name: document.querySelector('#name').value,
                fixed: document.querySelector('#name').readOnly }));
            assert.ok(!before.address.includes('#'), 'the token has left the address bar');
            assert.deepEqual([before.name, before.fixed], ['Zoé', true]);
            assert.equal((await suite.api('GET', '/rooms')).rooms.length, 0, 'nothing is made before somebody joins');
            await zoe.start();
            const [room] = (await suite.api('GET', '/rooms')).rooms;
            assert.equal(await zoe.page.call(() => location.href), room.url, 'the page is the room\'s own now');
            assert.equal(await zoe.page.call(() => window.salonRoom.self.role), 'host');

            const contacts = [{ ref: 'paul', name: 'Paul', presence: 'offline' }, { ref: 'ana', name: 'Ana', presence: 'online' }];
            await suite.api('PUT', `/rooms/${room.id}/contacts`, { contacts });
            await zoe.page.click('#invite-alone');
            await zoe.shows('#contacts li');
            assert.equal((await zoe.page.call(says, 'Paul')).presence, 'offline');
            contacts[0].presence = 'online';
            await suite.api('PUT', `/rooms/${room.id}/contacts`, { contacts });
            await zoe.page.until('Paul online', (find) => (new Function(`return ${find}`))()('Paul').presence === 'online', { args: [String(says)] });

            await invite(zoe, 'Paul');
            await becomes(zoe, 'Paul', 'calling…');
            const [ring] = (await suite.api('GET', `/rooms/${room.id}/invitations`)).invitations;
            assert.deepEqual(ring.to, { ref: 'paul', name: 'Paul' });
            await suite.api('POST', `/invitations/${ring.id}/ack`);
            await becomes(zoe, 'Paul', 'ringing…');
            const { join_url } = await suite.api('POST', `/invitations/${ring.id}/accept`);
            await becomes(zoe, 'Paul', 'accepted');
            const other = kind === 'chromium' ? 'firefox' : 'chromium';
            const paul = t.keep(await Person.join(await t.browser(other), join_url, 'Paul'));
            await zoe.meets(paul);
            await invite(zoe, 'Paul');
            await becomes(zoe, 'Paul', 'is in the room already');

            await invite(zoe, 'Ana');
            await becomes(zoe, 'Ana', 'calling…');
            assert.equal((await zoe.page.call(says, 'Ana')).button, 'Cancel');
            await invite(zoe, 'Ana');
            await becomes(zoe, 'Ana', '');
            const states = (await suite.api('GET', `/rooms/${room.id}/invitations`)).invitations.map((i) => i.state);
            assert.deepEqual(states, ['cancelled', 'accepted']);
            await zoe.leave();
            await paul.leave();
        } finally {
            portal.close();
        }
    });

    test(`${kind}: the envelope holds a text that can be changed, a guest copies the link`, async (t) => {
        const suite = new Suite(await t.server(), `Mail ${kind}`);
        const zoe = t.keep(await Person.join(await t.browser(kind), suite.launch({ locale: 'fr' }), 'Zoé'));
        await zoe.page.click('#people');
        await zoe.page.click('#invite-open');
        await zoe.page.click('#invite-mail');
        await zoe.shows('#mail-send');
        const [room] = (await suite.api('GET', '/rooms')).rooms;
        const text = await zoe.page.call(() => document.querySelector('#mail-text').value);
        assert.ok(text.includes(room.url) && text.includes('Zoé vous invite'), text);
        await zoe.page.click('#mail-text');
        await zoe.page.press('!');
        await zoe.page.until('the changed text in the address', () => {
            const { href } = document.querySelector('#mail-send');
            return href.startsWith('mailto:?subject=') && href.includes('!') && href.includes('%2Fr%2F');
        });
        const guest = t.keep(await Person.join(await t.browser(kind), room.url, 'Invité'));
        await guest.page.click('#people');
        await guest.page.click('#invite-open');
        await guest.shows('#invite-copy');
        assert.deepEqual(await guest.page.call(() => ['#invite-mail', '#invite-people', '#mail']
            .map((s) => document.querySelector(s).checkVisibility())), [false, false, false]);
        await guest.leave();
        await zoe.leave();
    });

    test(`${kind}: a launch link rings when its person joins; one that is over says so`, async (t) => {
        const suite = new Suite(await t.server(), `Ring ${kind}`);
        const launch = suite.launch({ ring: ['paul'], ring_names: { paul: 'Paul' }, locale: 'en', context: 'contact' });
        const zoe = t.keep(await Person.join(await t.browser(kind), launch, 'Zoé'));
        await zoe.page.until('what became of the ring', () => document.querySelector('#ringing').textContent === 'Paul: calling…');
        const [room] = (await suite.api('GET', '/rooms')).rooms;
        const [ring] = (await suite.api('GET', `/rooms/${room.id}/invitations`)).invitations;
        await suite.api('POST', `/invitations/${ring.id}/decline`);
        await zoe.page.until('the refusal', () => document.querySelector('#ringing').textContent === 'Paul: declined');
        // A reload comes back as the same person, in the same room.
        await zoe.page.reload();
        await zoe.shows('#start');
        assert.equal(await zoe.page.call(() => document.querySelector('#name').value), 'Zoé');
        await zoe.start();
        assert.equal(await zoe.page.call(() => window.salonRoom.self.role), 'host');
        await zoe.leave();

        const late = t.keep(await Person.arrive(await t.browser(kind), suite.launch({ exp: 1000, locale: 'fr' }), 'Zoé'));
        await late.page.click('#start');
        await late.shows('#after');
        assert.equal(await late.page.call(() => document.querySelector('#after-title').textContent), 'Ce lien a expiré');
        const bare = t.keep(await Person.arrive(await t.browser(kind), suite.launch().split('#')[0], 'Zoé'));
        await bare.shows('#after');
        assert.equal(await bare.page.call(() => document.querySelector('#rejoin').hidden), true);
    });
}
