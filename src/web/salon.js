/**
 * The client library of salon. One function lets a page into a room:
 *
 *     import { joinRoom } from '/static/salon.js';
 *     const room = await joinRoom({ link: '7M3K…', name: 'Ada' });
 *     room.on('seat', ({ participant, source, track }) => { … });
 *     await room.publish(cameraTrack, { source: 'camera' });
 *
 * Where guests have to knock, joinRoom() resolves once somebody has let us in. To show that we
 * wait, make a `Room` and listen to its `door` before `room.join()`; `room.leave()` gives up.
 *
 * The protocol underneath is docs/signalling.md.
 */

import { Room } from './lib/room.js';

export { Room } from './lib/room.js';
export { Participant } from './lib/participant.js';
export { Door } from './lib/door.js';
export { Channel, IncomingChannel } from './lib/data.js';
export { SalonError } from './lib/error.js';
export { REACTIONS } from './lib/reactions.js';

/** @typedef {import('./lib/room.js').JoinOptions} JoinOptions */

/**
 * Joins a room. Resolves once the server has let us in, before any media flows; tracks
 * published directly afterwards travel in the first offer.
 *
 * @param {JoinOptions} options
 * @returns {Promise<Room>}
 * @throws {import('./lib/error.js').SalonError} with the server's reason (`unknown_link`,
 *     `room_full`, …) or `unreachable`
 */
export async function joinRoom(options) {
    const room = new Room(options);
    await room.join();
    return room;
}
