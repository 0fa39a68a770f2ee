/**
 * The address that opens a mail program with a text in it (RFC 6068: lines end with CRLF).
 * @param {string} subject
 * @param {string} text
 */
export function mailto(subject, text) {
    const body = text.replace(/\r?\n/g, '\r\n');
    return `mailto:?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(body)}`;
}
