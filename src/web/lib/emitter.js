/**
 * An EventTarget whose events carry a typed `detail`.
 * @template {object} Events event name → detail
 */
export class Emitter extends EventTarget {
    /**
     * @template {keyof Events & string} K
     * @param {K} type
     * @param {Events[K]} detail
     */
    emit(type, detail) {
        this.dispatchEvent(new CustomEvent(type, { detail }));
    }

    /**
     * Like addEventListener, but hands over the detail, typed.
     * @template {keyof Events & string} K
     * @param {K} type
     * @param {(detail: Events[K]) => void} heard
     * @param {AddEventListenerOptions} [options]
     * @returns {() => void} stops listening
     */
    on(type, heard, options) {
        /** @param {Event} event */
        const listener = (event) => heard(/** @type {CustomEvent} */ (event).detail);
        this.addEventListener(type, listener, options);
        return () => this.removeEventListener(type, listener);
    }
}
