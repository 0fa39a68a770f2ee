/** What the address of the page says: the room's token, and secrets in the fragment. */

import { plainName } from '../lib/names.js';

/**
 * @param {URL} url
 * @returns {{link: string, host: string | undefined, token: string | undefined}}
 */
export function readLink(url) {
    const path = url.pathname.split('/').filter(Boolean);
    const secrets = new URLSearchParams(url.hash.slice(1));
    // Links that front ends made up and personal ones are known by their whole path.
    const whole = ['b', 'i', 'launch'].includes(path[0]);
    return {
        link: whole ? url.pathname : decodeURIComponent(path.at(-1) ?? ''),
        host: secrets.get('h') || undefined,
        token: secrets.get('t') || globalThis.history?.state?.token || undefined,
    };
}

/**
 * The name that a front end made for Jitsi's links puts behind them:
 * `#userInfo.displayName="Zoé"&config.…`. It is a wish: the person may change it.
 * @param {URL} url
 */
export function nameWished(url) {
    const given = new URLSearchParams(url.hash.slice(1)).get('userInfo.displayName') ?? '';
    try {
        const name = JSON.parse(given);
        return typeof name === 'string' ? cleanName(name) : '';
    } catch {
        return cleanName(given);
    }
}

/**
 * A text in a signed token, to show it before the call. It is the server that checks it.
 * @param {string | undefined} token
 * @param {'name' | 'locale' | 'leave'} claim
 */
export function claimIn(token, claim) {
    try {
        const body = (token ?? '').split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
        const bytes = Uint8Array.from(atob(body), (char) => char.charCodeAt(0));
        const value = JSON.parse(new TextDecoder().decode(bytes))[claim];
        return typeof value === 'string' ? value : '';
    } catch {
        return '';
    }
}

/**
 * Where to go after the call, as a token says that the server has let in; "" for nowhere.
 * @param {string | undefined} token
 */
export function leaveIn(token) {
    const url = claimIn(token, 'leave');
    return /^https?:\/\/[^/\\]/.test(url) ? url : '';
}

/** The name in a personal invitation, as the page has it. */
export function nameInvited() {
    return document.querySelector('meta[name="salon-invited"]')?.getAttribute('content') ?? '';
}

/**
 * A name as the server takes it: on one line, without marks that turn the reading order, in whole
 * characters, at most 80 of them.
 * @param {string} typed
 */
export function cleanName(typed) {
    const plain = plainName(typed)
        .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ')
        .trim();
    return [...plain].slice(0, 80).join('').trim();
}
