import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { backoff } from '../../src/web/lib/backoff.js';
import { slotsFor } from '../../src/web/lib/slots.js';
import { choose, fill, languages, load } from '../../src/web/lang/index.js';
import { bestGrid, mostTiles, strip } from '../../src/web/room/layout.js';
import { partsOf } from '../../src/web/room/linked.js';
import { readChoices } from '../../src/web/room/choices.js';
import { see } from '../../src/web/room/seen.js';
import { plainName } from '../../src/web/lib/names.js';
import { onWake } from '../../src/web/lib/wake.js';
import { claimIn, cleanName, leaveIn, nameWished, readLink } from '../../src/web/room/link.js';

const lang = new URL('../../src/web/lang/', import.meta.url);

test('every language file is listed, and has each text with the same gaps', async () => {
    const files = (await readdir(lang)).filter((name) => name !== 'index.js');
    assert.deepEqual(
        files.map((name) => name.replace('.js', '')).sort(),
        [...languages].sort(),
    );
    const english = await load('en');
    const gaps = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const language of languages) {
        const texts = await load(language);
        assert.deepEqual(Object.keys(texts), Object.keys(english), language);
        for (const key of Object.keys(english)) {
            assert.ok(texts[key].trim(), `${language} ${key}`);
            assert.deepEqual(gaps(texts[key]), gaps(english[key]), `${language} ${key}`);
        }
    }
});

test('the language is the first wish that there is', () => {
    assert.equal(choose([null, 'de-DE', 'fr-CA', 'en']), 'fr');
    assert.equal(choose(['EN_gb', 'fr']), 'en');
    assert.equal(choose(['__proto__', '../fr', '<b>', undefined]), 'en');
});

test('gaps are filled from own values only, and values are not filled again', () => {
    assert.equal(fill('{a} and {b}', { a: '{b}', b: 2 }), '{b} and 2');
    assert.equal(fill('{toString}', {}), '{toString}');
});

test('a link gives its token and the secrets of its fragment', () => {
    const read = (url) => readLink(new URL(url));
    assert.deepEqual(read('https://h/r/7M3K'), {
        link: '7M3K',
        host: undefined,
        token: undefined,
    });
    assert.deepEqual(read('https://h/r/7M3K/#h=abc&t=x.y.z'), {
        link: '7M3K',
        host: 'abc',
        token: 'x.y.z',
    });
});

test('a token says where to go after the call, and only a web page will do', () => {
    const signed = (claims) =>
        `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
    const leave = (url) => leaveIn(signed({ leave: url }));
    assert.equal(
        leave('https://moodle.example/course?id=2'),
        'https://moodle.example/course?id=2',
    );
    assert.equal(leave('http://localhost/'), 'http://localhost/');
    for (const bad of [
        'javascript:alert(1)',
        'data:text/html,x',
        '//evil',
        '/x',
        'https:///x',
        3,
        '',
    ]) {
        assert.equal(leave(bad), '', String(bad));
    }
    assert.equal(leaveIn(undefined), '');
    assert.equal(leaveIn('no token'), '');
});

test('a link that a front end made up is known by its path', () => {
    const { link } = readLink(
        new URL('https://h/b/ville/SOGo_meeting/0f8fad5b?x=1#config.a=1'),
    );
    assert.equal(link, '/b/ville/SOGo_meeting/0f8fad5b');
});

test('the name that is wished for in a made-up link', () => {
    const wished = (hash) => nameWished(new URL(`https://h/b/v/x#${hash}`));
    assert.equal(wished('userInfo.displayName=%22Zo%C3%A9%20B.%22&config.x=true'), 'Zoé B.');
    assert.equal(wished('userInfo.displayName="Paul"'), 'Paul');
    assert.equal(wished('userInfo.displayName=Paul'), 'Paul');
    assert.equal(wished('userInfo.displayName=%7B%7D'), '');
    assert.equal(wished('config.x=true'), '');
});

test('the name of a signed link is shown, and a broken token shows none', () => {
    const body = Buffer.from(JSON.stringify({ name: 'Zoé ✓' })).toString('base64url');
    assert.equal(claimIn(`h.${body}.s`, 'name'), 'Zoé ✓');
    for (const token of [undefined, '', 'x', 'a.%.c', 'a.bnVsbA.c'])
        assert.equal(claimIn(token, 'name'), '');
});

test('a name loses control characters and what is beyond 80 characters', () => {
    assert.equal(cleanName(' A\u0000d\na '), 'A d a');
    assert.equal([...cleanName('😀'.repeat(100))].length, 80);
});

test('a name that was pasted with marks the server refuses keeps nobody out', () => {
    assert.equal(cleanName('\u202eA\u2066da\u2069'), 'Ada');
    assert.equal(cleanName('Ada\u2028Byron\u2029'), 'Ada Byron');
    assert.equal(cleanName('Ada \ud83d'), 'Ada');
});

test('tiles never leave the stage, and there are always enough cells', () => {
    let seed = 7;
    const random = (most) => (seed = (seed * 48271) % 2147483647) % most;
    for (let round = 0; round < 2000; round++) {
        const [count, width, height, gap] = [
            1 + random(30),
            200 + random(2000),
            200 + random(1200),
            8,
        ];
        const grid = bestGrid(count, width, height, gap);
        const rows = Math.ceil(count / grid.columns);
        assert.ok(grid.columns * grid.width + (grid.columns - 1) * gap <= width);
        assert.ok(rows * grid.height + (rows - 1) * gap <= height);
        assert.ok(grid.width > 0 && grid.height > 0);
        assert.ok(grid.width / grid.height < 1.81 && grid.width / grid.height > 0.98);
    }
});

test('two people stand side by side on a wide screen, above each other on a phone', () => {
    assert.equal(bestGrid(2, 1200, 600, 8).columns, 2);
    assert.equal(bestGrid(2, 360, 560, 8).columns, 1);
});

test('beside a shared screen people are at the side if it is wide, else below', () => {
    assert.equal(strip(1200, 600).mode, 'side');
    assert.equal(strip(360, 560).mode, 'below');
});

test('small stages bear fewer tiles, but never none', () => {
    assert.ok(mostTiles(360, 500) < mostTiles(1280, 700));
    assert.ok(mostTiles(10, 10) >= 4);
});

test('there is always a spare slot, up to the limit, and then extra voices', () => {
    for (let people = 0; people < 25; people++) {
        const { pairs, voices } = slotsFor(people, 0, 25);
        assert.ok(pairs > people && pairs <= 25);
        assert.equal(voices, 0);
    }
    assert.deepEqual(slotsFor(60, 9, 25), { pairs: 25, voices: 5, screens: 4 });
});

test('waiting doubles up to its limit, with a share of chance', () => {
    const at = (attempt, random) =>
        backoff(attempt, { first: 100, most: 1000, random: () => random });
    assert.deepEqual(
        [0, 1, 2, 3, 4, 40].map((n) => at(n, 1)),
        [100, 200, 400, 800, 1000, 1000],
    );
    assert.equal(at(1, 0), 100);
});

/** The stage as a page of 100 would ask for it. */
const hall = (change = {}) => ({
    screens: [],
    people: Array.from({ length: 99 }, (_, n) => `p${n}`),
    own: 'me',
    pinned: '',
    speaker: '',
    layout: 'auto',
    invite: false,
    page: 0,
    width: 1256,
    height: 650,
    ...change,
});

const overlap = (a, b) =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

test('every arrangement shows each person on exactly one page, inside the stage, over nobody', () => {
    const stages = [
        [1256, 650],
        [344, 480],
        [304, 330],
        [1896, 930],
        [700, 300],
    ];
    for (const [width, height] of stages)
        for (const count of [0, 1, 3, 8, 24, 99])
            for (const layout of ['auto', 'grid', 'speaker'])
                for (const screens of [[], ['s1'], ['s1', 's2']]) {
                    const people = hall().people.slice(0, count);
                    const wish = hall({ width, height, people, screens, layout });
                    const { pages } = see(wish);
                    const times = new Map();
                    for (let page = 0; page < pages; page++) {
                        const boxes = [...see({ ...wish, page }).boxes];
                        for (const [at, [key, box]] of boxes.entries()) {
                            times.set(key, (times.get(key) ?? 0) + 1);
                            const inside = [
                                box.x,
                                box.y,
                                width - box.x - box.width,
                                height - box.y - box.height,
                            ];
                            assert.ok(
                                Math.min(...inside) >= -1,
                                `${key} ${JSON.stringify(box)} of ${width} × ${height}`,
                            );
                            for (const [, other] of boxes.slice(at + 1))
                                assert.ok(!overlap(box, other));
                        }
                    }
                    for (const key of [...people, ...screens])
                        assert.ok(times.get(key) >= 1, `${key}, ${count}, ${layout}`);
                    const large = see(wish).mode === 'large';
                    if (!large) for (const key of people) assert.equal(times.get(key), 1);
                }
});

test('who speaks is seen on the first page, and the others keep their places', () => {
    const quiet = see(hall());
    const loud = see(hall({ speaker: 'p80' }));
    assert.ok(!quiet.boxes.has('p80') && loud.boxes.has('p80'));
    for (const [key, box] of loud.boxes)
        if (key !== 'p80') assert.deepEqual(quiet.boxes.get(key), box);
});

test('what is pinned is large whatever the layout, and a pin on nobody changes nothing', () => {
    for (const layout of ['auto', 'grid', 'speaker']) {
        const { boxes, mode } = see(hall({ layout, pinned: 'p7', screens: ['s1'] }));
        assert.equal(mode, 'large');
        assert.ok(boxes.get('p7').width > 2 * boxes.get('s1').width);
    }
    assert.deepEqual(see(hall({ pinned: 'gone' })), see(hall()));
});

test('addresses in a message are links, and nothing but http is', () => {
    const links = (text) => partsOf(text).flatMap(({ href }) => href ?? []);
    assert.deepEqual(links('see https://a.example/x?y=1, then (http://b.example/p_(q)).'), [
        'https://a.example/x?y=1',
        'http://b.example/p_(q)',
    ]);
    for (const text of [
        'javascript:alert(1)',
        'data:text/html,x',
        'https://',
        'xhttps://a',
        'ftp://a.example',
    ])
        assert.deepEqual(links(text), [], text);
    for (const text of ['a https://a.example/<b> c', 'https://a.example/\u202egnp.exe', ''])
        assert.equal(
            partsOf(text)
                .map((part) => part.text)
                .join(''),
            text,
        );
    assert.deepEqual(links('https://a.example/\u202egnp.exe'), ['https://a.example/']);
});

test('nobody turns our sentences around with the marks in their name', () => {
    assert.equal(plainName('Zo\u202eé\u2066 \u200fעדה'), 'Zoé \u200fעדה');
});

test('what was kept is taken only as far as it is what we would have kept', () => {
    const usual = readChoices(null);
    for (const text of [
        '',
        '{',
        'null',
        '[]',
        '7',
        '"x"',
        '{"layout":"evil","noise":1,"name":{}}',
    ])
        assert.deepEqual(readChoices(text), usual, text);
    const kept = readChoices(
        '{"__proto__":{"name":"x"},"layout":"grid","noise":false,"other":1}',
    );
    assert.deepEqual(kept, { ...usual, layout: 'grid', noise: false });
});

test('a clock that jumps is a computer that slept', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    let now = 0;
    let woken = 0;
    const stop = onWake(
        () => woken++,
        () => now,
    );
    for (const ms of [2000, 2000, 9000]) {
        now += ms;
        t.mock.timers.tick(2000);
    }
    assert.equal(woken, 0);
    now += 3_600_000;
    t.mock.timers.tick(2000);
    assert.equal(woken, 1);
    stop();
});
