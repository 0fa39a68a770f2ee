/** A small runner: tests one after the other, browsers shared, a picture of each failure. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Browser } from './browser.js';
import { PATIENCE } from './patience.js';
import { Server } from './server.js';

const LIMIT_MS = 120000 * PATIENCE;
const tests = [];

/**
 * @param {string} name the sentence it proves
 * @param {(t: Test) => Promise<void>} run
 */
export function test(name, run) {
    tests.push({ name, run });
}

/** What a test works with; all of it is cleared away afterwards. */
class Test {
    people = [];
    pages = [];
    servers = [];
    browsers = [];
    /** Console errors that this test means to provoke. */
    allowed = [];

    constructor(shared) {
        this.shared = shared;
    }

    /** @param {'chromium'|'firefox'} kind */
    async browser(kind) {
        this.shared.browsers[kind] ??= await Browser.start(kind);
        return this.shared.browsers[kind];
    }

    /** One of its own, started as `Browser.start` says; the shared ones know nothing of it. */
    async ownBrowser(...how) {
        const browser = await Browser.start(...how);
        this.browsers.push(browser);
        return browser;
    }

    /** The server that tests share. One that breaks it takes its own by ownServer(). */
    async server() {
        this.shared.server ??= await Server.start();
        return this.shared.server;
    }

    async ownServer(options) {
        const server = await Server.start(options);
        this.servers.push(server);
        return server;
    }

    keep(person) {
        this.people.push(person);
        this.pages.push(person.page);
        return person;
    }

    consoleErrors() {
        return this.pages.flatMap((page) => page.errors
            .filter((e) => !this.allowed.some((pattern) => pattern.test(e)))
            .map((e) => `${page.browser.kind}: ${e}`));
    }

    async report(name) {
        const folder = join(process.env.BUILD ?? 'build', 'e2e-failures');
        const stem = join(folder, name.replace(/[^\w]+/g, '-').slice(0, 80));
        await mkdir(folder, { recursive: true });
        const lines = [];
        for (const [i, page] of this.pages.entries()) {
            await page.screenshot(`${stem}-${i}.png`).catch(() => {});
            lines.push(`-- page ${i} (${page.browser.kind}), ${stem}-${i}.png`, ...page.console.slice(-40));
        }
        for (const server of [this.shared.server, ...this.servers])
            if (server) lines.push('-- server', server.log.slice(-6000));
        await writeFile(`${stem}.txt`, lines.join('\n'));
        return lines.join('\n');
    }

    async clear() {
        for (const page of this.pages) await page.close().catch(() => {});
        for (const browser of this.browsers) await browser.stop().catch(() => {});
        for (const server of this.servers)
            if (server.process.exitCode === null) await server.stop();
        this.shared.server?.check();
    }
}

/** 'passed'; 'failed'; or 'server': the server itself ended badly, which no second try excuses. */
async function runOne({ name, run }, shared) {
    const t = new Test(shared);
    const begun = Date.now();
    let error = null, report = '';
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not done after ${LIMIT_MS / 1000} s`)), LIMIT_MS);
    });
    try {
        await Promise.race([run(t), late]);
        const errors = t.consoleErrors();
        if (errors.length) throw new Error(`errors in the console:\n${errors.join('\n')}`);
    } catch (e) {
        error = e;
        report = await t.report(name).catch(String);
    }
    clearTimeout(timer);
    let fault = 'failed';
    await t.clear().catch((e) => {
        fault = 'server';
        error ??= e;
    });
    const seconds = ((Date.now() - begun) / 1000).toFixed(1);
    console.log(`${error ? 'FAIL' : 'ok  '} ${name} (${seconds} s)`);
    if (error) console.log(`${error.stack}\n${report}`);
    return error ? fault : 'passed';
}

/** Runs what matches `pattern`; returns the exit status. */
export async function main(pattern) {
    const chosen = tests.filter(({ name }) => pattern.test(name));
    const shared = { browsers: {}, server: null };
    let passed = 0;
    const stopBrowsers = async () => {
        for (const browser of Object.values(shared.browsers)) await browser.stop();
        shared.browsers = {};
    };
    // Two browsers with four fake cameras on two cores now and then miss a start. Such a test gets
    // one second try in fresh browsers, and is named as unsteady; a fault of the server gets none.
    const unsteady = [];
    for (const one of chosen) {
        let result = await runOne(one, shared);
        if (result === 'failed') {
            await stopBrowsers().catch(() => {});
            result = await runOne(one, shared);
            if (result === 'passed') unsteady.push(one.name);
        }
        passed += result === 'passed';
    }
    await stopBrowsers();
    for (const name of unsteady) console.log(`UNSTEADY ${name}: passed in its second try`);
    let failed = chosen.length - passed;
    if (shared.server) {
        await shared.server.stop().then(() => passed++, (e) => {
            failed++;
            console.log(`FAIL the shared server ends well\n${e.message}`);
        });
    }
    console.log(`${passed} passed, ${failed} failed, 0 skipped`);
    return failed ? 1 : 0;
}
