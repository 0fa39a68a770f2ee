/** The landing page: under `salon serve --dev` it has a button that makes a room. */

import { translatePage } from './i18n.js';
import { byId } from './room/dom.js';

const { t } = await translatePage();
document.title = t('home.title');

const form = byId('dev', HTMLFormElement);
const make = byId('make', HTMLButtonElement);
const problem = byId('problem');

form.addEventListener('submit', async (event) => {
    event.preventDefault();
    make.disabled = true;
    problem.textContent = '';
    try {
        const response = await fetch('/dev/rooms', { method: 'POST' });
        if (!response.ok) throw new Error(String(response.status));
        location.href = (await response.json()).url;
    } catch {
        problem.textContent = t('home.failed');
        make.disabled = false;
    }
});

const status = await fetch('/dev/status').catch(() => null);
if (status?.ok && (await status.json()).dev) form.hidden = false;
