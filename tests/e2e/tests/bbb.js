/** Somebody whom Moodle sends: in by a link that works once, and back to the course after it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Person } from '../lib/person.js';
import { test } from '../lib/runner.js';

/** The address of a call of BigBlueButton's. */
function signed(base, secret, call, parameters) {
    const query = new URLSearchParams(parameters).toString();
    const checksum = createHash('sha256').update(call + query + secret).digest('hex');
    return `${base}api/${call}?${query}&checksum=${checksum}`;
}

for (const kind of ['chromium', 'firefox']) {
    test(`${kind}: a pupil comes from Moodle, reloads, and goes back to the course`, async (t) => {
        const server = await t.ownServer();
        const { base, secret } = server.bigBlueButton('Moodle');
        const course = `${server.url}/robots.txt`; // any page will do
        const made = await fetch(signed(base, secret, 'create',
            { meetingID: 'c1', name: 'Géographie', logoutURL: course }));
        assert.match(await made.text(), /SUCCESS/);
        const join = signed(base, secret, 'join',
            { meetingID: 'c1', fullName: 'Zoé Durand', role: 'VIEWER', userID: '8' });
        const zoe = t.keep(await Person.arrive(await t.browser(kind), join, ''));
        await zoe.page.click('#start');
        await zoe.page.until('in the call', () => window.salonRoom?.self.name === 'Zoé Durand');
        assert.doesNotMatch(await zoe.page.call(() => location.href), /#|checksum|t=/);
        // The token of the link is used up; the page has another one in its place.
        await zoe.page.reload();
        await zoe.page.click('#start');
        await zoe.page.until('in the call again', () => window.salonRoom?.self.name === 'Zoé Durand');
        await zoe.page.call(() => window.salonRoom.leave());
        await zoe.page.until('back at the course', () => location.pathname === '/robots.txt');
    });
}
