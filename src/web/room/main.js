/**
 * The join page, /r/{token}: before the call, the call, and after it.
 *
 * `window.salonRoom` is the Room we are in, for tests and for support.
 */

import { translatePage } from '../i18n.js';
import { Room, SalonError } from '../salon.js';
import { Before } from './before.js';
import { Choices } from './choices.js';
import { Devices } from './devices.js';
import { byId } from './dom.js';
import { embedding } from './embedded.js';
import { claimIn, leaveIn, nameInvited, nameWished, readLink } from './link.js';
import { Settings } from './settings.js';
import { WaitingView } from './waiting.js';

/** After these the same link may work again. */
const COME_BACK = new Set([
    ...['left', 'resumed_elsewhere', 'room_full', 'rate_limited', 'no_media_worker'],
    ...['unreachable', 'invalid_field', 'internal', 'denied'],
]);

const url = new URL(location.href);
const address = readLink(url);
// The secrets of the fragment stay out of the address bar and of copied links.
// A token lies in the entry of this tab's history, so that a reload finds it.
const kept = address.token ? { ...history.state, token: address.token } : history.state;
history.replaceState(kept, '', location.pathname + location.search);

const { t, lang, has } = await translatePage(claimIn(address.token, 'locale'));
const choices = new Choices();
const devices = new Devices(choices);
const settings = new Settings(devices, choices, t);
const before = new Before(
    devices,
    choices,
    t,
    { signed: claimIn(address.token, 'name'), wished: nameWished(url) || nameInvited() },
    start,
);
const stopListening = devices.on('problem', (key) => before.problem(t(key)));
/** @type {string} */
let name = '';
/** @type {Room | null} */
let room = null;
/** Where the front end that sent us here wants us after the call; known once we were let in. */
let back = history.state?.back ?? '';
/** These ends of a call lead back there. */
const LEADS_BACK = new Set(['left', 'removed', 'room_closed']);

const waiting = new WaitingView(t, () => room?.leave());
byId('before-settings').addEventListener('click', () => settings.open());
byId('rejoin').addEventListener('click', () => start(name));
addEventListener('pagehide', () => {
    back = ''; // the page goes elsewhere already, or comes again
    room?.leave();
});
if (address.link.startsWith('/launch/') && !address.token) {
    end('launch_missing');
} else {
    show('before');
    before.focus();
}
// Only now: nobody waits for the call's modules before they can type their name.
const calling = import('./call.js');
calling.catch(() => {}); // told when it is needed

/** @param {string} chosenName */
async function start(chosenName) {
    name = chosenName;
    before.joining(true);
    byId('rejoin', HTMLButtonElement).disabled = true;
    try {
        const { Call } = await calling; // before the join: it must not miss what comes then
        room = new Room({ ...address, name, lang });
        knock(room);
        await room.join();
        enter(room, Call);
    } catch (error) {
        const reason = error instanceof SalonError ? error.reason : 'internal';
        if (reason === 'left') {
            room = null;
            embedding.tell('left', { reason });
            show('before'); // we gave up waiting
            before.focus();
            return;
        }
        embedding.tell('error', { reason });
        end(reason);
    } finally {
        before.joining(false);
        byId('rejoin', HTMLButtonElement).disabled = false;
    }
}

/** @param {Room} joining shows that we wait, if we have to */
function knock(joining) {
    joining.door.on('waiting', (what) => {
        waiting.show(what);
        if (!byId('waiting').hidden) return;
        embedding.wait(joining);
        show('waiting');
        waiting.focus();
    });
    joining.on('state', ({ state }) => {
        if (state === 'reconnecting') waiting.lost();
    });
}

/**
 * @param {Room} joined
 * @param {typeof import('./call.js').Call} Call
 */
function enter(joined, Call) {
    room = joined;
    back ||= leaveIn(address.token);
    Object.assign(window, { salonRoom: joined });
    stopListening();
    document.title = joined.title || 'salon';
    show('call');
    keepWayBack(joined);
    before.stop();
    const call = new Call(joined, { devices, choices, settings }, { t, lang, has });
    joined.on('state', ({ state, reason }) => {
        if (state !== 'closed') return;
        call.stop();
        settings.close();
        end(reason);
    });
    devices.enter(joined);
    embedding.enter(joined, devices, () => call.invite());
}

/**
 * What is good for one start is replaced by a way back; the page is the room's own then.
 * @param {Room} joined
 */
function keepWayBack({ inviting: { wayBack } }) {
    if (!wayBack.token) return;
    Object.assign(address, wayBack);
    const { pathname } = new URL(wayBack.link ?? location.href);
    history.replaceState({ token: wayBack.token, back }, '', pathname + location.search);
}

/** @param {string} reason why we are out */
function end(reason) {
    room = null;
    devices.leave();
    if (back && LEADS_BACK.has(reason)) location.assign(back);
    const known = has(`after.${reason}`) && has(`after.${reason}Text`);
    const why = /** @type {'internal' | 'left'} */ (known ? reason : 'internal');
    byId('after-title').textContent = t(`after.${why}`);
    byId('after-text').textContent = t(`after.${why}Text`);
    const rejoin = byId('rejoin');
    rejoin.hidden = !COME_BACK.has(why);
    rejoin.textContent = t(why === 'left' ? 'after.rejoin' : 'after.retry');
    show('after');
    (rejoin.hidden ? byId('after-title') : rejoin).focus();
}

/** @param {'before' | 'waiting' | 'call' | 'after'} view */
function show(view) {
    for (const id of ['before', 'waiting', 'call', 'after']) byId(id).hidden = id !== view;
}
