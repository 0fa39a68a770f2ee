/** One window of a browser: what a person does in it, and what it shows. */
import { writeFile } from 'node:fs/promises';
import { PATIENCE } from './patience.js';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** How a browser says that the page it was asked about is being replaced by the next. */
const LEAVING = /^script\.callFunction: .*(context with specified id|no such frame|[Rr]ealm|DiscardedBrowsingContext|destroyed)/;

/** Of a page that does not do what was waited for: how far it has come. Runs in the page. */
const progress = () => {
    const loaded = performance.getEntriesByType('resource').map((r) => `${r.name.split('/').pop()} ${Math.round(r.responseEnd)} ms`);
    return `${document.readyState} after ${Math.round(performance.now())} ms; loaded: ${loaded.slice(-12).join(', ')}`;
};

export class Page {
    /** Console errors and uncaught exceptions, as text. */
    errors = [];
    /** Everything logged, for the report of a failure. */
    console = [];

    constructor(browser, context, userContext) {
        Object.assign(this, { browser, bidi: browser.bidi, context, userContext });
    }

    logged(entry) {
        const text = `${entry.level}: ${entry.text ?? ''}`;
        this.console.push(text);
        if (entry.level === 'error') this.errors.push(text);
    }

    async goto(url) {
        await this.bidi.send('browsingContext.navigate', { context: this.context, url, wait: 'complete' });
    }

    async reload() {
        await this.bidi.send('browsingContext.reload', { context: this.context, wait: 'complete' });
    }

    async resize(width, height) {
        await this.bidi.send('browsingContext.setViewport', { context: this.context, viewport: { width, height } });
    }

    /** Calls a function in the page; its arguments and result are JSON. */
    call(fn, ...args) {
        return this.bidi.call(this.context, fn, ...args);
    }

    /**
     * Calls `fn` in the page until it returns something true; that is the result. A page that goes
     * elsewhere meanwhile has, for a moment, nothing to call it in: that is only "not yet".
     */
    async until(what, fn, { timeout = 15000, every = 100, args = [] } = {}) {
        const end = Date.now() + timeout * PATIENCE;
        for (;;) {
            let why = '';
            const result = await this.call(fn, ...args).catch((error) => {
                if (!LEAVING.test(error.message)) throw error;
                why = ` (${error.message})`;
            });
            if (result) return result;
            if (Date.now() > end) {
                const far = await this.call(progress).catch((error) => error.message);
                throw new Error(`${this.browser.kind}: ${what}: not within ${timeout} ms${why}; ${far}`);
            }
            await sleep(every);
        }
    }

    /** A click with the mouse in the middle of the first visible element that matches; `held` is a key. */
    async click(selector, { held } = {}) {
        const at = await this.until(`a visible ${selector}`, (s) => {
            const e = [...document.querySelectorAll(s)].find((x) => x.checkVisibility?.() ?? x.offsetParent);
            if (!e || e.disabled) return null;
            e.scrollIntoView({ block: 'center', inline: 'center' });
            const r = e.getBoundingClientRect();
            return { x: Math.round(r.x + r.width / 2), y: Math.round(r.y + r.height / 2) };
        }, { args: [selector] });
        const mouse = [{ type: 'pointerMove', x: at.x, y: at.y }, { type: 'pointerDown', button: 0 },
            { type: 'pointerUp', button: 0 }];
        const pause = { type: 'pause' };
        const key = held && [{ type: 'keyDown', value: held }, pause, pause, pause, { type: 'keyUp', value: held }];
        await this.bidi.send('input.performActions', {
            context: this.context,
            actions: [
                { type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' },
                    actions: key ? [pause, ...mouse] : mouse },
                ...(key ? [{ type: 'key', id: 'keyboard', actions: key }] : []),
            ],
        });
    }

    async press(...keys) {
        const actions = keys.flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]);
        await this.bidi.send('input.performActions', {
            context: this.context, actions: [{ type: 'key', id: 'keyboard', actions }],
        });
    }

    /** Clicks into a field, empties it and types. */
    async type(selector, text) {
        await this.click(selector);
        await this.call((s) => document.querySelector(s).select?.(), selector);
        await this.press(...text);
    }

    /** The first frame in this page whose address holds `part`, once it is there. */
    async frame(part) {
        const end = Date.now() + 15000;
        for (;;) {
            const { contexts } = await this.bidi.send('browsingContext.getTree', { root: this.context });
            const found = contexts[0].children.find(({ url }) => url.includes(part));
            if (found) return this.browser.adopt(found.context, this.userContext);
            if (Date.now() > end) throw new Error(`no frame of ${part}: ${JSON.stringify(contexts[0].children)}`);
            await sleep(100);
        }
    }

    /** The window that this page has opened, once it is there. */
    async opened() {
        const end = Date.now() + 15000;
        for (;;) {
            const { contexts } = await this.bidi.send('browsingContext.getTree', { maxDepth: 0 });
            const found = contexts.find((c) => c.userContext === this.userContext && c.context !== this.context);
            if (found) return this.browser.adopt(found.context, this.userContext);
            if (Date.now() > end) throw new Error('no window was opened');
            await sleep(100);
        }
    }

    async screenshot(file) {
        const { data } = await this.bidi.send('browsingContext.captureScreenshot', { context: this.context });
        await writeFile(file, Buffer.from(data, 'base64'));
    }

    async close() {
        this.browser.forget(this);
        await this.bidi.send('browser.removeUserContext', { userContext: this.userContext }).catch(() => {});
    }
}
