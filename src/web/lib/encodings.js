/** How each source is sent. */

/** @typedef {import('./types.js').Source} Source */

/** Three sizes of one camera picture, lowest first (RFC 8853); the server picks for each viewer. */
const SIMULCAST = [
    { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
    { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
    { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];

/** What the picture is of: whether to keep it sharp or fluid when there is not room for both. */
const CONTENT_HINT = {
    microphone: '',
    camera: 'motion',
    screen: 'detail',
    screen_audio: 'music',
};

/**
 * @param {Source} source
 * @param {boolean} simulcast
 * @returns {RTCRtpEncodingParameters[] | undefined}
 */
export function encodingsFor(source, simulcast) {
    if (simulcast) return SIMULCAST.map((encoding) => ({ ...encoding }));
    if (source === 'screen') return [{ maxBitrate: 2_500_000 }];
    if (source === 'camera') return [{ maxBitrate: 1_700_000 }];
    return undefined;
}

/**
 * @param {Source} source
 * @returns {string} for MediaStreamTrack.contentHint
 */
export function contentHint(source) {
    return CONTENT_HINT[source];
}
