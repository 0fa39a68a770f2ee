/** Pictures of every state of the pages: screenshots.js FOLDER. Started by tools/screenshots. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Browser } from './lib/browser.js';
import { Person } from './lib/person.js';
import { Server } from './lib/server.js';

const folder = process.argv[2];
const SIZES = { wide: [1280, 800], narrow: [360, 740] };
const LANGUAGES = ['fr', 'en'];
const ESCAPE = '\uE00C';

const settle = () => new Promise((resolve) => setTimeout(resolve, 700));

/** One picture at each size. */
async function shoot(person, stem) {
    for (const [size, [width, height]] of Object.entries(SIZES)) {
        await person.page.resize(width, height);
        await settle();
        await person.page.screenshot(join(folder, `${stem}-${size}.png`));
    }
    await person.page.resize(...SIZES.wide);
}

/** A room with a lobby: who waits, and the host who opens. */
async function theDoor(server, browser, stem) {
    const room = await server.makeRoom({ access: 'lobby', title: 'Comité' });
    const gus = await Person.arrive(browser, room.url, 'Gus');
    await gus.pressStart();
    await gus.shows('#waiting');
    await shoot(gus, stem('9-waiting'));
    const zoe = await Person.join(browser, room.host_url, 'Zoé');
    const eve = await Person.arrive(browser, room.url, 'Ève-Marie de la Très-Longue-Rue');
    await eve.pressStart();
    await zoe.page.until('two at the door', () => document.querySelectorAll('#knocks-list li').length === 2);
    await shoot(zoe, stem('9-knocks'));
    await zoe.page.click('#admit-all');
    await zoe.meets(gus);
    await zoe.page.click('#people');
    await zoe.page.click('#lock');
    await zoe.shows('#locked');
    await shoot(zoe, stem('9-host'));
    await zoe.page.click('.people .tool[data-key$=" remove"]');
    await zoe.shows('#remove-dialog');
    await shoot(zoe, stem('9-remove'));
    await zoe.page.click('#remove-no');
    await zoe.page.click('.people .tool[data-key$=" microphone"]');
    for (const person of [gus, eve]) {
        const told = await person.page.call(() => !document.querySelector('#notice').hidden).catch(() => false);
        if (told) await shoot(person, stem('9-muted'));
        await person.page.close();
    }
    await zoe.page.close();
}

async function oneLanguage(server, kind, lang) {
    const browser = await Browser.start(kind, lang);
    const stem = (state) => `${kind}-${lang}-${state}`;
    try {
        const landing = new Person(await browser.page(), 'nobody');
        await landing.page.goto(`${server.url}/`);
        await shoot(landing, stem('0-landing'));
        await landing.page.goto(`${server.url}/r/${'0'.repeat(26)}`);
        await shoot(landing, stem('1-unknown-link'));
        await landing.page.close();

        const link = await server.room();
        const ada = await Person.arrive(browser, link, 'Ada');
        await ada.shows('#start');
        await settle();
        await shoot(ada, stem('2-before'));
        await ada.page.click('#before-mic');
        await ada.page.click('#before-settings');
        await shoot(ada, stem('2-settings'));
        await ada.page.press(ESCAPE);
        await ada.page.click('#before-mic');
        await ada.start();
        await shoot(ada, stem('3-alone'));
        const others = [];
        for (const name of ['Blaise', 'Émilie']) others.push(await Person.join(browser, link, name));
        for (const other of others) await ada.meets(other);
        await shoot(ada, stem('4-call'));
        for (const menu of ['react', 'more']) {
            await ada.page.click(`#${menu}`);
            await shoot(ada, stem(`4-${menu}`));
            await ada.page.press(ESCAPE);
        }
        await ada.page.press('l', 'l');
        await others[1].page.click('#react');
        await others[1].page.click('#hand');
        await others[1].page.click('#react');
        await others[1].page.click('[data-reaction=bravo]');
        await shoot(ada, stem('4-speaker'));
        await ada.page.press('l', '?');
        await shoot(ada, stem('4-help'));
        await ada.page.press(ESCAPE);
        await others[0].page.click('#chat');
        for (const said of ['Bonjour !', 'Good to see you.']) {
            await others[0].page.type('#chat-text', said);
            await others[0].page.press('\uE007');
        }
        await ada.page.click('#chat');
        await shoot(ada, stem('5-chat'));
        await ada.page.click('#people');
        await shoot(ada, stem('6-people'));
        await ada.page.click('#info');
        await ada.page.until('facts', () => document.querySelectorAll('#info-list dd').length > 20);
        await shoot(ada, stem('6-information'));
        await ada.page.click('#info');
        await others[1].page.click('#mic');
        await others[1].page.click('#share');
        await ada.sees(others[1], 'screen', { still: true });
        await shoot(ada, stem('7-share'));
        await ada.leave();
        await ada.shows('#after');
        await shoot(ada, stem('8-after'));
        await theDoor(server, browser, stem);
    } finally {
        await browser.stop();
    }
}

await mkdir(folder, { recursive: true });
const server = await Server.start();
try {
    for (const kind of ['chromium', 'firefox'])
        for (const lang of LANGUAGES) {
            await oneLanguage(server, kind, lang);
            console.log(`${kind} ${lang}: done`);
        }
} finally {
    await server.stop();
}
