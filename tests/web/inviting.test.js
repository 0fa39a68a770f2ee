/** Bringing others in: what the server says of contacts and rings, and what is asked of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Inviting } from '../../src/web/lib/inviting.js';
import { mailto } from '../../src/web/room/mailto.js';

const welcome = (more = {}) => /** @type {any} */ ({ type: 'joined', ...more });

test("a guest may not invite, a member may and gets the room's link", () => {
    const inviting = new Inviting(async () => ({ type: 'ok' }));
    inviting.welcome(welcome());
    assert.deepEqual([inviting.allowed, inviting.link, inviting.wayBack], [false, '', {}]);
    inviting.welcome(welcome({ link: 'https://h/r/x', token: 'a.b.c' }));
    assert.equal(inviting.allowed, true);
    assert.deepEqual(inviting.wayBack, { link: 'https://h/r/x', token: 'a.b.c' });
    inviting.welcome(welcome({ link: 'https://h/r/x' }));
    assert.deepEqual(inviting.wayBack, {}, 'the host link works on');
});

test('the newest ring of each is what counts, and a new list brings all of them', () => {
    const inviting = new Inviting(async () => ({ type: 'ok' }));
    let changes = 0;
    inviting.on('changed', () => changes++);
    const ring = (/** @type {string} */ id, /** @type {string} */ state) => ({
        id,
        state,
        to: { ref: 'paul', name: 'Paul' },
    });
    inviting.hear({
        type: 'contacts',
        contacts: [{ ref: 'paul', name: 'Paul', presence: 'online' }],
        invitations: [ring('iv_1', 'missed'), ring('iv_2', 'created')],
    });
    assert.equal(inviting.invitations.get('paul')?.id, 'iv_2');
    inviting.hear({ type: 'invitation', invitation: ring('iv_2', 'ringing') });
    assert.equal(inviting.invitations.get('paul')?.state, 'ringing');
    inviting.hear({ type: 'contacts', contacts: [] });
    assert.equal(inviting.invitations.size, 1, 'a new presence forgets no ring');
    inviting.hear({ type: 'contacts', contacts: [], invitations: [] });
    assert.equal(inviting.invitations.size, 0);
    inviting.hear({ type: 'chat', text: 'x' });
    assert.equal(changes, 4);
});

test('what is asked is what signalling has', async () => {
    /** @type {object[]} */
    const asked = [];
    const inviting = new Inviting(async (message) => {
        asked.push(message);
        return { type: 'share', link: 'l', subject: 's', text: 't', re: 1 };
    });
    await inviting.invite('paul');
    await inviting.cancel('iv_1');
    assert.deepEqual(await inviting.share(), { link: 'l', subject: 's', text: 't' });
    assert.deepEqual(asked, [
        { type: 'invite', ref: 'paul' },
        { type: 'uninvite', invitation: 'iv_1' },
        { type: 'share' },
    ]);
});

test('a mail program gets the text as it was written', () => {
    assert.equal(
        mailto('Réunion & café', 'Bonjour,\nhttps://h/r/x?a=1#b\r\n100 %'),
        'mailto:?subject=R%C3%A9union%20%26%20caf%C3%A9' +
            '&body=Bonjour%2C%0D%0Ahttps%3A%2F%2Fh%2Fr%2Fx%3Fa%3D1%23b%0D%0A100%20%25',
    );
});
