/** Calendar, meetings, and the phone that invites a resource. */
import { ask, button, check, copyButton, field, filmed, form, h, launch, roomLink, say, when } from './dom.js';
import { t } from './lang.js';

const nameOf = (state, ref) => state.people.find((p) => p.ref === ref)?.name ?? ref;

/** "2030-05-06T10:00", an hour from now or two. */
function soon(hours) {
    const at = new Date(Date.now() + hours * 3600e3);
    return new Date(at - at.getTimezoneOffset() * 60e3).toISOString().slice(0, 14) + '00';
}

const times = () => [
    field('start', t('start'), { type: 'datetime-local', value: soon(1), required: true }),
    field('end', t('end'), { type: 'datetime-local', value: soon(2), required: true }),
];

/** The editor: the camera beside "Lieu" gives a link that works before anything is saved. */
function editor(module) {
    let room = null;
    const place = h('input', { name: 'location', id: 'place' });
    const camera = button(filmed(t('camera')), async () => {
        const made = await ask('camera', { room, title: made_title() });
        room = made.room;
        place.value = made.location;
        camera.title = t('cameraAgain');
        say(t('cameraAgain'));
    }, { id: 'camera' });
    const fields = [
        field('title', t('title'), { required: true, maxlength: 200 }),
        ...times(),
        h('label', { class: 'field' }, t('place'), place),
        camera,
        check('personal', t('usePersonal')),
        field('guests', t('guests')),
    ];
    const made_title = () => fields[0].querySelector('input').value || null;
    const made = form(fields, t('add'), async (given) => {
        const guests = given.guests.split(',').map((s) => s.trim()).filter(Boolean);
        await ask('save', { ...given, guests, module, room, personal: Boolean(given.personal) });
        room = null;
        say(t('saved'));
    }, { id: 'event' });
    return made;
}

/** The details of an event, as everybody sees them who sees the calendar. */
async function details(place, state, id) {
    const event = await ask('details', { id });
    const again = () => details(place, state, id);
    place.replaceChildren(
        h('h3', {}, event.title),
        h('p', { class: 'soft' }, `${event.start} – ${event.end} · ${nameOf(state, event.by)}`),
        h('p', {}, t('place'), ' : ', h('span', { class: 'location' }, event.location || '–')),
        event.url
            ? h('p', { class: 'row' },
                roomLink(event.url, event.url, { class: 'link' }),
                launch(t('access'), { act: 'event', event: id, context: 'calendar' }, { class: 'button main' }),
                copyButton(event.url),
                button(filmed(t('newLink')), async () => {
                    await ask('event-camera', { id });
                    await again();
                }, { class: 'renew' }),
                button(`✕ ${t('dissociate')}`, async () => {
                    await ask('dissociate', { id });
                    await again();
                }, { class: 'dissociate' }))
            : h('p', { class: 'row' }, h('span', { class: 'soft no-link' }, t('noLink')),
                button(filmed(t('addVideo')), async () => {
                    await ask('event-camera', { id });
                    await again();
                }, { class: 'add-video' })),
    );
}

function calendar(module, add) {
    return (root, now) => {
        const list = h('div', { id: 'events' });
        const panel = h('section', { class: 'card', id: 'details', 'aria-live': 'polite', hidden: true });
        root.append(h('h2', {}, t(add)), editor(module), list, panel);
        const ours = (state) => state.events.filter((e) => e.module === module);
        return when(ours, (state) => {
            list.replaceChildren(...ours(state).map((event) =>
                h('p', { class: 'card row' }, h('span', { class: 'wide' }, `${event.start} · ${event.title}`),
                    button(t('details'), async () => {
                        await details(panel, now(), event.id);
                        panel.hidden = false;
                    }, { 'data-event': event.title }))));
        });
    };
}

export const agenda = calendar('agenda', 'newEvent');
export const meetings = calendar('meetings', 'newMeeting');

/** A phone on EAS knows no camera: it invites the resource. */
export function phone(root) {
    const out = h('div', { id: 'phone-out' });
    root.append(
        h('p', { class: 'soft' }, t('phoneHint')),
        form([field('title', t('title'), { required: true }), ...times()], t('invite'), async (given) => {
            const { sent, back, url } = await ask('phone', given);
            out.replaceChildren(
                h('p', { class: 'card' }, roomLink(url, url, { class: 'link' })),
                h('h2', {}, t('sent')), h('pre', { class: 'card', tabindex: '0' }, sent),
                h('h2', {}, t('back')), h('pre', { class: 'card', tabindex: '0' }, back),
            );
        }, { id: 'phone' }),
        out,
    );
}
