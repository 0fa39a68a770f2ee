/**
 * What travels over the socket, as docs/signalling.md has it. Types only.
 *
 * @typedef {'microphone' | 'camera' | 'screen' | 'screen_audio'} Source
 * @typedef {'any' | 'screen'} SlotRole
 *
 * @typedef {object} TrackInfo something a participant publishes
 * @property {Source} source
 * @property {'audio' | 'video'} kind
 * @property {boolean} muted
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
 * @typedef {object} Welcome `joined` or `resumed`
 * @property {'joined' | 'resumed'} type
 * @property {string} participant
 * @property {string} resume
 * @property {string} name
 * @property {string} role
 * @property {{title: string, kind: string}} room
 * @property {ParticipantInfo[]} participants
 * @property {string | null} speaker
 * @property {RTCIceServer[]} ice_servers
 * @property {'kept' | 'lost'} [media]
 * @property {Seat[]} [seats]
 * @property {ChatMessage[]} [chat]
 *
 * @typedef {{type: string, [field: string]: any}} Message
 */

export {};
