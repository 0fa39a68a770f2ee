/** Debian's Chromium and Firefox ESR, without a screen, with made-up cameras and microphones. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bidi } from './bidi.js';
import { Page } from './page.js';

const CHROMIUM = [
    '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--disable-dev-shm-usage', '--disable-extensions', '--mute-audio',
    '--autoplay-policy=no-user-gesture-required',
    // Several participants share one browser: none of them is a background tab.
    '--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows',
    '--disable-renderer-backgrounding',
    '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
];

const FIREFOX = {
    'media.navigator.streams.fake': true,
    'media.navigator.permission.disabled': true,
    'media.getusermedia.insecure.enabled': true,
    'media.autoplay.default': 0,
    'media.autoplay.blocking_policy': 0,
    'media.peerconnection.ice.obfuscate_host_addresses': false,
    'media.volume_scale': '0.0',
    // Several participants share one browser: none of them is a background tab.
    'dom.min_background_timeout_value': 4,
    'dom.timeout.enable_budget_timer_throttling': false,
    'widget.windows.window_occlusion_tracking.enabled': false,
    'dom.ipc.processCount': 2,
    // No network but ours.
    'app.update.enabled': false,
    'app.normandy.enabled': false,
    'browser.safebrowsing.malware.enabled': false,
    'browser.safebrowsing.phishing.enabled': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'toolkit.telemetry.enabled': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
    'network.dns.disablePrefetch': true,
    'media.gmp-manager.updateEnabled': false,
    'media.gmp-provider.enabled': false,
    'extensions.systemAddon.update.enabled': false,
    'services.settings.server': 'data:,',
    'browser.shell.checkDefaultBrowser': false,
    'browser.startup.page': 0,
    'browser.aboutwelcome.enabled': false,
};

/** Resolves with the first match of `pattern` in what the process prints. */
function printed(child, pattern, what) {
    return new Promise((resolve, reject) => {
        let text = '';
        const look = (data) => {
            text += data;
            const match = pattern.exec(text);
            if (match) resolve(match);
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        child.once('error', (e) => reject(new Error(`${what}: ${e.message}`)));
        child.once('exit', (code) => reject(new Error(`${what} ended with ${code}:\n${text}`)));
    });
}

async function request(url, body) {
    const reply = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    const { value } = await reply.json();
    if (!reply.ok) throw new Error(`chromedriver: ${value.error}: ${value.message}`);
    return value;
}

/** Chromedriver takes a free port of IPv6 and wants the same of IPv4: now and then somebody has that one. */
async function startDriver(home, tries = 5) {
    const driver = spawn('chromedriver', ['--port=0'], { env: { ...process.env, HOME: home } });
    try {
        const [, port] = await printed(driver, /started successfully on port (\d+)/, 'chromedriver');
        return [driver, port];
    } catch (e) {
        if (tries <= 1 || !/port not available/.test(e.message)) throw e;
        return startDriver(home, tries - 1);
    }
}

async function startChromium(home, lang, { args = [] }) {
    const [driver, port] = await startDriver(home);
    const base = `http://127.0.0.1:${port}/session`;
    const session = await request(base, {
        capabilities: {
            alwaysMatch: {
                webSocketUrl: true,
                'goog:chromeOptions': {
                    args: [...CHROMIUM, `--user-data-dir=${home}/profile`, `--lang=${lang}`,
                        `--accept-lang=${lang}`, ...args],
                },
            },
        },
    });
    const bidi = await Bidi.connect(session.capabilities.webSocketUrl);
    const stop = () => fetch(`${base}/${session.sessionId}`, { method: 'DELETE' }).catch(() => {});
    return { child: driver, bidi, stop, version: session.capabilities.browserVersion };
}

/** A screen in memory: headless Firefox has none to share. */
async function startScreen() {
    const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'],
        { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    const display = await new Promise((resolve, reject) => {
        child.stdio[3].once('data', (data) => resolve(String(data).trim()));
        child.once('error', (e) => reject(new Error(`Xvfb: ${e.message}`)));
        child.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    });
    return { child, display: `:${display}` };
}

/**
 * Loudspeakers that nobody hears: without any, Firefox's AudioContext never runs, and neither a level
 * nor a test sound can be seen to work.
 */
async function startSound(home) {
    const socket = join(home, 'sound');
    const child = spawn('pulseaudio', ['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1',
        '--disable-shm=yes', '--high-priority=no', '--realtime=no', '--log-level=error', '-L', 'module-null-sink',
        '-L', `module-native-protocol-unix auth-anonymous=1 socket=${socket}`],
    { env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: home }, stdio: 'ignore' });
    let ended = null;
    child.once('error', (e) => (ended = e.message));
    child.once('exit', (code) => (ended = `ended with ${code}`));
    while (!existsSync(socket)) {
        if (ended) throw new Error(`pulseaudio: ${ended}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { child, server: `unix:${socket}` };
}

async function startFirefox(home, lang, { prefs: more = {} }) {
    const prefs = { ...FIREFOX, 'intl.accept_languages': lang, ...more };
    const text = Object.entries(prefs).map(([k, v]) => `user_pref(${JSON.stringify(k)}, ${JSON.stringify(v)});\n`);
    await writeFile(join(home, 'user.js'), text.join(''));
    const [screen, sound] = await Promise.all([startScreen(), startSound(home)]);
    const child = spawn('firefox-esr', ['--remote-debugging-port=0', '--profile', home, 'about:blank'],
        { env: { ...process.env, HOME: home, DISPLAY: screen.display, PULSE_SERVER: sound.server, MOZ_ENABLE_WAYLAND: '0' } });
    const [, url] = await printed(child, /WebDriver BiDi listening on (ws:\/\/\S+)/, 'firefox');
    const bidi = await Bidi.connect(`${url}/session`);
    const { capabilities } = await bidi.send('session.new', { capabilities: {} });
    // An orderly end takes Firefox six seconds, and nothing of the profile is needed afterwards.
    const stop = async () => {
        child.kill('SIGKILL');
        screen.child.kill();
        sound.child.kill();
    };
    return { child, bidi, stop, version: capabilities.browserVersion };
}

export class Browser {
    /**
     * @param {'chromium'|'firefox'} kind
     * @param {string} lang BCP 47
     * @param {{args?: string[], prefs?: object}} extra Chromium's arguments, Firefox's preferences
     * @returns {Promise<Browser>}
     */
    static async start(kind, lang = 'en', extra = {}) {
        const home = await mkdtemp(join(tmpdir(), `salon-${kind}-`));
        const parts = await (kind === 'chromium' ? startChromium : startFirefox)(home, lang, extra);
        const browser = new Browser(kind, home, parts);
        await browser.bidi.send('session.subscribe', { events: ['log.entryAdded'] });
        browser.bidi.on('log.entryAdded', (entry) => browser.#log(entry));
        return browser;
    }

    #pages = new Map();

    constructor(kind, home, { child, bidi, stop, version }) {
        Object.assign(this, { kind, home, child, bidi, stopBrowser: stop, version });
    }

    #log(entry) {
        this.#pages.get(entry.source?.context)?.logged(entry);
    }

    /** A new window with storage of its own: another person. */
    async page(width = 1280, height = 800) {
        const { userContext } = await this.bidi.send('browser.createUserContext');
        const { context } = await this.bidi.send('browsingContext.create', { type: 'window', userContext });
        const page = new Page(this, context, userContext);
        this.#pages.set(context, page);
        await page.resize(width, height);
        return page;
    }

    /** A window or frame that a page has opened, as a page of its own. */
    adopt(context, userContext) {
        if (!this.#pages.has(context)) this.#pages.set(context, new Page(this, context, userContext));
        return this.#pages.get(context);
    }

    forget(page) {
        this.#pages.delete(page.context);
    }

    async stop() {
        const gone = new Promise((resolve) => {
            if (this.child.exitCode !== null) resolve();
            else this.child.once('exit', resolve);
        });
        await Promise.race([this.stopBrowser(), new Promise((r) => setTimeout(r, 5000))]);
        this.bidi.close();
        if (this.kind === 'chromium') this.child.kill('SIGTERM');
        const late = setTimeout(() => this.child.kill('SIGKILL'), 5000);
        await gone;
        clearTimeout(late);
        await rm(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }).catch(() => {});
    }
}
