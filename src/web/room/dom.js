/** Small helpers around the DOM. Texts of others go in by textContent only. */

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [type]
 * @returns {T}
 */
export function byId(id, type) {
    const element = document.getElementById(id);
    if (!(element instanceof (type ?? HTMLElement))) throw new Error(`no element #${id}`);
    return /** @type {T} */ (element);
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {string} [text]
 */
export function make(tag, className = '', text = '') {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text;
    return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {string} name a symbol of icons.svg
 * @param {string} [className]
 */
export function icon(name, className = '') {
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('class', `icon ${className}`);
    svg.setAttribute('aria-hidden', 'true');
    const use = document.createElementNS(SVG, 'use');
    use.setAttribute('href', `/static/icons.svg#${name}`);
    svg.append(use);
    return svg;
}

/**
 * A flag as an attribute, for the style sheet.
 * @param {HTMLElement} element
 * @param {string} name
 * @param {boolean} on
 */
export function flag(element, name, on) {
    if (on) element.dataset[name] = '';
    else delete element.dataset[name];
}

const HUES = 6;

/**
 * A disc with the first letter, for who shows no picture.
 * @param {string} id decides on the colour
 */
export function avatar(id) {
    const disc = make('span', 'avatar');
    let sum = 0;
    for (const char of id) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973;
    disc.dataset.hue = String(sum % HUES);
    disc.setAttribute('aria-hidden', 'true');
    return disc;
}

/**
 * The first letter as a reader sees it: an emoji or a letter with its accents is one.
 * @param {string} name
 */
export function initial(name) {
    const [first] = new Intl.Segmenter().segment(name.trim());
    return (first?.segment ?? '?').toLocaleUpperCase();
}
