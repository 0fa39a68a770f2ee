/** Profiles and personal links, the organisation, mails, and what salon told. */
import { ask, button, filmed, h, roomLink, when } from './dom.js';
import { me, t } from './lang.js';

export function profile(root) {
    const mine = h('div', { id: 'mine' });
    const members = h('div', { id: 'members' });
    root.append(h('h2', {}, t('personal')), mine, h('h2', {}, t('members')), members);
    return when(({ people, features }) => [people, features], ({ people, features }) => {
        const own = people.find((p) => p.ref === me)?.personal;
        mine.replaceChildren(features.personal_rooms
            ? h('p', { class: 'card row' },
                own ? roomLink(own, own, { class: 'wide link' }) : null,
                button(t(own ? 'hide' : 'show'), () => ask('profile', { show: !own }), { id: 'show-personal' }))
            : h('p', { class: 'soft' }, t('off')));
        members.replaceChildren(...people.map((p) =>
            h('p', { class: 'card row', 'data-member': p.ref },
                h('span', { class: p.online ? 'dot online' : 'dot' }), h('strong', { class: 'wide' }, p.name),
                features.personal_rooms && p.personal
                    ? roomLink(p.personal, filmed(t('personalOf')), { class: 'button personal' }) : null)));
    });
}

export function organisation(root) {
    const place = h('div');
    root.append(place);
    return when(({ features }) => features, ({ people, features }) => {
        const manager = people.find((p) => p.ref === me)?.manager;
        const box = h('input', {
            type: 'checkbox', id: 'personal-rooms', checked: features.personal_rooms, disabled: !manager });
        box.addEventListener('change', () => ask('organisation', { on: box.checked }));
        place.replaceChildren(
            h('label', { class: 'card row' }, box, t('switch')),
            manager ? '' : h('p', { class: 'soft' }, t('managersOnly')));
    });
}

/** A text with its links made links. */
const linked = (text, link) =>
    text.split(link ?? '\0').flatMap((part, i) =>
        i ? [h('a', { href: link, target: '_blank', rel: 'noopener', class: 'link' }, link), part] : [part]);

export function mails(root) {
    const list = h('div', { id: 'mails' });
    root.append(list);
    return when(({ mails: all }) => all, ({ people, mails: all }) => {
        list.replaceChildren(...[...all].reverse().map((mail) =>
            h('article', { class: 'card' },
                h('strong', {}, mail.subject),
                h('p', { class: 'soft' }, `${people.find((p) => p.ref === mail.from)?.name} → ${mail.to}`),
                h('pre', {}, linked(mail.text, mail.link)))));
        if (!all.length) list.replaceChildren(h('p', { class: 'soft' }, t('noMails')));
    });
}

export function journal(root) {
    const list = h('ul', { id: 'log' });
    root.append(list);
    return when(({ log }) => log, ({ log }) => {
        list.replaceChildren(...[...log].reverse().map((entry) =>
            h('li', {}, `${entry.at} `, h('code', {}, entry.type), ` ${entry.room ?? ''}`)));
    });
}
