/**
 * A picture that is work to encode: soft texture that moves, and grain that does not repeat within a
 * loop. Browsers' own fake cameras show a flat picture that fits into any line.
 */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

const FRAMES = 90;
const GRAIN = 7;

function noise(seed) {
    let state = seed >>> 0 || 1;
    return () => {
        state ^= state << 13;
        state >>>= 0;
        state ^= state >>> 17;
        state ^= state << 5;
        state >>>= 0;
        return state / 2 ** 32;
    };
}

/** A square of smooth noise that joins itself at its edges. */
function texture(size, random) {
    const out = new Float32Array(size * size);
    for (const [cells, weight] of [[8, 60], [32, 34], [128, 22]]) {
        const knots = Float32Array.from({ length: cells * cells }, () => random() - 0.5);
        const step = cells / size;
        for (let y = 0; y < size; y++) {
            const fy = y * step, y0 = Math.floor(fy), dy = fy - y0, y1 = (y0 + 1) % cells;
            for (let x = 0; x < size; x++) {
                const fx = x * step, x0 = Math.floor(fx), dx = fx - x0, x1 = (x0 + 1) % cells;
                const top = knots[y0 * cells + x0] * (1 - dx) + knots[y0 * cells + x1] * dx;
                const low = knots[y1 * cells + x0] * (1 - dx) + knots[y1 * cells + x1] * dx;
                out[y * size + x] += weight * 2 * (top * (1 - dy) + low * dy);
            }
        }
    }
    return out;
}

/**
 * Writes a loop of frames as YUV4MPEG2, as Chromium's --use-file-for-fake-video-capture reads it.
 * @param {string} file
 * @param {{width: number, height: number, fps: number}} size
 */
export async function writeCamera(file, { width, height, fps }) {
    const random = noise(20260727);
    const SIZE = 1024;
    const soft = texture(SIZE, random);
    const grain = Int8Array.from({ length: 65536 }, () => Math.round((random() - 0.5) * 2 * GRAIN));
    const out = createWriteStream(file);
    out.write(`YUV4MPEG2 W${width} H${height} F${fps}:1 Ip A1:1 C420jpeg\n`);
    for (let n = 0; n < FRAMES; n++) {
        const turn = (2 * Math.PI * n) / FRAMES;
        const ox = Math.round(SIZE / 2 + 90 * Math.cos(turn)), oy = Math.round(SIZE / 2 + 60 * Math.sin(turn));
        const hx = width * (0.5 + 0.25 * Math.sin(2 * turn)), hy = height * (0.5 + 0.2 * Math.cos(turn));
        const radius = height * 0.22;
        const frame = Buffer.alloc(width * height * 1.5, 128);
        const shift = Math.floor(random() * 65536);
        for (let y = 0, at = 0; y < height; y++) {
            const row = ((y + oy) % SIZE) * SIZE;
            for (let x = 0; x < width; x++, at++) {
                const near = (x - hx) ** 2 + (y - hy) ** 2 < radius * radius;
                const base = near ? 175 - 0.4 * soft[((y - Math.round(hy) + SIZE) % SIZE) * SIZE +
                    ((x - Math.round(hx) + SIZE) % SIZE)] : 110 + soft[row + ((x + ox) % SIZE)];
                const v = base + grain[(at * 3 + shift) & 65535];
                frame[at] = v < 0 ? 0 : v > 255 ? 255 : v;
            }
        }
        out.write('FRAME\n');
        if (!out.write(frame)) await once(out, 'drain');
    }
    out.end();
    await once(out, 'finish');
}
