/** Text with the web addresses in it as links. Only http and https: nothing else runs or opens. */

const ADDRESS = /\bhttps?:\/\/[^\s<>"'\u2018-\u201f\p{Cc}\p{Cf}]+/giu;
/** What a sentence puts after an address does not belong to it. */
const AFTER = /[.,;:!?…»)\]}]+$/u;

/**
 * @param {string} text
 * @returns {{text: string, href?: string}[]} the parts of it, in order
 */
export function partsOf(text) {
    const parts = [];
    let at = 0;
    for (const found of text.matchAll(ADDRESS)) {
        const address = trimmed(found[0]);
        if (!URL.canParse(address)) continue;
        if (found.index > at) parts.push({ text: text.slice(at, found.index) });
        parts.push({ text: address, href: new URL(address).href });
        at = found.index + address.length;
    }
    if (at < text.length) parts.push({ text: text.slice(at) });
    return parts;
}

/** @param {string} address */
function trimmed(address) {
    const [end = ''] = AFTER.exec(address) ?? [];
    const open = address.split('(').length - 1;
    // "(see https://a.example/x_(y))": as many closing brackets stay as were opened.
    let keep = 0;
    while (keep < end.length && end[keep] === ')' && keep < open) keep++;
    return address.slice(0, address.length - end.length + keep);
}

/**
 * @param {string} text
 * @returns {Node[]}
 */
export function linked(text) {
    return partsOf(text).map(({ text: words, href }) => {
        if (!href) return document.createTextNode(words);
        const link = document.createElement('a');
        link.href = href;
        link.textContent = words;
        link.target = '_blank';
        link.rel = 'noopener noreferrer nofollow';
        return link;
    });
}
