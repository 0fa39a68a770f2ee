/** What breaks. Each is drawn with all its times, and leaves all as it was; what it resolves with is what was done. */
import { execFileSync } from 'node:child_process';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** These rules in place of whatever there was. */
const nft = (rules) => execFileSync('nft', ['-f', '-'],
    { input: `table inet salon_chaos; delete table inet salon_chaos; ${rules}`, stdio: ['pipe', 'ignore', 'inherit'] });

const out = (rules) => `table inet salon_chaos { chain out { type filter hook output priority 0; ${rules}\n }\n }\n`;

async function without(rules, ms) {
    nft(out(rules));
    await sleep(ms);
    nft('');
}

/** A worker ends without a word; one that has people, if there is one. */
async function worker({ server, dice }) {
    const workers = await server.workers();
    const busy = workers.filter(({ participants }) => participants > 0);
    const victim = dice.one(busy.length ? busy : workers);
    process.kill(victim.pid, 'SIGKILL');
    server.killed++;
    return `worker ${victim.worker}, with ${victim.participants} people`;
}

/** Control ends without a word, and is started again. */
async function control({ server, dice }) {
    const away = dice.between(0, 4000);
    await server.kill();
    await sleep(away);
    await server.start();
    return `away for ${away} ms`;
}

/** No room is left on the database's disk; now and then control ends meanwhile, and starts there. */
async function disk({ server, dice }) {
    const ms = dice.between(3000, 8000);
    const dies = dice.next() < 0.4;
    server.fillDisk();
    await sleep(ms / 2);
    if (dies) {
        await server.kill();
        await server.start();
    }
    await sleep(ms / 2);
    server.freeDisk();
    return `full for ${ms} ms${dies ? ', control killed meanwhile' : ''}`;
}

/** Nothing gets through: neither media nor signalling. */
async function network({ server, dice, media }) {
    const ms = dice.between(2000, 9000);
    await without(`tcp dport { ${server.port}, ${media} } drop; tcp sport { ${server.port}, ${media} } drop;
        udp dport ${media} drop; udp sport ${media} drop;`, ms);
    return `gone for ${ms} ms`;
}

/** Media alone is dropped, over UDP and over TCP. */
async function media({ dice, media: ports }) {
    const ms = dice.between(2000, 9000);
    await without(`meta l4proto { tcp, udp } th dport ${ports} drop; meta l4proto { tcp, udp } th sport ${ports} drop;`, ms);
    return `gone for ${ms} ms`;
}

/** Every connection to control on which something is said is reset, for some seconds; the resets themselves must get through. */
async function resets({ server, dice }) {
    const ms = dice.between(2000, 5000);
    await without(`tcp flags & rst == rst accept; tcp dport ${server.port} reject with tcp reset; tcp sport ${server.port} reject with tcp reset;`, ms);
    return `for ${ms} ms`;
}

/** One packet of five is lost in both directions. */
async function loss({ dice, media: ports }) {
    const ms = dice.between(4000, 9000);
    await without(`udp dport ${ports} numgen random mod 5 == 0 drop; udp sport ${ports} numgen random mod 5 == 0 drop;`, ms);
    return `for ${ms} ms`;
}

export const FAULTS = { worker, control, disk, network, media, resets, loss };
/** Those that need nftables, and so a network of our own. */
export const NEED_NFT = ['network', 'media', 'resets', 'loss'];

export function canNft() {
    try {
        nft('');
        return true;
    } catch {
        return false;
    }
}
