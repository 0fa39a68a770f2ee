/**
 * How long to wait before try number `attempt` (from 0), in ms: doubling from `first` up to
 * `most`, the upper half of it by chance, so that a restarted server is not met by all at once.
 * @param {number} attempt
 * @param {{first?: number, most?: number, random?: () => number}} [options]
 */
export function backoff(attempt, { first = 250, most = 5000, random = Math.random } = {}) {
    const full = Math.min(most, first * 2 ** Math.min(attempt, 16));
    return full / 2 + (full / 2) * random();
}

/**
 * Resolves after `ms`, or at once when `signal` aborts.
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function pause(ms, signal) {
    return new Promise((resolve) => {
        const done = () => {
            clearTimeout(timer);
            signal?.removeEventListener('abort', done);
            resolve();
        };
        const timer = setTimeout(done, ms);
        if (signal?.aborted) done();
        else signal?.addEventListener('abort', done);
    });
}
