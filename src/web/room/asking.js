/** What we ask browsers for, and what they say when they do not give it. */

/** @typedef {import('./devices.js').Device} Device */
/** @typedef {import('./choices.js').Choices} Choices */

/**
 * A device that was chosen and is not there any more is no reason for having none.
 * @param {Device} device
 * @param {Choices} choices
 * @returns {MediaStreamConstraints}
 */
export function constraintsFor(device, choices) {
    const chosen = choices.get(device);
    const deviceId = chosen ? { deviceId: { ideal: chosen } } : {};
    if (device === 'camera') {
        const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
        return { video: { ...deviceId, ...size, frameRate: { ideal: 30 } } };
    }
    return {
        audio: {
            ...deviceId,
            echoCancellation: true,
            noiseSuppression: choices.get('noise'),
            autoGainControl: choices.get('gain'),
        },
    };
}

/**
 * What went wrong, as the second half of a text's key.
 * @param {unknown} error of getUserMedia
 */
export function problemOf(error) {
    if (!(error instanceof DOMException)) return 'unsupported';
    switch (error.name) {
        case 'NotAllowedError':
            if (/dismiss/i.test(error.message)) return 'unanswered';
            return /system/i.test(error.message) ? 'system' : 'denied';
        case 'SecurityError':
            return 'denied';
        case 'NotFoundError':
        case 'OverconstrainedError':
            return 'none';
        case 'NotReadableError':
        case 'AbortError':
            return 'busy';
        default:
            return 'failed';
    }
}

/**
 * A screen, a window or a tab, with its sound if the user wants it. The sound of the whole system
 * would hold the voices of this call: it is offered only where the browser can leave them out.
 * @returns {DisplayMediaStreamOptions}
 */
export function screenToAsk() {
    const known = /** @type {any} */ (navigator.mediaDevices.getSupportedConstraints());
    const ownLeftOut = Boolean(known.restrictOwnAudio);
    const options = {
        video: { frameRate: { ideal: 30, max: 30 } },
        audio: {
            echoCancellation: false,
            noiseSuppression: false,
            autoGainControl: false,
            suppressLocalAudioPlayback: false, // who shares a film wants to hear it, too
            ...(ownLeftOut ? { restrictOwnAudio: true } : {}),
        },
        systemAudio: ownLeftOut ? 'include' : 'exclude',
        selfBrowserSurface: 'exclude',
        surfaceSwitching: 'include',
    };
    return /** @type {DisplayMediaStreamOptions} */ (options);
}
