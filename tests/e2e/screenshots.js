/** Pictures of every state of the pages: screenshots.js FOLDER [PATTERN]. Started by tools/screenshots. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Browser } from './lib/browser.js';
import { Person } from './lib/person.js';
import { Server } from './lib/server.js';

const [folder, pattern = ''] = process.argv.slice(2);
const SIZES = { phone: [360, 640], laptop: [1280, 800], large: [1920, 1080] };
const ESCAPE = '\uE00C', ENTER = '\uE007';
const NAMES = ['Blaise', 'Émilie', 'Grace', 'Ève-Marie de la Très-Longue-Rue', 'יעל', 'Özge', 'Søren', 'Sofia', '健太', 'Ada'];

const settle = (ms = 500) => new Promise((resolve) => setTimeout(resolve, ms));

/** One browser in one language, and the names of its pictures. */
class Scene {
    constructor(server, browser, lang) {
        Object.assign(this, { server, browser, lang });
    }

    /** One picture at each size. */
    async shoot({ page }, state) {
        for (const [size, [width, height]] of Object.entries(SIZES)) {
            await page.resize(width, height);
            await settle();
            await page.screenshot(join(folder, `${this.browser.kind}-${this.lang}-${state}-${size}.png`));
        }
        await page.resize(...SIZES.laptop);
    }

    arrive(link, name) {
        return Person.arrive(this.browser, link, name);
    }

    join(link, name) {
        return Person.join(this.browser, link, name);
    }
}

/** Pages that are no call. */
async function aroundTheCall(scene) {
    const { server } = scene;
    const visitor = new Person(await scene.browser.page(), 'Gus');
    const visit = async (url, state) => {
        await visitor.page.goto(url);
        await scene.shoot(visitor, state);
    };
    await visit(`${server.url}/`, '00-landing');
    await visit(`${server.url}/r/${'0'.repeat(26)}`, '01-unknown');
    const closed = await server.makeRoom();
    await server.ask('DELETE', `/rooms/${closed.id}`);
    await visit(closed.url, '02-closed');
    const replaced = await server.makeRoom();
    await server.ask('POST', `/rooms/${replaced.id}/rotate`, {});
    await visit(replaced.url, '03-replaced');
    const short = await server.makeRoom({ expires_at: new Date(Date.now() + 3000).toISOString().replace(/\.\d+/, '') });
    for (;;) {
        if ((await fetch(short.url)).status !== 200) break;
        await settle(200);
    }
    await visit(short.url, '04-expired');
    await visitor.page.close();
}

async function beforeTheCall(scene) {
    const ada = await scene.arrive(await scene.server.room(), 'Ada');
    await ada.shows('#start');
    await scene.shoot(ada, '10-before');
    await ada.page.call(() => {
        window.asks = navigator.mediaDevices.getUserMedia;
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
    });
    await ada.page.click('#before-camera');
    await ada.page.until('why not', () => document.querySelector('#before-problem').textContent);
    await scene.shoot(ada, '11-refused');
    await ada.page.call(() => { navigator.mediaDevices.getUserMedia = window.asks; });
    await ada.page.click('#before-mic');
    await ada.page.click('#before-camera');
    await ada.page.until('the preview', () => document.querySelector('#preview-video').videoWidth > 0);
    await scene.shoot(ada, '12-preview');
    await ada.page.click('#before-settings');
    await scene.shoot(ada, '13-settings');
    await ada.page.close();
}

async function inTheCall(scene) {
    const link = await scene.server.room({ title: 'Point produit' });
    const ada = await scene.join(link, 'Ada');
    await scene.shoot(ada, '20-alone');
    const [blaise, emilie] = [await scene.join(link, 'Blaise'), await scene.join(link, 'Émilie')];
    for (const other of [blaise, emilie]) await ada.meets(other);
    await scene.shoot(ada, '21-three');
    for (const menu of ['react', 'more']) {
        await ada.page.click(`#${menu}`);
        await scene.shoot(ada, `22-${menu}`);
        await ada.page.press(ESCAPE);
    }
    await ada.page.press('l', 'l');
    await emilie.page.click('#react');
    await emilie.page.click('#hand');
    await emilie.page.click('#mic');
    await scene.shoot(ada, '23-speaker');
    await ada.page.press('l', '?');
    await scene.shoot(ada, '24-help');
    await ada.page.press(ESCAPE);
    await blaise.page.click('#chat');
    for (const said of ['Bonjour à tous !', 'Agenda: https://agenda.example/2026?view=week']) {
        await blaise.page.type('#chat-text', said);
        await blaise.page.press(ENTER);
    }
    await ada.page.until('two unread', () => document.querySelector('#chat .count').textContent === '2');
    await ada.page.click('#chat');
    await scene.shoot(ada, '25-chat');
    await ada.page.click('#people');
    await scene.shoot(ada, '26-people');
    await ada.page.click('#invite-open');
    await scene.shoot(ada, '27-invite');
    await ada.page.click('#info');
    await ada.page.until('facts', () => document.querySelectorAll('#info-list dd').length > 20);
    await scene.shoot(ada, '28-information');
    await ada.page.click('#info');
    await emilie.page.click('#share');
    await ada.sees(emilie, 'screen', { still: true });
    await scene.shoot(ada, '29-screen');
    await emilie.page.call(() => window.dispatchEvent(new Event('resize')));
    await scene.shoot(emilie, '30-sharing');
    await ada.page.call(() => {
        Object.defineProperty(navigator, 'onLine', { configurable: true, get: () => false });
        window.WebSocket = class extends WebSocket {
            constructor() { super('ws://127.0.0.1:9/'); }
        };
        window.dispatchEvent(new Event('offline'));
        window.testSockets.at(-1).close();
    });
    await ada.shows('#trouble');
    await scene.shoot(ada, '31-offline');
    await ada.leave();
    await ada.shows('#after');
    await scene.shoot(ada, '32-after');
    for (const person of [ada, blaise, emilie]) await person.page.close();
}

/** Rooms of many, as the server tells of them: names without pictures. */
async function crowds(scene) {
    const ada = await scene.join(await scene.server.room({ title: 'Assemblée' }), 'Ada');
    let here = 1;
    for (const [index, count] of [2, 4, 9, 25, 100].entries()) {
        const fakes = Array.from({ length: count - here }, (_, n) => ({
            id: `p_fake${here + n}`, name: `${NAMES[(here + n) % NAMES.length]}${here + n > 9 ? ` ${here + n}` : ''}`, role: 'guest',
            client: 'web', hand: (here + n) % 7 === 3, away: (here + n) % 11 === 5, tracks: [] }));
        await ada.page.call((all) => {
            for (const participant of all)
                window.testSockets.at(-1).dispatchEvent(new MessageEvent('message',
                    { data: JSON.stringify({ type: 'participant', event: 'joined', participant }) }));
        }, fakes);
        here = count;
        await scene.shoot(ada, `4${index}-of-${count}`);
    }
    await ada.page.close();
}

/** A room with a lobby: who waits, and the host who opens. */
async function theDoor(scene) {
    const room = await scene.server.makeRoom({ access: 'lobby', title: 'Comité' });
    const gus = await scene.arrive(room.url, 'Gus');
    await gus.pressStart();
    await gus.shows('#waiting');
    await scene.shoot(gus, '50-waiting');
    const zoe = await scene.join(room.host_url, 'Zoé');
    const eve = await scene.arrive(room.url, NAMES[3]);
    await eve.pressStart();
    await zoe.page.until('two at the door', () => document.querySelectorAll('#knocks-list li').length === 2);
    await scene.shoot(zoe, '51-knocks');
    await zoe.page.click('#knocks-list li:last-of-type .quiet');
    await eve.shows('#after');
    await scene.shoot(eve, '52-not-let-in');
    await zoe.page.click('#knocks-list .button:not(.quiet)');
    await zoe.meets(gus);
    await zoe.page.click('#people');
    await zoe.page.click('#lock');
    await zoe.shows('#locked');
    await scene.shoot(zoe, '53-host');
    await zoe.page.click('.people .tool[data-key$=" microphone"]');
    await gus.page.until('that it was muted', () => !document.querySelector('#notice').hidden);
    await gus.page.screenshot(join(folder, `${scene.browser.kind}-${scene.lang}-54-muted.png`));
    await zoe.page.click('.people .tool[data-key$=" remove"]');
    await zoe.shows('#remove-dialog');
    await scene.shoot(zoe, '55-remove');
    await zoe.page.click('#remove-yes');
    await gus.shows('#after');
    await scene.shoot(gus, '56-removed');
    for (const person of [gus, eve, zoe]) await person.page.close();
}

const SCENES = { around: aroundTheCall, before: beforeTheCall, call: inTheCall, crowds, door: theDoor };

await mkdir(folder, { recursive: true });
const server = await Server.start();
try {
    for (const kind of ['chromium', 'firefox'])
        for (const lang of ['fr', 'en']) {
            const chosen = Object.entries(SCENES).filter(([name]) => new RegExp(pattern).test(`${kind} ${lang} ${name}`));
            if (chosen.length === 0) continue;
            const browser = await Browser.start(kind, lang);
            try {
                for (const [name, play] of chosen) {
                    await play(new Scene(server, browser, lang));
                    console.log(`${kind} ${lang} ${name}: done`);
                }
            } finally {
                await browser.stop();
            }
        }
} finally {
    await server.stop();
}
