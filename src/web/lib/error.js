/** A refusal with a reason a program can read; the server's reasons are in docs/signalling.md. */
export class SalonError extends Error {
    /**
     * @param {string} reason
     * @param {{detail?: string, field?: string, line?: number, retryAfter?: number}} [more]
     *     `retryAfter` in seconds
     */
    constructor(reason, more = {}) {
        super(more.detail ? `${reason}: ${more.detail}` : reason);
        this.name = 'SalonError';
        this.reason = reason;
        this.detail = more.detail ?? '';
        this.field = more.field;
        this.line = more.line;
        this.retryAfter = more.retryAfter;
    }

    /**
     * From the server's `error` message.
     * @param {import('./types.js').Message} message
     */
    static from(message) {
        return new SalonError(String(message.reason ?? 'internal'), {
            detail: message.detail,
            field: message.field,
            line: message.line,
            retryAfter: message.retry_after,
        });
    }
}
