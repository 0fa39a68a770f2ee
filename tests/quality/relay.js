/** A TCP port that stands for another one. */
import { connect, createServer } from 'node:net';

/**
 * @param {string} host
 * @param {number} port
 * @param {{host: string, port: number}} to
 * @returns {Promise<import('node:net').Server>}
 */
export function relay(host, port, to) {
    const server = createServer((near) => {
        const far = connect(to.port, to.host);
        near.pipe(far).pipe(near);
        near.on('error', () => far.destroy());
        far.on('error', () => near.destroy());
        near.on('close', () => far.destroy());
    });
    server.unref();
    return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => resolve(server));
    });
}
