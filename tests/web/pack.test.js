import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const web = fileURLToPath(new URL('../../src/web/', import.meta.url));

/** What somebody writes who has only the package. */
const USE = `
import { joinRoom, SalonError, type Room } from 'salon-client';
export async function use(track: MediaStreamTrack): Promise<string> {
    const room: Room = await joinRoom({ link: '7M3K', name: 'Ada' });
    room.on('seat', ({ participant, source, track }) => console.log(participant.name, source, track?.kind));
    room.on('reaction', ({ participant, reaction }) => console.log(participant.name, reaction === 'bravo'));
    await room.publish(track, { source: 'camera', content: 'motion' });
    await room.react('bravo').catch((error) => error instanceof SalonError && error.reason);
    // @ts-expect-error: there is no such reaction
    await room.react('boo');
    // @ts-expect-error: a link is needed
    await joinRoom({ name: 'Ada' });
    return room.state === 'connected' ? room.self.name : room.title;
}
`;

test('npm pack makes a package whose types tell right use from wrong', async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'salon-pack-'));
    try {
        // A copy beside the checks, as the package is made of the sources where they lie.
        const root = join(scratch, 'repo');
        await mkdir(join(root, 'tests'), { recursive: true });
        await cp(web, join(root, 'src', 'web'), { recursive: true });
        await cp(here, join(root, 'tests', 'web'), { recursive: true, verbatimSymlinks: true });
        const run = (cwd, command, ...args) =>
            execFileSync(command, args, { cwd, encoding: 'utf8' });
        const [packed] = JSON.parse(
            run(join(root, 'src', 'web'), 'npm', 'pack', '--json', '--loglevel=error').replace(
                /^[^[]*/,
                '',
            ),
        );
        const names = packed.files.map(({ path }) => path);
        for (const name of [
            'salon.js',
            'embed.js',
            'lib/room.js',
            'types/salon.d.ts',
            'types/lib/room.d.ts',
        ])
            assert.ok(names.includes(name), `${name} is packed`);
        assert.ok(!names.some((name) => name.startsWith('room/')), 'the page itself is not');
        const app = join(scratch, 'app');
        const home = join(app, 'node_modules', 'salon-client');
        await mkdir(home, { recursive: true });
        run(
            home,
            'tar',
            'xzf',
            join(root, 'src', 'web', packed.filename),
            '--strip-components=1',
        );
        await writeFile(join(app, 'use.ts'), USE);
        await writeFile(join(app, 'package.json'), '{"type":"module"}');
        run(
            app,
            join(here, 'node_modules', '.bin', 'tsc'),
            ...['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', 'use.ts'],
        );
    } finally {
        await rm(scratch, { recursive: true, force: true });
    }
});
