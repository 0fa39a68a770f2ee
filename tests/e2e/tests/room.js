/** The controls of the room's page, pressed as a person does. */
import assert from 'node:assert/strict';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

const ESCAPE = '\uE00C';
const BOTH = ['chromium', 'firefox'];

const muted = (person, name, wanted) => person.page.until(`${name} ${wanted ? 'muted' : 'heard'}`, (who, w) =>
    [...window.salonRoom.participants.values()].find((p) => p.name === who)?.muted('microphone') === w,
{ args: [name, wanted] });

/** Where the tiles stand, by name; in the page. */
const tiles = () => Object.fromEntries([...document.querySelectorAll('#tiles figure')].map((tile) => {
    const { x, y, width, height } = tile.getBoundingClientRect();
    return [tile.querySelector('.who').textContent, { x, y, width, height }];
}));

/** Keeps who listens to the end of a track: Firefox tells such a listener of no event that a script makes. In the page. */
function keepListeners() {
    MediaStreamTrack.prototype.addEventListener = function (type, listener, ...how) {
        if (type === 'ended') (this.endListeners ??= []).push(listener);
        EventTarget.prototype.addEventListener.call(this, type, listener, ...how);
    };
}

/** As the browser does when a device goes; in the page. */
function unplug(source) {
    const { track } = window.salonRoom.published(source);
    track.stop();
    for (const listener of track.endListeners) listener.call(track, new Event('ended'));
}

for (const kind of BOTH) {
    test(`${kind}: before the call: level, pickers, a test sound, and a name that is kept only if ticked`, async (t) => {
        const server = await t.server();
        const link = await server.room();
        const ada = t.keep(await Person.arrive(await t.browser(kind), link, 'Ada'));
        await ada.shows('#start');
        await ada.page.click('#before-mic');
        await ada.page.until('a level', () => document.querySelector('#before-level').value > 0.01, { every: 40 });
        await ada.page.click('#before-settings');
        await ada.page.until('a microphone to choose', () => document.querySelector('#pick-microphone').options.length > 1);
        await ada.page.until('a level in the dialog', () => document.querySelector('#settings-level').value > 0.01, { every: 40 });
        await ada.page.click('#speaker-test');
        await ada.page.until('the sound was played', () => /\?/.test(document.querySelector('#speaker-said').textContent));
        await ada.page.click('#set-noise');
        await ada.page.until('the microphone without it', () => JSON.parse(localStorage.salon).noise === false);
        await ada.page.press(ESCAPE);
        await ada.page.type('#name', 'Ada');
        await ada.page.press('\uE007'); // Enter starts
        await ada.inCall();
        assert.equal(await ada.page.call(() => JSON.parse(localStorage.salon).name), '');
        await ada.page.reload();
        assert.equal(await ada.page.call(() => document.querySelector('#name').value), '');
        await ada.page.click('#remember');
        await ada.page.type('#name', 'Ada');
        await ada.page.click('#start');
        await ada.inCall();
        await ada.page.reload();
        await ada.page.until('the name', () => document.querySelector('#name').value === 'Ada' && document.querySelector('#remember').checked);
    });

    test(`${kind}: each way of having no device is told in words, and nobody is kept out by it`, async (t) => {
        const server = await t.server();
        const page = await (await t.browser(kind)).page();
        t.pages.push(page);
        await page.goto(await server.room());
        const told = [];
        for (const [name, message] of [['NotAllowedError', 'denied'], ['NotAllowedError', 'Permission dismissed'],
            ['NotAllowedError', 'denied by system'], ['NotFoundError', ''], ['NotReadableError', '']]) {
            await page.call((...error) => {
                navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException(error[1], error[0]));
            }, name, message);
            const before = await page.call(() => document.querySelector('#before-problem').textContent);
            await page.click('#before-camera');
            told.push(await page.until(`words for ${name} ${message}`, (old) => {
                const { textContent } = document.querySelector('#before-problem');
                return textContent !== old && textContent;
            }, { args: [before] }));
        }
        assert.equal(new Set(told).size, 5, told.join('\n'));
        await page.call(() => { Object.defineProperty(navigator, 'mediaDevices', { value: undefined }); }); // a web view
        await page.click('#before-mic');
        await page.until('words for a web view', () => document.querySelector('#before-problem').textContent);
        await page.type('#name', 'Gus');
        await page.click('#start');
        await page.until('the call', () => window.salonRoom?.state === 'connected');
    });

    test(`${kind}: hands, reactions, pins and layouts`, async (t) => {
        const server = await t.server();
        const link = await server.room();
        const ada = t.keep(await Person.join(await t.browser(kind), link, 'Ada'));
        const blaise = t.keep(await Person.join(await t.browser('chromium'), link, 'Blaise'));
        const cleo = t.keep(await Person.join(await t.browser('chromium'), link, 'Cléo'));
        await ada.sees(blaise);
        await ada.sees(cleo);
        await blaise.page.click('#react');
        await blaise.page.click('#hand');
        await ada.page.until('the hand, to see and to hear of', () => document.querySelector('#tiles .hand') &&
            document.querySelector('#live').textContent.includes('Blaise'));
        await blaise.page.click('#react');
        await blaise.page.click('[data-reaction=bravo]');
        await ada.page.until('the star on the tile', (id) => document.querySelector(`[data-participant="${id}"] .reaction[data-reaction=bravo]`),
            { args: [await blaise.page.call(() => window.salonRoom.self.id)], every: 50 });

        const even = await ada.page.call(tiles);
        assert.equal(even.Blaise.width, even['Cléo'].width);
        await ada.page.click('#tiles figure:nth-of-type(2) .pin');
        await ada.page.until('one large', () => document.querySelector('#stage').dataset.mode === 'large');
        const pinned = await ada.page.call(tiles);
        const [large] = Object.entries(pinned).sort((a, b) => b[1].width - a[1].width);
        assert.ok(large[1].width > 1.8 * Math.min(...Object.values(pinned).map(({ width }) => width)));
        await ada.page.click('#tiles [data-pinned] .pin');
        await ada.page.until('as before', () => document.querySelector('#stage').dataset.mode === 'grid');
        assert.deepEqual(await ada.page.call(tiles), even, 'everybody is back in the same place');
        await ada.page.click('#more');
        await ada.page.click('#layouts input[value=speaker]');
        await ada.page.until('the speaker large', () => document.querySelector('#stage').dataset.mode === 'large');
        await ada.sees(blaise);
        await ada.sees(cleo);
        await ada.page.reload();
        await ada.start();
        await ada.page.until('the layout was remembered', () => document.querySelector('#stage').dataset.mode === 'large');
    });

    test(`${kind}: the held space bar opens the microphone, and only while it is held`, async (t) => {
        const server = await t.server();
        const link = await server.room();
        const ada = t.keep(await Person.join(await t.browser(kind), link, 'Ada'));
        const blaise = t.keep(await Person.join(await t.browser('chromium'), link, 'Blaise'));
        await ada.page.click('#mic');
        await muted(blaise, 'Ada', true);
        await ada.page.call(() => document.activeElement.blur());
        const space = (type) => ada.page.bidi.send('input.performActions',
            { context: ada.page.context, actions: [{ type: 'key', id: 'keyboard', actions: [{ type, value: ' ' }] }] });
        await space('keyDown');
        await muted(blaise, 'Ada', false);
        await space('keyUp');
        await muted(blaise, 'Ada', true);
    });

    test(`${kind}: an unplugged microphone is replaced, an unplugged camera is told and stays off`, async (t) => {
        const server = await t.server();
        const link = await server.room();
        const ada = t.keep(await Person.arrive(await t.browser(kind), link, 'Ada'));
        await ada.page.call(keepListeners);
        await ada.start();
        const blaise = t.keep(await Person.join(await t.browser('chromium'), link, 'Blaise'));
        await blaise.hears(ada);
        const said = (what) => ada.page.until(what, () => {
            const notice = document.querySelector('#notice');
            return !notice.hidden && notice.textContent;
        });
        await ada.page.call(unplug, 'microphone');
        assert.match(await said('a word about the microphone'), /Another one|autre/);
        await blaise.hears(ada);
        await ada.page.call(unplug, 'camera');
        await ada.page.until('the camera off', () => !('on' in document.querySelector('#camera').dataset) &&
            /camera|caméra/i.test(document.querySelector('#notice').textContent));
        await ada.page.click('#camera');
        await blaise.sees(ada);
    });
}

test('chat: addresses are links, markup and marks are text, unread messages are counted', async (t) => {
    const server = await t.server();
    const link = await server.room();
    const ada = t.keep(await Person.join(await t.browser('chromium'), link, 'Ada'));
    const evil = t.keep(await Person.arrive(await t.browser('firefox'), link, ''));
    const name = '<img src=x onerror=window.hacked=1>\u202eקדע 🦊';
    await evil.page.until('the form', () => document.querySelector('#start')?.checkVisibility());
    await evil.page.call((n) => { document.querySelector('#name').value = n; }, name);
    await evil.page.click('#start');
    await evil.inCall();
    const text = '<script>window.hacked=1</script> javascript:alert(1) see https://a.example/x?y=<b>';
    await evil.page.call(async (said) => {
        await window.salonRoom.chat(said);
        await window.salonRoom.chat('é'.repeat(4000));
        const long = await window.salonRoom.chat('x'.repeat(10000)).catch((e) => e.reason);
        if (long !== 'too_large') throw new Error(`10,000 characters: ${long}`);
    }, text);
    await ada.page.until('two unread', () => document.querySelector('#chat .count').textContent === '2' && document.title.startsWith('(2)'));
    await ada.page.click('#chat');
    const shown = await ada.page.call(() => {
        const [first] = document.querySelectorAll('#messages li');
        return { name: first.querySelector('strong').textContent, text: first.querySelector('.text').textContent,
            links: [...document.querySelectorAll('#messages a')].map(({ href, rel }) => [href, rel]),
            hacked: window.hacked, unread: document.querySelector('#chat .count').textContent,
            wide: document.documentElement.scrollWidth > window.innerWidth };
    });
    assert.deepEqual(shown, { name: name.replace('\u202e', ''), text, links: [['https://a.example/x?y=', 'noopener noreferrer nofollow']],
        hacked: undefined, unread: '', wide: false });
});

test('a hostile ?lang and fragment change nothing', async (t) => {
    const server = await t.server();
    const link = await server.room();
    const page = await (await t.browser('chromium')).page();
    t.pages.push(page);
    const evil = encodeURIComponent('<img src=x onerror=window.hacked=1>');
    await page.goto(`${link}?lang=../../${evil}#userInfo.displayName="${evil}"&t=${evil}&h=${evil}`);
    await page.until('the page', () => document.querySelector('#start')?.checkVisibility());
    assert.deepEqual(await page.call(() => [window.hacked, document.documentElement.lang, location.hash]), [undefined, 'en', '']);
});

test('200 people at once: pages to turn, and nothing that is there jumps', async (t) => {
    const server = await t.server();
    const ada = t.keep(await Person.join(await t.browser('chromium'), await server.room(), 'Ada'));
    const seen = await ada.page.call(async () => {
        const tasks = [], shifts = [];
        new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: 'longtask' });
        new PerformanceObserver((list) => shifts.push(...list.getEntries().map((e) => e.value))).observe({ type: 'layout-shift' });
        const [socket] = window.testSockets.slice(-1);
        for (let n = 0; n < 200; n++) // as the server tells it
            socket.dispatchEvent(new MessageEvent('message', { data: JSON.stringify({ type: 'participant', event: 'joined',
                participant: { id: `p_fake${n}`, name: `N° ${n}`, role: 'guest', client: 'web', hand: false, away: false, tracks: [] } }) }));
        await new Promise((r) => setTimeout(r, 1500));
        return { longest: Math.max(0, ...tasks), shift: shifts.reduce((a, b) => a + b, 0), tiles: document.querySelectorAll('#tiles figure').length };
    });
    assert.equal(seen.tiles, 25);
    assert.ok(seen.shift < 0.1, `things jumped: ${seen.shift}`);
    console.log(`     200 joins: longest task ${Math.round(seen.longest)} ms, layout shift ${seen.shift.toFixed(3)}`);
    const names = new Set();
    for (let page = 0; page < 9; page++) {
        for (const name of await ada.page.call(() => [...document.querySelectorAll('#tiles figure .who')].map((e) => e.textContent)))
            names.add(name);
        await ada.page.click('#page-after');
    }
    assert.equal(names.size, 201, 'everybody is on some page');
    await ada.page.click('#people');
    await ada.page.until('the list', () => document.querySelectorAll('#people-list li').length === 201);
});

test('picture-in-picture and full screen', async (t) => {
    const server = await t.server();
    const link = await server.room();
    const ada = t.keep(await Person.join(await t.browser('chromium'), link, 'Ada'));
    const blaise = t.keep(await Person.join(await t.browser('chromium'), link, 'Blaise'));
    await ada.sees(blaise);
    await ada.page.click('#more');
    await ada.page.click('#full');
    await ada.page.until('full screen', () => document.fullscreenElement !== null);
    await ada.page.call(() => document.activeElement.blur());
    await ada.page.press('f');
    await ada.page.until('the window again', () => document.fullscreenElement === null);
    await ada.page.click('#more');
    await ada.page.click('#pip');
    await ada.page.until('a small window with a picture', () => document.pictureInPictureElement?.videoWidth > 0);
    await ada.leave();
    await ada.page.until('no small window', () => document.pictureInPictureElement === null);
});
