import { main } from './lib/runner.js';
import './tests/audio.js';
import './tests/bbb.js';
import './tests/calls.js';
import './tests/data.js';
import './tests/firewall.js';
import './tests/healing.js';
import './tests/resilience.js';
import './tests/restart.js';
import './tests/ingest.js';
import './tests/invite.js';
import './tests/layers.js';
import './tests/lobby.js';
import './tests/svc.js';
import './tests/suite.js';

// They press what is the page's alone: a server under sanitizers sees nothing in them that the others do not show it.
if (!process.env.BUILD?.includes('asan'))
    for (const file of ['accessible', 'controls', 'embed', 'page', 'room']) await import(`./tests/${file}.js`);

const [option, pattern] = process.argv.slice(2);
if (option !== undefined && (option !== '-k' || pattern === undefined)) {
    console.error('usage: tests/e2e/run [-k PATTERN]');
    process.exit(2);
}
process.exit(await main(new RegExp(pattern ?? '')));
