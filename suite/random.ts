// Looked up once: a bootstrap draws a million numbers.
const { floor, imul } = Math;

/**
 * A small seeded generator (mulberry32) of numbers in [0, 1): the same seed draws the same picture
 * on every machine.
 */
export function seededRandom(seed: number): () => number {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
}

/** A copy in an order that the generator chooses (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
    const copy = [...items];
    for (let last = copy.length - 1; last > 0; last--) {
        const other = drawBelow(last + 1, random);
        [copy[last], copy[other]] = [copy[other] as T, copy[last] as T];
    }
    return copy;
}

/** A whole number from 0 to below a limit. */
export function drawBelow(limit: number, random: () => number): number {
    return floor(random() * limit);
}
