/**
 * Notices that the computer slept: the clock went on while our timers stood still. Nothing else
 * says so; sockets and connections only find out much later.
 */

const LOOK_MS = 2000;
const SLEPT_MS = 15_000; // far more than a busy or throttled page is late

/**
 * @param {() => void} woke
 * @param {() => number} [now] ms
 * @returns {() => void} stops looking
 */
export function onWake(woke, now = Date.now) {
    let last = now();
    const timer = setInterval(() => {
        const passed = now() - last;
        last = now();
        // A hidden page's timers may come once a minute: then it is not sleep, and it can wait.
        const hidden = globalThis.document?.visibilityState === 'hidden';
        if (passed > SLEPT_MS && !hidden) woke();
    }, LOOK_MS);
    return () => clearInterval(timer);
}
