/*
 * A QR code (ISO/IEC 18004) of a text: bytes, error correction M, versions 1 to 10, which hold 213 bytes. What is dark
 * is true. The steps are those of the standard: bytes to codewords, their correction, interleaving, placing in columns of
 * two from the lower right upwards, and of eight masks the one that scanners take best.
 */

/** Of a version from 1 on: codewords of correction of a block, and how many of data each block has. */
const BLOCKS: readonly { correction: number; data: readonly number[] }[] = [
    { correction: 10, data: [16] },
    { correction: 16, data: [28] },
    { correction: 26, data: [44] },
    { correction: 18, data: [32, 32] },
    { correction: 24, data: [43, 43] },
    { correction: 16, data: [27, 27, 27, 27] },
    { correction: 18, data: [31, 31, 31, 31] },
    { correction: 22, data: [38, 38, 39, 39] },
    { correction: 22, data: [36, 36, 36, 37, 37] },
    { correction: 26, data: [43, 43, 43, 43, 44] },
];
const ALIGNMENT: readonly (readonly number[])[] = [
    [],
    [6, 18],
    [6, 22],
    [6, 26],
    [6, 30],
    [6, 34],
    [6, 22, 38],
    [6, 24, 42],
    [6, 26, 46],
    [6, 28, 50],
];

const sum = (list: readonly number[]) => list.reduce((all, one) => all + one, 0);

/* --- correction: Reed and Solomon over the field of 256 --- */

const EXP: number[] = [];
const LOG: number[] = [];
for (let n = 0, x = 1; n < 255; n++, x = x & 128 ? (x << 1) ^ 0x11d : x << 1) {
    EXP[n] = x;
    LOG[x] = n;
}

function times(a: number, b: number): number {
    return a && b ? EXP[(LOG[a]! + LOG[b]!) % 255]! : 0;
}

/** Coefficients but the leading one, the highest first. */
function generator(degree: number): number[] {
    let all = [1];
    for (let n = 0; n < degree; n++) {
        const next = [...all, 0];
        for (const [k, one] of all.entries()) next[k + 1]! ^= times(one, EXP[n]!);
        all = next;
    }
    return all.slice(1);
}

function correctionOf(data: readonly number[], degree: number): number[] {
    const divisor = generator(degree);
    let rest: number[] = new Array<number>(degree).fill(0);
    for (const one of data) {
        const factor = one ^ rest[0]!;
        rest = [...rest.slice(1), 0].map((each, n) => each ^ times(divisor[n]!, factor));
    }
    return rest;
}

/* --- the codewords --- */

function capacity(version: number): number {
    return sum(BLOCKS[version - 1]!.data) - (version < 10 ? 2 : 3);
}

/** Mode, length, bytes, end; what is left is filled with the two bytes of the standard. */
function dataOf(bytes: Uint8Array, version: number): number[] {
    const bits: number[] = [];
    const put = (value: number, n: number) => {
        for (let bit = n - 1; bit >= 0; bit--) bits.push((value >> bit) & 1);
    };
    put(4, 4);
    put(bytes.length, version < 10 ? 8 : 16);
    for (const byte of bytes) put(byte, 8);
    const size = sum(BLOCKS[version - 1]!.data);
    put(0, Math.min(4, size * 8 - bits.length));
    while (bits.length % 8) bits.push(0);
    const data: number[] = [];
    for (let n = 0; n < bits.length; n += 8) data.push(bits.slice(n, n + 8).reduce((all, bit) => all * 2 + bit, 0));
    for (let n = 0; data.length < size; n++) data.push(n % 2 ? 0x11 : 0xec);
    return data;
}

function interleaved(data: readonly number[], version: number): number[] {
    const { correction, data: sizes } = BLOCKS[version - 1]!;
    let from = 0;
    const blocks = sizes.map((size) => data.slice(from, (from += size)));
    const corrections = blocks.map((block) => correctionOf(block, correction));
    const all: number[] = [];
    for (let n = 0; n < Math.max(...sizes); n++) for (const block of blocks) if (n < block.length) all.push(block[n]!);
    for (let n = 0; n < correction; n++) for (const block of corrections) all.push(block[n]!);
    return all;
}

/* --- the picture --- */

class Picture {
    readonly size: number;
    readonly dark: boolean[][];
    /** Not data: finders, alignment, timing, format, version. */
    private readonly fixed: boolean[][];

    constructor(private readonly version: number) {
        this.size = 17 + 4 * version;
        const empty = () => Array.from({ length: this.size }, () => new Array<boolean>(this.size).fill(false));
        this.dark = empty();
        this.fixed = empty();
        this.functions();
    }

    private set(x: number, y: number, dark: boolean): void {
        if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
        this.dark[y]![x] = dark;
        this.fixed[y]![x] = true;
    }

    /** Squares within each other. */
    private rings(x: number, y: number, radius: number, light: readonly number[]): void {
        for (let dy = -radius; dy <= radius; dy++)
            for (let dx = -radius; dx <= radius; dx++)
                this.set(x + dx, y + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
    }

    private functions(): void {
        const last = this.size - 7;
        for (let n = 0; n < this.size; n++) {
            this.set(6, n, n % 2 === 0);
            this.set(n, 6, n % 2 === 0);
        }
        for (const [x, y] of [
            [3, 3],
            [this.size - 4, 3],
            [3, this.size - 4],
        ] as const)
            this.rings(x, y, 4, [2, 4]);
        const places = ALIGNMENT[this.version - 1]!;
        for (const x of places)
            for (const y of places)
                if (!((x === 6 && (y === 6 || y === last)) || (x === last && y === 6))) this.rings(x, y, 2, [1]);
        this.format(0);
        this.versionBits();
    }

    /** Level M is 00, then the mask; ten bits of correction. */
    private format(mask: number): void {
        let rest = mask;
        for (let n = 0; n < 10; n++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
        const bits = ((mask << 10) | rest) ^ 0x5412;
        const bit = (n: number) => ((bits >> n) & 1) === 1;
        for (let n = 0; n < 15; n++) {
            if (n < 6) this.set(8, n, bit(n));
            else if (n < 8) this.set(8, n + 1, bit(n));
            else if (n === 8) this.set(7, 8, bit(n));
            else this.set(14 - n, 8, bit(n));
            if (n < 8) this.set(this.size - 1 - n, 8, bit(n));
            else this.set(8, this.size - 15 + n, bit(n));
        }
        this.set(8, this.size - 8, true);
    }

    private versionBits(): void {
        if (this.version < 7) return;
        let rest = this.version;
        for (let n = 0; n < 12; n++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
        const bits = (this.version << 12) | rest;
        for (let n = 0; n < 18; n++) {
            const [a, b] = [this.size - 11 + (n % 3), Math.floor(n / 3)];
            this.set(a, b, ((bits >> n) & 1) === 1);
            this.set(b, a, ((bits >> n) & 1) === 1);
        }
    }

    place(codewords: readonly number[]): void {
        let n = 0;
        for (let right = this.size - 1; right >= 1; right -= 2) {
            if (right === 6) right = 5;
            for (let step = 0; step < this.size; step++)
                for (const x of [right, right - 1]) {
                    const y = ((right + 1) & 2) === 0 ? this.size - 1 - step : step;
                    if (this.fixed[y]![x] || n >= codewords.length * 8) continue;
                    this.dark[y]![x] = ((codewords[n >> 3]! >> (7 - (n & 7))) & 1) === 1;
                    n++;
                }
        }
    }

    /** Twice the same is none. */
    mask(mask: number): void {
        const rules: readonly ((x: number, y: number) => number)[] = [
            (x, y) => (x + y) % 2,
            (_, y) => y % 2,
            (x) => x % 3,
            (x, y) => (x + y) % 3,
            (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
            (x, y) => ((x * y) % 2) + ((x * y) % 3),
            (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
            (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
        ];
        const rule = rules[mask]!;
        for (let y = 0; y < this.size; y++)
            for (let x = 0; x < this.size; x++)
                if (!this.fixed[y]![x] && rule(x, y) === 0) this.dark[y]![x] = !this.dark[y]![x];
        this.format(mask);
    }

    /** What disturbs scanners: runs, blocks, likenesses of a finder, too much of one colour. */
    penalty(): number {
        const columns = this.dark.map((_, x) => this.dark.map((row) => row[x]!));
        let points = 0;
        for (const line of [...this.dark, ...columns]) {
            const text = line.map((dark) => (dark ? "1" : "0")).join("");
            for (const run of text.match(/0{5,}|1{5,}/g) ?? []) points += run.length - 2;
            points += 40 * (text.match(/(?=00001011101|10111010000)/g)?.length ?? 0);
        }
        let dark = 0;
        for (let y = 0; y < this.size; y++)
            for (let x = 0; x < this.size; x++) {
                const one = this.dark[y]![x];
                if (one) dark++;
                if (y && x && one === this.dark[y - 1]![x] && one === this.dark[y]![x - 1])
                    if (one === this.dark[y - 1]![x - 1]) points += 3;
            }
        return points + 10 * Math.floor(Math.abs((20 * dark) / this.size ** 2 - 10));
    }
}

/** Rows of the picture; null: the text is too long. */
export function qrOf(text: string): readonly (readonly boolean[])[] | null {
    const bytes = new TextEncoder().encode(text);
    const version = BLOCKS.findIndex((_, n) => bytes.length <= capacity(n + 1)) + 1;
    if (version === 0) return null;
    const picture = new Picture(version);
    picture.place(interleaved(dataOf(bytes, version), version));
    let best = { mask: 0, points: Infinity };
    for (let mask = 0; mask < 8; mask++) {
        picture.mask(mask);
        const points = picture.penalty();
        if (points < best.points) best = { mask, points };
        picture.mask(mask);
    }
    picture.mask(best.mask);
    return picture.dark;
}
