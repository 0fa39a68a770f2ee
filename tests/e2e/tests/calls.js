/** Two people in a room, in every pair of browsers: picture, sound, screen, chat, mute, leaving. */
import assert from 'node:assert/strict';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

const PAIRS = [['chromium', 'chromium'], ['firefox', 'firefox'], ['chromium', 'firefox']];

/** Ada and Blaise, who see and hear each other. */
async function twoOf(t, one, two) {
    const server = await t.server();
    const link = await server.room();
    const ada = t.keep(await Person.join(await t.browser(one), link, 'Ada'));
    const blaise = t.keep(await Person.join(await t.browser(two), link, 'Blaise'));
    await ada.meets(blaise);
    await blaise.meets(ada);
    return { ada, blaise, link, server };
}

async function sharesScreen(from, to) {
    await from.page.click('#share');
    await to.sees(from, 'screen', { still: true });
    await to.shows('#tiles .tile.screen', 'the shared screen on the stage');
    await to.sees(from); // the camera goes on beside it
    await from.page.click('#share');
    await to.page.until('the screen gone', () => !document.querySelector('#tiles .tile.screen'));
}

for (const [one, two] of PAIRS) {
    test(`${one} and ${two} see and hear each other and share a screen each way`, async (t) => {
        const { ada, blaise } = await twoOf(t, one, two);
        await sharesScreen(ada, blaise);
        await sharesScreen(blaise, ada);
    });
}

test('a third person sees and is seen by the two who were there', async (t) => {
    const { ada, blaise, link } = await twoOf(t, 'chromium', 'firefox');
    const carla = t.keep(await Person.join(await t.browser('chromium'), link, 'Carla'));
    for (const [who, whom] of [[carla, ada], [carla, blaise], [ada, carla], [blaise, carla]]) await who.meets(whom);
    await ada.knows('Blaise', 'Carla');
    await carla.leave();
    await ada.knows('Blaise');
    await blaise.knows('Ada');
    await ada.meets(blaise);
});

for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: a muted microphone is seen and not heard`, async (t) => {
        const { ada, blaise } = await twoOf(t, kind, kind === 'chromium' ? 'firefox' : 'chromium');
        await ada.page.click('#mic');
        await blaise.page.until('the mark of a muted microphone', () =>
            Boolean(document.querySelector('.tile[data-muted]:not(:has(.mirrored)) [role=img].muted')));
        // The server passes nothing on. (The decoder conceals for a while, so its energy proves nothing.)
        const before = await blaise.inbound(ada, 'microphone');
        await new Promise((r) => setTimeout(r, 1500));
        const after = await blaise.inbound(ada, 'microphone');
        assert.ok(!after || after.packets - before.packets < 5, `heard ${JSON.stringify([before, after])}`);
        await ada.page.click('#mic');
        await blaise.hears(ada);
    });

    test(`${kind}: a camera turned off leaves a name, turned on again a picture`, async (t) => {
        const { ada, blaise } = await twoOf(t, kind, kind === 'chromium' ? 'firefox' : 'chromium');
        await ada.page.click('#camera');
        await blaise.page.until('a tile without picture', () => {
            const tile = [...document.querySelectorAll('.tile[data-source=camera]')].find((e) => e.textContent.includes('Ada'));
            return tile && !('live' in tile.dataset);
        });
        await ada.page.click('#camera');
        await blaise.sees(ada);
    });
}

test('chat goes both ways and shows who wrote', async (t) => {
    const { ada, blaise } = await twoOf(t, 'chromium', 'firefox');
    for (const [from, to, text] of [[ada, blaise, 'Bonjour <b>à</b> tous'], [blaise, ada, 'Good day']]) {
        await from.page.click('#chat');
        await from.page.type('#chat-text', text);
        await from.page.press('\uE007');
        await to.page.until('the message', (name, said) => [...document.querySelectorAll('#messages li')]
            .some((li) => li.textContent.includes(name) && li.querySelector('.text').textContent === said),
        { args: [from.name, text] });
    }
});

test('who leaves is gone from the others at once, and can come back', async (t) => {
    const { ada, blaise } = await twoOf(t, 'firefox', 'chromium');
    await blaise.leave();
    await blaise.shows('#after');
    await ada.page.until('nobody else', () => window.salonRoom.participants.size === 0, { timeout: 2000 });
    await blaise.page.click('#rejoin');
    await blaise.inCall();
    await ada.meets(blaise);
    await blaise.meets(ada);
});

for (const [viewer, publisher] of [['chromium', 'chromium'], ['firefox', 'chromium'], ['chromium', 'firefox']]) {
    test(`${viewer} gets ${publisher}'s smaller layer for a smaller tile, and the larger one back`, async (t) => {
        const { ada, blaise } = await twoOf(t, viewer, publisher);
        const width = (test_, what) => ada.page.until(what, async (name, source) => {
            const [compare, than] = source;
            const other = [...window.salonRoom.participants.values()].find((p) => p.name === name);
            const track = other?.media.get('camera')?.track;
            for (const s of (await window.salonRoom.connection.getStats()).values())
                if (s.type === 'inbound-rtp' && s.trackIdentifier === track?.id && s.frameWidth &&
                    (compare === '>' ? s.frameWidth > than : s.frameWidth < than)) return s.frameWidth;
            return 0;
        }, { args: [blaise.name, test_], timeout: 40000, every: 250 });
        const large = await width(['>', 500], 'a large picture');
        await ada.page.resize(360, 400);
        const small = await width(['<', large], 'a smaller picture');
        await ada.sees(blaise);
        await ada.page.resize(1280, 800);
        await width(['>', small], 'a large picture again');
        await ada.sees(blaise);
    });
}
