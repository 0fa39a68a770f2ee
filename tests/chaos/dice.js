/** All that is drawn, from one seed (mulberry32). */
export class Dice {
    constructor(seed) {
        this.state = seed >>> 0;
    }

    /** 0 ≤ x < 1 */
    next() {
        this.state = (this.state + 0x6d2b79f5) >>> 0;
        let t = this.state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    }

    between(low, high) {
        return low + Math.floor(this.next() * (high - low + 1));
    }

    one(list) {
        return list[this.between(0, list.length - 1)];
    }

    /** Another one, whose draws change nothing here: what depends on timing draws from it. */
    apart() {
        return new Dice(Math.floor(this.next() * 2 ** 32));
    }
}
