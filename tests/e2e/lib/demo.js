/** tools/demo-frontend beside a server, and its people. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const RUN = fileURLToPath(new URL('../../../tools/demo-frontend/run', import.meta.url));
const SALON = process.env.SALON ?? fileURLToPath(new URL('../../../build/salon', import.meta.url));

export class Demo {
    /** @param {import('./server.js').Server} server one that takes webhooks to loopback */
    static async start(server) {
        const demo = new Demo();
        let said = '';
        demo.process = spawn('python3', [RUN, '--salon', server.url, '--state', server.state, '--exe', SALON,
            '--port', '0', '--ring', '10']);
        demo.url = await new Promise((resolve, reject) => {
            const listen = (data) => {
                said += data;
                const found = /(http:\S+)\/\?user=alice/.exec(said);
                if (found) resolve(found[1]);
            };
            demo.process.stdout.on('data', listen);
            demo.process.stderr.on('data', listen);
            demo.process.once('exit', () => reject(new Error(`no suite: ${said}`)));
        });
        demo.printed = () => said;
        return demo;
    }

    stop() {
        this.process.kill();
    }

    /** A person's page of the suite, online and listening for rings. */
    async visit(t, browser, user, view, { lang = 'fr', width, height } = {}) {
        const page = await browser.page(width, height);
        t.pages.push(page);
        await page.goto(`${this.url}/?user=${user}&lang=${lang}#${view}`);
        await page.until('the suite to be ready', () => 'present' in document.documentElement.dataset &&
            'listening' in document.documentElement.dataset);
        return page;
    }
}

/** Presses Démarrer in a room's page, with a name if it has to be typed. */
export async function begin(room, name) {
    if (name) await room.type('#name', name);
    await room.click('#start');
    await room.until('the call', () => Boolean(window.salonRoom && document.querySelector('#call')?.checkVisibility()));
}

/** Waits until these others are in the room with us. */
export function meets(room, ...names) {
    return room.until(`${names} in the room`, (wanted) => {
        const here = [...window.salonRoom.participants.values()].map((p) => p.name).sort();
        return here.length === wanted.length && wanted.every((name, i) => here[i] === name);
    }, { args: [names.sort()] });
}
