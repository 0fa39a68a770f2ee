/** The picture that matters most, in a small window over other programs. */

/** @typedef {import('../lib/room.js').Room} Room */

export class Pip {
    #video = document.createElement('video');
    #main;

    /**
     * @param {Room} room
     * @param {() => HTMLVideoElement} main whose picture it is
     */
    constructor(room, main) {
        this.#main = main;
        this.#video.muted = true; // sound has elements of its own
        this.#video.playsInline = true;
        for (const event of /** @type {const} */ (['speaker', 'seat'])) {
            room.on(event, () => this.#open && this.#follow());
        }
    }

    get #open() {
        return document.pictureInPictureElement === this.#video;
    }

    /** @returns {Promise<boolean>} false: there is no picture to show */
    async toggle() {
        if (this.#open) {
            await document.exitPictureInPicture();
            return true;
        }
        this.#follow();
        if (!this.#video.srcObject) return false;
        try {
            await this.#video.play();
            await this.#video.requestPictureInPicture();
            return true;
        } catch {
            return false;
        }
    }

    stop() {
        if (this.#open) document.exitPictureInPicture().catch(() => {});
        this.#video.srcObject = null;
    }

    #follow() {
        const stream = this.#main().srcObject;
        if (!stream || stream === this.#video.srcObject) return;
        this.#video.srcObject = stream;
        this.#video.play().catch(() => {});
    }
}
