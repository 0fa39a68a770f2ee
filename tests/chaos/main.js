/**
 * People in calls, a front end that makes rooms, links and invitations, and one fault after the other, drawn from a seed. After
 * each, everybody is back in the call and sees the others within ten seconds, and what was acknowledged is there.
 */
import { parseArgs } from 'node:util';
import { PATIENCE } from '../e2e/lib/patience.js';
import { Books } from './books.js';
import { Dice } from './dice.js';
import { canNft, FAULTS, NEED_NFT } from './faults.js';
import { People } from './people.js';
import { Server } from './server.js';

const PROMISED_MS = 10000 * PATIENCE;
const GIVE_UP_MS = 60000 * PATIENCE; // who is not back by then does not come
const MEDIA = Number(process.env.CHAOS_MEDIA_PORT ?? 40000); // that firewalls of these tests know

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const seconds = (ms) => (ms === null || ms === undefined ? '–' : (ms / 1000).toFixed(1));

function options() {
    const { values } = parseArgs({ options: {
        minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' },
        people: { type: 'string', default: '4' }, only: { type: 'string', default: Object.keys(FAULTS).join(',') },
    } });
    const only = values.only.split(',');
    const unknown = only.find((name) => !(name in FAULTS));
    if (unknown) throw new Error(`no fault "${unknown}": ${Object.keys(FAULTS).join(', ')}`);
    return { minutes: Number(values.minutes), seed: Number(values.seed), people: Number(values.people), only };
}

/** Those that can be made here; what cannot is said. */
function possible(only, server) {
    const cannot = new Set([...(canNft() ? [] : NEED_NFT), ...(server.hasDisk ? [] : ['disk'])]);
    for (const name of only.filter((n) => cannot.has(n))) console.log(`SKIP ${name}: not possible on this machine`);
    return only.filter((n) => !cannot.has(n));
}

/** One fault and what came of it. */
async function strike(name, world, dice) {
    const { server, people, books, began } = world;
    const at = ((Date.now() - began) / 1000).toFixed(0).padStart(5);
    const before = people.felt();
    const done = await FAULTS[name]({ server, dice, media: `${MEDIA}-${MEDIA + 1000}` });
    const healed = Date.now();
    const back = await people.back(healed, GIVE_UP_MS);
    const wrong = [...await books.check(), ...await people.check()];
    for (const { name: who, kind, ms, last } of back) {
        if (ms === null) wrong.push(`${who} (${kind}) did not come back: ${last}`);
        else if (ms > PROMISED_MS) wrong.push(`${who} (${kind}) was back after ${seconds(ms)} s`);
    }
    for (const { name: who } of back.filter(({ ms }) => ms === null)) await people.reload(who);
    const felt = people.felt().map((n, i) => Math.max(0, n - before[i])); // a page that was reloaded counts anew
    const slowest = back.length ? Math.max(...back.map(({ ms }) => ms ?? Infinity)) : null;
    console.log(`${at} s  ${name.padEnd(8)} ${done.padEnd(44)} lost by ${felt.join('/')}  back ${seconds(slowest)} s${wrong.length ? '  WRONG' : ''}`);
    for (const sentence of wrong) console.log(`         ${sentence}`);
    return { name, back, wrong, felt };
}

/** Faults until the time is over. Each kind once before any comes again. */
async function storm(world, kinds, minutes, dice) {
    const results = [];
    const end = Date.now() + minutes * 60000;
    let left = [];
    while (Date.now() < end) {
        if (!left.length) left = [...kinds];
        const [name] = left.splice(dice.between(0, left.length - 1), 1);
        // Of its own: what one fault draws, which may hang on what is there, changes no later one.
        results.push(await strike(name, world, dice.apart()));
        await sleep(dice.between(1000, 4000));
    }
    return results;
}

function table(results) {
    console.log('\nfault     times  lost: signalling  media  back in s: median  slowest  wrong');
    for (const name of new Set(results.map((r) => r.name))) {
        const of = results.filter((r) => r.name === name);
        const times = of.flatMap((r) => r.back.map(({ ms }) => ms ?? Infinity)).sort((a, b) => a - b);
        const felt = [0, 1].map((i) => String(of.reduce((n, r) => n + r.felt[i], 0)));
        console.log(`${name.padEnd(9)} ${String(of.length).padStart(5)}  ${felt[0].padStart(16)}  ${felt[1].padStart(5)}  ${seconds(times[times.length >> 1]).padStart(17)}  ` +
            `${seconds(times.at(-1)).padStart(7)}  ${String(of.reduce((n, r) => n + r.wrong.length, 0)).padStart(5)}`);
    }
}

/** What is to be said of the whole, and whether all was well. */
async function verdict({ server, people, books }, results) {
    const lost = [...await books.check(true), ...await people.check()];
    const status = await server.stop();
    if (status !== 0) lost.push(`the server ended with ${status}`);
    const trouble = server.trouble();
    if (trouble) lost.push(`the server's log:\n${trouble}`);
    table(results);
    const said = [...people.acknowledged.values()].reduce((n, texts) => n + texts.length, 0);
    console.log(`\nacknowledged: ${books.rooms.size} rooms, ${books.invitations.size} invitations, ${said} messages; ` +
        `refused: ${books.refused}; never answered: ${books.unanswered + people.unanswered}`);
    for (const sentence of lost) console.log(sentence);
    return !lost.length && results.every((r) => !r.wrong.length) && results.length > 0;
}

async function main() {
    const { minutes, seed, people: count, only } = options();
    const dice = new Dice(seed);
    const server = await Server.make(MEDIA);
    const books = new Books(server, dice.apart());
    const people = new People(dice.apart());
    try {
        const kinds = possible(only, server);
        await people.come(count, async (title) => (await books.ask('POST', '/rooms', { title })).json.url);
        console.log(`seed ${seed}, ${minutes} minutes, ${count} people, faults: ${kinds.join(', ')}`);
        const going = [books.run(), people.talk()];
        const world = { server, people, books, began: Date.now() };
        const results = await storm(world, kinds, minutes, dice);
        books.stop();
        people.stop();
        await Promise.all(going);
        return await verdict(world, results);
    } catch (error) {
        console.log(server.log().slice(-4000));
        throw error;
    } finally {
        await people.leave();
        if (server.process.exitCode === null && server.process.signalCode === null) await server.stop();
        server.clear();
    }
}

process.exit(await main() ? 0 : 1);
