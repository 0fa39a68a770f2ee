/** Rooms, contacts, chats and communities: where calls begin. */
import { ask, button, check, copyButton, field, filmed, form, h, launch, roomLink, say, when } from './dom.js';
import { me, t } from './lang.js';

const nameOf = (state, ref) => state.people.find((p) => p.ref === ref)?.name ?? ref;

/** AirTime et Salles: the pane with "Ouvrir AirTime". */
export function airtime(root) {
    const rooms = h('div', { id: 'rooms' });
    const letter = h('div', { id: 'letter' });
    root.append(
        h('p', {}, launch(t('open'), { context: 'menu' }, { class: 'button main', id: 'open-airtime' })),
        h('p', { class: 'soft' }, t('openHint')),
        h('h2', {}, t('liveRooms')),
        rooms,
        h('h2', {}, t('external')),
        form(
            [
                field('name', t('externalName'), { maxlength: 80 }),
                field('mail', t('externalMail'), { type: 'email', required: true }),
            ],
            t('send'),
            async (given) => {
                const made = await ask('mail', given);
                letter.replaceChildren(
                    h('p', { class: 'card row' },
                        roomLink(made.url, t('join'), { class: 'button main', id: 'join-own' }),
                        copyButton(made.link),
                        h('a', { class: 'button', href: made.mailto }, t('ownMail')),
                        h('span', { id: 'external-link' }, made.link)),
                );
            },
            { id: 'external' },
        ),
        letter,
    );
    let shown = '';
    return async () => {
        const live = await ask('rooms').catch(() => []);
        const list = JSON.stringify(live.map(({ id, participants }) => [id, participants]));
        if (list === shown) return;
        shown = list;
        rooms.replaceChildren(
            ...(live.length ? live.map((room) =>
                h('p', { class: 'card row' },
                    h('span', { class: 'wide' }, room.title ?? room.id, ' · ', String(room.participants)),
                    roomLink(room.url, t('join'), { class: 'button' })))
                : [h('p', { class: 'soft' }, t('noRooms'))]),
        );
    };
}

/** Mes contacts: the camera rings the colleague once you are in. */
export function contacts(root, now) {
    const rows = new Map();
    for (const { ref, name } of now().people.filter((p) => p.ref !== me)) {
        const dot = h('span', { class: 'dot' });
        const word = h('span', { class: 'soft wide' });
        const camera = launch(filmed(t('call')), { context: 'contact', ring: ref }, {
            'aria-label': t('callOf', { name }), 'data-ring': ref });
        rows.set(ref, { dot, word });
        root.append(h('p', { class: 'card row', 'data-contact': ref }, dot, h('strong', {}, name), word, camera));
    }
    return ({ people }) => {
        for (const { ref, online } of people) {
            const row = rows.get(ref);
            row?.dot.classList.toggle('online', online);
            if (row) row.word.textContent = t(online ? 'online' : 'offline');
        }
    };
}

/** A message, with the writer's personal link if they put it in. */
const words = (text, link) => [
    h('span', { class: 'wide' }, text),
    link ? roomLink(link, t('personalOf'), { class: 'button personal' }) : null,
];

/** Chats: one conversation at a time; "Appel AirTime" beside a colleague's message. */
export function chats(root, now) {
    const peer = h('select', { 'aria-label': t('contacts'), id: 'peer' },
        now().people.filter((p) => p.ref !== me).map((p) => h('option', { value: p.ref }, p.name)));
    const list = h('div', { role: 'log', id: 'messages' });
    const callPeer = async () => {
        const made = await ask('call', { to: peer.value });
        window.salon.open({ url: made.url, title: nameOf(now(), peer.value) });
        if (made.invitation.state === 'unreachable') say(t('unreachable', { name: nameOf(now(), peer.value) }));
    };
    const render = (state) => {
        const mine = state.chats.filter((c) => c.from === peer.value || c.to === peer.value);
        list.replaceChildren(...mine.map((c) =>
            h('p', { class: 'card row' }, h('strong', {}, nameOf(state, c.from)), ...words(c.text, c.link),
                c.from === me ? null : button(t('call'), callPeer, { class: 'call-message' }))));
    };
    const update = when((state) => [peer.value, state.chats], render);
    peer.addEventListener('change', () => update(now()));
    root.append(
        h('p', { class: 'row' }, peer, button(filmed(t('call')), callPeer, { id: 'call-peer' }),
            launch(t('openCamera'), { context: 'menu' })),
        list,
        form([field('text', t('message'), { required: true }), check('personal', t('includePersonal'))], t('send'),
            ({ text, personal }) => ask('write', { to: peer.value, text, personal: Boolean(personal) }), { id: 'write' }),
    );
    return update;
}

/** Communautés: a post, and "Appel AirTime" with who wrote it. */
export function community(root) {
    const list = h('div', { id: 'posts' });
    root.append(
        form([field('text', t('message'), { required: true }), check('personal', t('includePersonal'))], t('publish'),
            ({ text, personal }) => ask('post', { text, personal: Boolean(personal) }), { id: 'publish' }),
        list,
    );
    return when((state) => state.posts, (state) => {
        list.replaceChildren(...[...state.posts].reverse().map((post) =>
            h('p', { class: 'card row' }, h('strong', {}, nameOf(state, post.by)), ...words(post.text, post.link),
                post.by === me ? null : launch(t('call'), { context: 'community', ring: post.by }, {
                    'aria-label': t('callOf', { name: nameOf(state, post.by) }) }))));
    });
}
