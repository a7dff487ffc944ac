import { normal } from "jstat";

/**
 * How many pairs a McNemar test needs to see a difference.
 *
 * n = (z₁₋α/₂ √ψ + z_power √(ψ - δ²))² / δ², ψ the share of pairs in which only one passes, δ the
 * difference of the two pass rates. Not rounded up.
 * Source: Connor 1987, https://doi.org/10.2307/2531961.
 *
 * @param alpha Two-sided.
 */
export function pairsNeeded(
    difference: number,
    discordantShare: number,
    { alpha = 0.05, power = 0.8 } = {},
): number {
    const level = normal.inv(1 - alpha / 2, 0, 1) * Math.sqrt(discordantShare);
    const chance = normal.inv(power, 0, 1) * Math.sqrt(discordantShare - difference ** 2);
    return (level + chance) ** 2 / difference ** 2;
}

/**
 * The minimum detectable effect: the smallest loss of pass rate (0 to 1) that so many pairs show with
 * this power. The loss itself makes pairs discordant, so their share is at least as large as it.
 *
 * @param discordantShare The share of pairs that differ without any loss, such as it was seen.
 * @returns undefined where not even the loss of everything would be seen.
 * @example minimumDetectableEffect(30, 0) // 0.24: between seven and eight of 30 cases
 */
export function minimumDetectableEffect(
    pairs: number,
    discordantShare: number,
    options: { readonly alpha?: number; readonly power?: number } = {},
): number | undefined {
    const isSeen = (difference: number): boolean =>
        pairsNeeded(difference, Math.max(discordantShare, difference), options) <= pairs;
    if (pairs < 1 || !isSeen(1)) {
        return undefined;
    }
    let [unseen, seen] = [0, 1];
    while (seen - unseen > 1e-6) {
        const middle = (unseen + seen) / 2;
        [unseen, seen] = isSeen(middle) ? [unseen, middle] : [middle, seen];
    }
    return seen;
}
