import { binomial } from "jstat";
import { CONFIDENCE, Interval } from "./interval";

/** Ranks (from 1) of two of n sorted samples. */
export interface Ranks {
    readonly low: number;
    readonly high: number;
}

/**
 * Between which ranks of n independent samples a quantile lies, whatever their distribution:
 * P(X₍ₗ₎ ≤ q ≤ X₍ᵤ₎) ≥ P(l ≤ B ≤ u - 1) with B ~ Binomial(n, share). Each tail has at most half of
 * what the confidence leaves.
 *
 * Source: David and Nagaraja 2003, "Order Statistics", section 7.1; Hahn and Meeker 1991,
 * "Statistical Intervals", section 5.2.
 *
 * @returns undefined where n is too small: the 99th percentile needs 368 samples, a median six.
 * @throws RangeError unless 0 < share < 1 and n is a whole number.
 * @example quantileRanks(10, 0.5) // { low: 2, high: 9 }
 */
export function quantileRanks(
    n: number,
    share: number,
    confidence = CONFIDENCE,
): Ranks | undefined {
    if (!(share > 0 && share < 1) || !Number.isInteger(n) || n < 0) {
        throw new RangeError(`no quantile: ${share} of ${n} samples`);
    }
    const tail = (1 - confidence) / 2;
    const low = firstRank(n, (rank) => binomial.cdf(rank, n, share) > tail);
    const high = firstRank(n, (rank) => binomial.cdf(rank, n, share) >= 1 - tail) + 1;
    return low < 1 || high > n ? undefined : { low, high };
}

/** The interval of a quantile by the order statistics of sorted samples. */
export function quantileInterval(
    sorted: readonly number[],
    share: number,
    confidence = CONFIDENCE,
): Interval | undefined {
    const ranks = quantileRanks(sorted.length, share, confidence);
    return ranks && { low: sorted[ranks.low - 1]!, high: sorted[ranks.high - 1]! };
}

/** The smallest number of 0 to n for which `isEnough` holds; it holds for all larger ones. */
function firstRank(n: number, isEnough: (rank: number) => boolean): number {
    let [low, high] = [0, n];
    while (low < high) {
        const middle = Math.floor((low + high) / 2);
        [low, high] = isEnough(middle) ? [low, middle] : [middle + 1, high];
    }
    return low;
}
