/** How each source is sent: in how many sizes, with how many bits, and what is kept when the line is narrow. */

import { SalonError } from './error.js';

/** @typedef {import('./types.js').Source} Source */
/** @typedef {import('./types.js').Codec} Codec */
/** @typedef {import('./types.js').Content} Content */
/** @typedef {RTCRtpEncodingParameters & {scalabilityMode?: string}} Encoding */

/**
 * How something is encoded; what is absent is chosen by source.
 * @typedef {object} Coding
 * @property {boolean} simulcast in several sizes, of which the server picks one for each viewer
 * @property {Codec} [codec] the one to prefer; default: the browser's first, which is VP8
 * @property {string} [scalability] layers inside each encoding, "L1T3" or "L3T3_KEY" (W3C WebRTC-SVC)
 */

/** Three sizes of one camera picture, lowest first (RFC 8853). */
const CAMERA = [
    { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
    { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
    { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];

/** Two of a screen: the smaller one is for phones. Of text it is not sent at all: see layers.js. */
const SCREEN = [
    { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 600_000 },
    { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 2_500_000 },
];

/** Three frame rates in each encoding: the server can thin them out without asking for a keyframe. */
const TEMPORAL = 'L1T3';

/** @type {Record<Source, Content>} */
const CONTENT = {
    microphone: 'motion',
    camera: 'motion',
    screen: 'detail',
    screen_audio: 'motion',
};

/**
 * @param {Source} source
 * @returns {Content} if nobody says
 */
export function contentOf(source) {
    return CONTENT[source];
}

/**
 * @param {Source} source
 * @param {{simulcast?: boolean, scalability?: string}} how
 * @returns {boolean} spatial layers inside one encoding ("L3T3") and several encodings exclude each other
 */
export function isSimulcast(source, { simulcast, scalability }) {
    const spatial = /^[LS][23]/.test(scalability ?? '');
    return (simulcast ?? (source === 'camera' || source === 'screen')) && !spatial;
}

/**
 * @param {Source} source
 * @param {Coding} coding
 * @returns {Encoding[] | undefined}
 */
export function encodingsFor(source, { simulcast, scalability = TEMPORAL }) {
    if (source === 'screen_audio') return [{ maxBitrate: 128_000 }];
    if (source === 'microphone') return undefined;
    const all = source === 'screen' ? SCREEN : CAMERA;
    const [top] = all.slice(-1);
    /** @type {Encoding[]} */
    const chosen = simulcast ? all : [{ maxBitrate: top.maxBitrate }];
    return chosen.map((encoding) => ({ ...encoding, scalabilityMode: scalability }));
}

/**
 * For browsers that refuse the mode (others, as Firefox, ignore it).
 * @param {Encoding[] | undefined} encodings
 */
export function withoutLayers(encodings) {
    return encodings?.map(({ scalabilityMode, ...encoding }) => encoding);
}

/**
 * @param {Source} source
 * @param {Content} content
 * @returns {string} for MediaStreamTrack.contentHint
 */
export function contentHint(source, content) {
    if (source === 'microphone') return '';
    return source === 'screen_audio' ? 'music' : content;
}

/**
 * @param {Source} source
 * @param {Content} content
 * @returns {'maintain-resolution' | 'maintain-framerate' | null} what a screen keeps when the
 *     computer or the line is too slow; of a camera the browser decides
 */
export function degradation(source, content) {
    if (source !== 'screen') return null;
    return content === 'motion' ? 'maintain-framerate' : 'maintain-resolution';
}

/** @param {Codec} codec */
const mime = (codec) => `video/${codec}`;

/**
 * @param {Codec} codec
 * @throws {SalonError} `codec_unsupported`: this browser cannot send it
 */
export function checkCodec(codec) {
    const codecs = RTCRtpSender.getCapabilities?.('video')?.codecs ?? [];
    if (!codecs.some(({ mimeType }) => mimeType.toLowerCase() === mime(codec)))
        throw new SalonError('codec_unsupported', { detail: codec });
}

/**
 * Offers this codec before the others; they stay, for a server or a viewer that has it not.
 * @param {RTCRtpTransceiver} transceiver
 * @param {Codec} codec
 */
export function preferCodec(transceiver, codec) {
    const codecs = RTCRtpSender.getCapabilities?.('video')?.codecs ?? [];
    const first = codecs.filter(({ mimeType }) => mimeType.toLowerCase() === mime(codec));
    transceiver.setCodecPreferences?.([...first, ...codecs.filter((c) => !first.includes(c))]);
}
