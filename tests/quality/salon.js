/** salon, as the measurements need it: a server, a publisher's page, a viewer's page. */
import { Server } from '../e2e/lib/server.js';
import { openDevices, salonPublish, salonView, startShowing } from './pages.js';
import { relay } from './relay.js';

const ADDRESS = process.env.SALON_TEST_ADDRESS;

export class Salon {
    name = 'salon';

    static async start() {
        const salon = new Salon();
        salon.server = await Server.start({ args: ['--announce', ADDRESS, '--workers', '1'] });
        const { port } = salon.server;
        salon.ports = [port];
        await relay(ADDRESS, port, { host: '127.0.0.1', port });
        return salon;
    }

    /** A room for one measurement. */
    async room() {
        const reply = await this.#api('/api/v1/rooms', { method: 'POST', body: '{}' });
        const body = await reply.json();
        return { link: body.url, id: body.id };
    }

    /** Where a page begins. */
    page() {
        return `${this.server.url}/`;
    }

    async publish(line, room, devices) {
        await line.call(openDevices, devices);
        await line.call(salonPublish, room.link, devices.simulcast);
    }

    async view(line, room) {
        await line.call(startShowing);
        await line.call(salonView, room.link);
    }

    /** What the server says of itself; null if it does not say. */
    async quality(room) {
        const reply = await this.#api(`/api/v1/rooms/${room.id}/quality`).catch(() => null);
        return reply?.ok ? reply.json() : null;
    }

    #api(path, options = {}) {
        return fetch(`${this.server.url}${path}`, { ...options,
            headers: { authorization: `Bearer ${this.server.key}`, 'content-type': 'application/json' } });
    }

    check() {
        this.server.check();
    }

    stop() {
        return this.server.stop();
    }
}
