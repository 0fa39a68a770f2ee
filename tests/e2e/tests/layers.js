/** What nobody watches is not sent; what is shared keeps what it is made for; the panel that explains it. */
import assert from 'node:assert/strict';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

/** Ada, who sends, and Blaise, who sees her. */
async function twoOf(t, one, two) {
    const server = await t.server();
    const link = await server.room();
    const ada = t.keep(await Person.join(await t.browser(one), link, 'Ada'));
    const blaise = t.keep(await Person.join(await t.browser(two), link, 'Blaise'));
    await blaise.sees(ada);
    return { ada, blaise };
}

/** The encodings of what we send from this source that are switched on, as "q,h"; in the page. */
function active(source) {
    const room = window.salonRoom;
    const transceiver = room.connection.getTransceivers().find((x) => x.mid === room.midOf(source));
    return transceiver.sender.getParameters().encodings.filter((e) => e.active).map((e) => e.rid ?? '').join();
}

/** Until the active encodings are these. */
function sends(person, source, rids) {
    return person.page.until(`${person.name} to send "${rids}" of the ${source}`,
        `(source, rids) => (${active})(source) === rids`, { timeout: 30000, args: [source, rids] });
}

/** Packets sent from this source in all encodings; in the page. */
async function packets(source) {
    const room = window.salonRoom;
    let sum = 0;
    for (const s of (await room.connection.getStats()).values())
        if (s.type === 'outbound-rtp' && s.mid === room.midOf(source)) sum += s.packetsSent;
    return sum;
}

const hide = (hidden) => {
    for (const tile of document.querySelectorAll('.tile:not(:has(.mirrored))')) tile.hidden = hidden;
};

for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: layers that nobody watches are not sent, and come back with a picture`, async (t) => {
        const { ada, blaise } = await twoOf(t, kind, 'chromium');
        await sends(ada, 'camera', 'q,h'); // two tiles of half the window: nobody needs the largest
        await blaise.page.resize(320, 400);
        await sends(ada, 'camera', 'q');
        await blaise.sees(ada);
        await blaise.page.call(hide, true);
        await sends(ada, 'camera', '');
        const before = await ada.page.call(packets, 'camera');
        await new Promise((r) => setTimeout(r, 1500));
        const after = await ada.page.call(packets, 'camera');
        assert.ok(after - before < 5, `${after - before} packets to nobody`);
        await blaise.page.call(hide, false);
        await blaise.page.resize(1280, 800);
        await sends(ada, 'camera', 'q,h');
        await blaise.sees(ada);
    });

    test(`${kind}: a shared text is sent whole and sharp; as a film it is sent in two sizes`, async (t) => {
        const { ada, blaise } = await twoOf(t, kind, 'chromium');
        await ada.page.click('#share');
        const seen = await blaise.sees(ada, 'screen', { still: true });
        const about = () => {
            const { track } = window.salonRoom.published('screen');
            return { hint: track.contentHint, width: track.getSettings().width };
        };
        const shared = await ada.page.call(about);
        assert.equal(shared.hint, 'text');
        assert.equal(seen.width, shared.width, 'the text was made smaller');
        await sends(ada, 'screen', 'f');
        await ada.page.click('#sharing input[value=motion]');
        await ada.page.until('a film', () => window.salonRoom.published('screen').track.contentHint === 'motion');
        await blaise.sees(ada, 'screen', { still: true });
    });
}

test('the information panel says what is wanted, given and sent, and closes by Escape', async (t) => {
    const { ada, blaise } = await twoOf(t, 'chromium', 'firefox');
    for (const [me, other] of [[ada, blaise], [blaise, ada]]) {
        await me.sees(other);
        await me.page.call((name) => {
            const tile = [...document.querySelectorAll('.tile')].find((e) => e.textContent.includes(name));
            tile.querySelector('.about').focus();
        }, other.name);
        await me.page.press('\uE007');
        const facts = (name) => {
            const person = [...document.querySelectorAll('#info-list li')]
                .find((e) => e.querySelector('h3').textContent.startsWith(name));
            if (!person) return null;
            const rows = {};
            for (const section of person.querySelectorAll('section'))
                for (const term of section.querySelectorAll('dt:not([hidden])'))
                    rows[`${section.querySelector('h4').textContent}: ${term.textContent}`] = term.nextElementSibling.textContent;
            return rows;
        };
        const complete = `(name) => {
            const rows = (${facts})(name);
            return rows?.['Camera: Received'] && !/^0 /.test(rows['Camera: Rate']) && rows;
        }`;
        const theirs = await me.page.until('facts about the other', complete, { args: [other.name] });
        assert.match(theirs['Camera: Wanted'], /^\d+ × \d+ \(layer [qhf]\)$/);
        assert.match(theirs['Camera: Given'], /^\d+ × \d+ \(layer [qhf]\)$/);
        assert.match(theirs['Camera: Received'], /^\d+ × \d+, \d+ per second$/);
        assert.equal(theirs['Camera: Codec'], 'VP8');
        const sent = `(name) => {
            const rows = (${facts})(name);
            return rows?.['Camera: Sent'] && rows['Your connection: Round trip'] && rows;
        }`; // a rate takes two looks, and an encoder may pause between them
        const mine = await me.page.until('facts about oneself', sent, { args: [me.name] });
        assert.match(mine['Your connection: Round trip'], /^\d+ ms$/);
        assert.match(mine['Camera: Sent'], /^\d+ × \d+, \d+ per second, \d/);
        assert.equal(await me.page.call(() => document.activeElement.textContent), other.name);
        await me.page.press('\uE00C');
        assert.equal(await me.page.call(() => document.querySelector('#info-panel').hidden), true);
        assert.ok(await me.page.call(() => document.activeElement.classList.contains('about')));
    }
});
