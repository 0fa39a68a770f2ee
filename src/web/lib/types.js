/**
 * What travels over the socket, as docs/signalling.md has it. Types only.
 *
 * @typedef {'microphone' | 'camera' | 'screen' | 'screen_audio'} Source
 * @typedef {'any' | 'screen'} SlotRole
 * @typedef {'vp8' | 'vp9' | 'av1' | 'h264'} Codec
 * @typedef {'motion' | 'detail' | 'text'} Content what a picture is made for
 *
 * @typedef {object} TrackInfo something a participant publishes
 * @property {Source} source
 * @property {'audio' | 'video'} kind
 * @property {boolean} muted
 * @property {'host'} [muted_by] a host did, not they themselves
 *
 * @typedef {object} ParticipantInfo
 * @property {string} id
 * @property {string} [name]
 * @property {string} [role] host, member or guest
 * @property {string} [client] web, whip or whep
 * @property {boolean} [hand]
 * @property {boolean} [away]
 * @property {TrackInfo[]} [tracks]
 *
 * @typedef {object} Seat who is on a slot
 * @property {string} mid
 * @property {string | null} participant
 * @property {Source} source
 * @property {string} [rid]
 * @property {number} [width]
 * @property {number} [height]
 * @property {string} [why] the reason why the picture is not better
 *
 * @typedef {object} MediaHint
 * @property {string} mid
 * @property {Source} [source]
 * @property {SlotRole} [role]
 * @property {Content} [content]
 *
 * @typedef {object} Want
 * @property {string} [mid]
 * @property {string} [participant]
 * @property {Source} [source]
 * @property {number} [width] device pixels; 0: the best there is
 * @property {number} [height]
 * @property {boolean} [pinned]
 * @property {boolean} [paused]
 *
 * @typedef {object} ChatMessage
 * @property {number} n
 * @property {string} from
 * @property {string} name
 * @property {string} text
 * @property {number} time ms since 1970
 * @property {string} [to]
 *
 * @typedef {object} Contact somebody who can be rung
 * @property {string} ref
 * @property {string} name
 * @property {'online' | 'offline'} [presence]
 *
 * @typedef {object} Invitation a ring; `refused` ones, with a reason, never rang and have no id
 * @property {string | null} id
 * @property {string} state created, ringing, accepted, declined, missed, cancelled,
 *     unreachable or refused
 * @property {string} [reason]
 * @property {{ref: string, name?: string}} to
 *
 * @typedef {object} Welcome `joined` or `resumed`
 * @property {'joined' | 'resumed'} type
 * @property {string} participant
 * @property {string} resume
 * @property {string} name
 * @property {string} role
 * @property {{title: string, kind: string, access?: string, locked?: boolean}} room
 * @property {Knock[]} [knocking] if we may let others in
 * @property {Source[]} [muted] of what we publish: muted by a host
 * @property {string} [link] the room's, for members and hosts
 * @property {string} [token] to come back with, after what is good for one start
 * @property {ParticipantInfo[]} participants
 * @property {string | null} speaker
 * @property {RTCIceServer[]} ice_servers
 * @property {'kept' | 'lost'} [media]
 * @property {Seat[]} [seats]
 * @property {ChatMessage[]} [chat]
 * @property {number} [chat_n] of the last message before we came
 * @property {LayersMessage | null} [layers]
 *
 * @typedef {{id: string, name: string}} Knock somebody who waits to be let in
 *
 * @typedef {object} Waiting what we wait for before the door
 * @property {'lobby' | 'locked' | 'owner'} reason a host must let us in; the same, for the room
 *     is locked; the owner of the personal room is not there yet
 * @property {boolean} host somebody is there who can let us in
 *
 * @typedef {object} LayersMessage which of our encodings somebody watches
 * @property {string} type
 * @property {number} generation
 * @property {{mid: string, source: Source, rids: string[]}[]} tracks
 *
 * @typedef {{rid: string, width: number, height: number}} Layer
 *
 * @typedef {object} Received what the server says of one of our slots
 * @property {string} mid
 * @property {string} participant
 * @property {string} [name]
 * @property {Source} source
 * @property {string} codec
 * @property {Layer} wanted
 * @property {Layer | null} given
 * @property {string} why the reason why it is not better, or ""
 * @property {number} [bps]
 * @property {number} [loss] 0 to 1
 * @property {number} [jitter_ms]
 * @property {number} [rtt_ms]
 *
 * @typedef {object} Published what the server says of something we send
 * @property {string} mid
 * @property {Source} source
 * @property {string} codec
 * @property {boolean} muted
 * @property {(Layer & {bps?: number, fps?: number, loss?: number, jitter_ms?: number,
 *     active?: boolean, asked?: boolean})[]} layers
 *
 * @typedef {object} Quality
 * @property {boolean} connected
 * @property {{estimate_bps?: number, source?: string, sending_bps?: number, wanted_bps?: number,
 *     loss?: number, rtt_ms?: number, queue_ms?: number}} [downlink]
 * @property {Received[]} [receives]
 * @property {{rtt_ms?: number, loss?: number}} [uplink]
 * @property {Published[]} [publishes]
 *
 * @typedef {object} PublishOptions how something is sent; all but `source` and `muted` are of pictures
 * @property {Source} [source] default: microphone or camera
 * @property {boolean} [muted]
 * @property {Codec} [codec] the one to prefer; the browser's first (VP8) by default
 * @property {boolean} [simulcast] several sizes at once; default: yes
 * @property {string} [scalability] layers inside an encoding, where the browser can: "L1T3" by
 *     default; one with spatial layers ("L3T3_KEY") takes the place of simulcast
 * @property {Content} [content] what is kept when the line is narrow: `motion` the frame rate
 *     (default of a camera), `detail` (default of a screen) and `text` the resolution
 *
 * @typedef {{type: string, [field: string]: any}} Message
 */

/**
 * How we stand with a room:
 *
 * - connecting: not in the room yet
 * - waiting: before the door, see `door`
 * - connected: in the room; media flows, or is about to for the first time
 * - reconnecting: the socket is lost, media may go on; it comes back by itself
 * - media-lost: in the room, but media does not get through; it comes back by itself
 * - closed: over, for the `reason` that comes with it
 * @typedef {'connecting' | 'waiting' | 'connected' | 'reconnecting' | 'media-lost' | 'closed'} RoomState
 */

/**
 * @typedef {object} JoinOptions
 * @property {string} link the token of the room's link, or the whole link
 * @property {string} [name]
 * @property {string} [token] a signed personal token
 * @property {string} [host] the host secret
 * @property {string} [lang] language of error details
 * @property {string | URL} [signal] default: this page's server
 * @property {number} [maxPairs] most slots for people; 25 by default
 */

export {};
