/** The flows of three suites' help pages, pressed in tools/demo-frontend. */
import assert from 'node:assert/strict';
import { Demo, begin, meets } from '../lib/demo.js';
import { test } from '../lib/runner.js';

const CTRL = '\uE009';

/** A test with a suite, and a way to its people's pages. */
function suite(name, run) {
    test(name, async (t) => {
        const server = await t.ownServer({ args: ['--webhook-allow', '127.0.0.0/8'] });
        const demo = await Demo.start(server);
        try {
            await run(t, {
                server, demo,
                visit: async (user, view, options = {}) =>
                    demo.visit(t, await t.browser(options.kind ?? 'chromium'), user, view, options),
                guest: async (url, who) => {
                    const page = await (await t.browser('chromium')).page();
                    t.pages.push(page);
                    await page.goto(url);
                    if (who) await begin(page, who);
                    return page;
                },
            });
        } finally {
            demo.stop();
        }
    });
}

const words = (page, selector) =>
    page.until(`${selector} with text`, (s) => document.querySelector(s)?.textContent?.trim(), { args: [selector] });
const status = (page, text) =>
    page.until(`the line "${text}"`, (x) => document.querySelector('#states').textContent.includes(x),
        { args: [text], timeout: 30000 });
const press = (page, label) => page.until(`the button ${label}`, (wanted) => {
    const found = [...document.querySelectorAll('.popin button')].find((b) => b.textContent === wanted);
    found?.click();
    return Boolean(found);
}, { args: [label] });
const hrefReady = (page, selector) =>
    page.until(`${selector} to be a link`, (s) => document.querySelector(s)?.href, { args: [selector] });

for (const kind of ['chromium', 'firefox']) {
    suite(`${kind}: from the menu a window opens over the page, with Ctrl a tab, and both are rooms`, async (t, { visit }) => {
        const alice = await visit('alice', 'airtime', { kind });
        await hrefReady(alice, '#open-airtime');
        await alice.click('#open-airtime');
        const room = await alice.frame('/launch/');
        await begin(room);
        assert.equal(await alice.call(() => document.querySelector('.salon-window').shadowRoot
            .querySelector('[role=dialog]').checkVisibility()), true);
        const first = await alice.call(() => document.querySelector('#open-airtime').href);
        await alice.call(() => document.querySelector('.salon-window').shadowRoot.querySelectorAll('button')[1].click());
        assert.equal(await alice.call(() => document.querySelector('.salon-window')), null);
        await alice.click('#open-airtime', { held: CTRL });
        const tab = await alice.opened();
        await begin(tab);
        assert.notEqual(await alice.until('a fresh link', (old) => {
            const { href } = document.querySelector('#open-airtime');
            return href !== old && href;
        }, { args: [first] }), first);
    });
}

suite('a colleague is rung from the contacts, accepts, and both are in one room', async (t, { visit }) => {
    const alice = await visit('alice', 'contacts');
    const bob = await visit('bob', 'agenda', { kind: 'firefox' });
    await alice.until('a green dot', () => document.querySelector('[data-contact=bob] .dot.online'));
    assert.equal(await alice.call(() => document.querySelector('[data-contact=david] .dot.online')), null);
    await hrefReady(alice, '[data-ring=bob]');
    await alice.click('[data-ring=bob]');
    const call = await alice.frame('/launch/');
    await begin(call);
    assert.equal(await words(bob, '.popin h2'), 'Alice Martin vous appelle');
    await status(alice, 'Bob Durand : sonne…');
    await press(bob, 'Accepter');
    const room = await bob.frame('/r/');
    await begin(room);
    await meets(call, 'Bob Durand');
    await meets(room, 'Alice Martin');
    await status(alice, 'Bob Durand a accepté');
});

suite('inside the room the contacts are offered with who is online, or the page’s own picker', async (t, { visit }) => {
    const alice = await visit('alice', 'airtime');
    const bob = await visit('bob', 'agenda');
    await hrefReady(alice, '#open-airtime');
    await alice.click('#open-airtime');
    const call = await alice.frame('/launch/');
    await begin(call);
    await call.until('the list of contacts', () => {
        document.querySelector('#invite-alone')?.click();
        const people = document.querySelector('#invite-people');
        return people?.checkVisibility() && people.textContent.includes('Bob Durand');
    });
    await call.call(() => [...document.querySelectorAll('#invite-people li')]
        .find((li) => li.textContent.includes('Bob Durand')).querySelector('button').click());
    assert.equal(await words(bob, '.popin h2'), 'Alice Martin vous appelle');
    await press(bob, 'Refuser');
    await status(alice, 'Bob Durand a refusé');
    // A page that has its own picker is asked instead.
    await alice.call(() => {
        document.querySelector('.salon-window').remove();
        window.asked = 0;
        window.salon.open({ url: document.querySelector('#open-airtime').href, ownInvite: true,
            onEvent: (event) => { window.asked += event === 'invite-requested'; } });
    });
    const other = await alice.frame('/launch/');
    await begin(other);
    await other.click('#invite-alone');
    await alice.until('to be asked', () => window.asked === 1);
    assert.equal(await other.call(() => document.querySelector('#invite-panel').hidden), true);
});

suite('a call from the chat is refused, is not answered, and finds somebody offline', async (t, { visit }) => {
    const alice = await visit('alice', 'chats');
    const bob = await visit('bob', 'chats');
    await alice.click('.call-message');
    await press(bob, 'Refuser');
    await status(alice, 'Bob Durand a refusé');
    await alice.call(() => document.querySelector('.salon-window').remove());
    await alice.call(() => document.querySelector('#call-peer').click());
    await words(bob, '.popin h2');
    await status(alice, 'Bob Durand n’a pas répondu');
    await bob.until('the pop-in to close', () => !document.querySelector('.popin'));
    await alice.call(() => {
        const peer = document.querySelector('#peer');
        peer.value = 'david';
        peer.dispatchEvent(new Event('change'));
        document.querySelector('#call-peer').click();
    });
    await status(alice, 'David Leroy est injoignable');
});

suite('an external guest opens the link in the e-mail, types a name, presses Démarrer', async (t, { visit, guest }) => {
    const alice = await visit('alice', 'airtime');
    await alice.type('#external [name=mail]', 'roux@elsewhere.example');
    await alice.press('\uE007');
    const link = await words(alice, '#external-link');
    const written = await alice.call(() => document.querySelector('a[href^=mailto]').href);
    assert.match(decodeURIComponent(written), /Rejoindre la visioconférence/);
    await alice.call(() => { location.hash = 'mails'; });
    const mail = await alice.until('the mail', () => document.querySelector('#mails .link')?.href);
    assert.equal(mail, link);
    await alice.call(() => { location.hash = 'airtime'; });
    const roux = await guest(mail, 'Mme Roux');
    assert.ok(await roux.call(() => window.salonRoom.self.id));
});

suite('the camera makes a link before the event is saved, again another; all who see the event see it', async (t, { server, visit, guest }) => {
    t.allowed.push(/410/);
    const alice = await visit('alice', 'agenda');
    await alice.type('#event [name=title]', 'Budget');
    await alice.click('#camera');
    const place = () => alice.until('a link in Lieu', () => document.querySelector('#place').value);
    const first = await place();
    const early = await guest(first, 'Invité');
    assert.ok(await early.call(() => window.salonRoom.self.id), 'the link works before the event is saved');
    await alice.click('#camera');
    const second = await alice.until('another link', (old) => {
        const { value } = document.querySelector('#place');
        return value !== old && value;
    }, { args: [first] });
    const gone = await guest(first);
    assert.match(await words(gone, 'h1'), /remplacé par l'organisateur|replaced by the organizer/);
    assert.ok(!(await gone.call(() => document.documentElement.outerHTML)).includes(second.split('/r/')[1]));
    await alice.click('#event button.main');
    const bob = await visit('bob', 'agenda');
    await bob.click('[data-event=Budget]');
    assert.equal(await words(bob, '#details .link'), second);
    await hrefReady(bob, '#details a.main');
    await bob.click('#details a.main');
    const room = await bob.frame('/launch/');
    await begin(room);
    await meets(room, 'Invité');
    // In the saved event, the camera replaces the link, too.
    await alice.click('[data-event=Budget]');
    await alice.click('.renew');
    const third = await alice.until('a third link', (old) => {
        const text = document.querySelector('#details .link')?.textContent;
        return text !== old && text;
    }, { args: [second] });
    assert.equal((await fetch(second)).status, 410);
    assert.equal((await fetch(third)).status, 200);
    assert.ok(third.startsWith(server.url));
});

suite('a dissociated link is not shown any more, and works on', async (t, { visit, guest }) => {
    const alice = await visit('alice', 'agenda');
    await alice.type('#event [name=title]', 'Point');
    await alice.click('#camera');
    const link = await alice.until('a link in Lieu', () => document.querySelector('#place').value);
    await alice.click('#event button.main');
    await alice.click('[data-event=Point]');
    await alice.click('.dissociate');
    assert.equal(await words(alice, '.no-link'), 'Sans visioconférence');
    assert.equal(await words(alice, '#details .location'), '–');
    await guest(link, 'Invité');
    await alice.click('.add-video');
    const fresh = await words(alice, '#details .link');
    assert.notEqual(fresh, link);
});

suite('a meeting’s link stands in the body of the e-mail', async (t, { visit, guest }) => {
    const alice = await visit('alice', 'meetings');
    await alice.type('#event [name=title]', 'Comité');
    await alice.type('#event [name=guests]', 'bob@ville.example');
    await alice.click('#camera');
    const link = await alice.until('a link in Lieu', () => document.querySelector('#place').value);
    await alice.click('#event button.main');
    const bob = await visit('bob', 'mails');
    assert.equal(await words(bob, '#mails .link'), link);
    assert.match(await words(bob, '#mails pre'), /^Alice Martin vous invite à une visioconférence/);
    await guest(link, 'Bob');
});

suite('a post in a community calls who wrote it', async (t, { visit }) => {
    const chloe = await visit('chloe', 'chats');
    const alice = await visit('alice', 'community');
    await hrefReady(alice, '#posts a[data-salon]');
    await alice.click('#posts a[data-salon]');
    await begin(await alice.frame('/launch/'));
    assert.equal(await words(chloe, '.popin h2'), 'Alice Martin vous appelle');
    await press(chloe, 'Refuser');
    await status(alice, 'Chloé Petit a refusé');
});

suite('a personal link is switched on by a manager, shown, put in a message and in an event', async (t, { visit, guest }) => {
    const bob = await visit('bob', 'profile');
    const off = () => bob.until('that it is off', () => document.querySelector('#mine').textContent.includes('n’a pas activé'));
    await off();
    const alice = await visit('alice', 'organisation');
    await alice.click('#personal-rooms');
    await bob.click('#show-personal');
    const link = await words(bob, '#mine .link');
    await alice.call(() => { location.hash = 'profile'; });
    assert.equal(await hrefReady(alice, '[data-member=bob] a.personal'), link);
    await bob.call(() => { location.hash = 'chats'; });
    await bob.type('#write [name=text]', 'Passez me voir');
    await bob.click('#write [name=personal]');
    await bob.click('#write button');
    await alice.call(() => { location.hash = 'chats'; });
    assert.equal(await hrefReady(alice, '#messages a.personal'), link);
    await bob.call(() => { location.hash = 'agenda'; });
    await bob.type('#event [name=title]', 'Permanence');
    await bob.click('#event [name=personal]');
    await bob.click('#event button.main');
    await alice.call(() => { location.hash = 'agenda'; });
    await alice.click('[data-event=Permanence]');
    assert.equal(await words(alice, '#details .link'), link);
    await guest(link, 'Passant');
    // Off again: the link says so, and nobody shows it.
    await alice.call(() => { location.hash = 'organisation'; });
    await alice.click('#personal-rooms');
    await bob.call(() => { location.hash = 'profile'; });
    await off();
    assert.equal((await fetch(link)).status, 403);
});

suite('a phone invites the resource: the calendar comes back with the link', async (t, { visit, guest }) => {
    const alice = await visit('alice', 'phone');
    await alice.type('#phone [name=title]', 'Depuis le téléphone');
    await alice.click('#phone button.main');
    const link = await words(alice, '#phone-out .link');
    const [sent, back] = await alice.call(() => [...document.querySelectorAll('#phone-out pre')].map((p) => p.textContent));
    assert.match(sent, /PRODID:-\/\/BlueMind/);
    assert.ok(!sent.includes(link) && back.includes('PARTSTAT=ACCEPTED'));
    await alice.call(() => { location.hash = 'agenda'; });
    await alice.click('[data-event="Depuis le téléphone"]');
    assert.equal(await words(alice, '#details .link'), link);
    await guest(link, 'Invité');
});

for (const kind of ['chromium', 'firefox']) {
    suite(`${kind}: page and frame tell each other what happens, and nobody else`, async (t, { server, visit, demo }) => {
        t.allowed.push(/frame-ancestors|Framing|X-Frame|blocked|Refused to/);
        const alice = await visit('alice', 'airtime', { kind });
        const link = await alice.call(async () => (await fetch('/app/camera?user=alice', {
            method: 'POST', body: '{}' })).json()).then(({ url }) => url);
        await alice.call((url) => {
            const place = document.querySelector('#letter');
            place.style.height = '30rem';
            window.told = [];
            window.inside = window.salon.open({ url, parent: place, name: 'Zoé', onEvent: (...e) => window.told.push(e) });
            return null;
        }, link);
        const told = (event) => alice.until(`the event ${event}`, (wanted) => {
            const found = window.told.find(([name]) => name === wanted);
            return found && JSON.stringify(found[1]);
        }, { args: [event] }).then(JSON.parse);
        const frame = await alice.frame('/r/');
        assert.deepEqual(await told('ready'), {});
        assert.equal(await frame.until('the name', () => document.querySelector('#name').value), 'Zoé');
        await begin(frame);
        assert.match((await told('joined')).participant, /^\w+$/);
        assert.deepEqual(await told('participants'), { count: 1 });
        await alice.call(() => { window.inside.leave(); });
        assert.deepEqual(await told('left'), { reason: 'left' });
        await alice.call(() => { window.inside.close(); });
        assert.deepEqual(await told('closed'), {});
        assert.equal(await alice.call(() => document.querySelector('#letter iframe')), null);
        // Another tenant's room is not framed here, so it tells nothing; another server's throws.
        const other = await server.room();
        const quiet = await alice.call(async (url) => {
            const heard = [];
            const call = window.salon.open({ url, onEvent: (...e) => heard.push(e) });
            await new Promise((resolve) => call.frame.addEventListener('load', resolve, { once: true }));
            call.close();
            return heard.map(([name]) => name);
        }, other);
        assert.deepEqual(quiet, ['closed']);
        assert.match(await alice.call((url) => {
            try {
                window.salon.open({ url });
                return '';
            } catch (error) {
                return error.message;
            }
        }, `${demo.url}/r/x`), /is not/);
    });

    for (const lang of ['fr', 'en']) {
        suite(`${kind}: the suite speaks ${lang} and fits 360 px`, async (t, { visit }) => {
            const alice = await visit('alice', 'airtime', { kind, lang, width: 360, height: 740 });
            assert.equal(await alice.call(() => document.documentElement.lang), lang);
            for (const view of await alice.call(() => [...document.querySelectorAll('nav a')].map((a) => a.dataset.view))) {
                await alice.call((v) => { location.hash = v; }, view);
                await alice.until(view, (v) => document.querySelector('nav a[aria-current]')?.dataset.view === v, { args: [view] });
                assert.ok(await alice.call(() => document.documentElement.scrollWidth <= window.innerWidth), `${view} is wider`);
            }
        });
    }
}
