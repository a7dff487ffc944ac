import { quantileInterval } from "../statistics/quantileInterval";
import { Distribution, Spread } from "./numbers";

/** Median, 95th percentile and maximum, by linear interpolation between closest ranks. */
export function spreadOf(samples: readonly number[]): Spread {
    return {
        median: percentile(samples, 0.5),
        p95: percentile(samples, 0.95),
        max: percentile(samples, 1),
    };
}

/** A percentile (0 to 1) of at least one sample, interpolated (Hyndman and Fan, type 7). */
export function percentile(samples: readonly number[], share: number): number {
    return sortedPercentile(ascending(samples), share);
}

/**
 * Mean and percentiles of samples; undefined where there is none.
 *
 * @param isIndependent false where several samples come from one answer: intervals by order
 * statistics would then be too narrow, and are left out.
 */
export function distributionOf(
    samples: readonly number[],
    isIndependent = true,
): Distribution | undefined {
    if (samples.length === 0) {
        return undefined;
    }
    const sorted = ascending(samples);
    const at = (share: number): Distribution["p50"] => {
        const interval = isIndependent ? quantileInterval(sorted, share) : undefined;
        return { value: sortedPercentile(sorted, share), ...(interval && { interval }) };
    };
    const sum = sorted.reduce((all, each) => all + each, 0);
    return {
        count: sorted.length,
        mean: sum / sorted.length,
        p50: at(0.5),
        p90: at(0.9),
        p95: at(0.95),
        p99: at(0.99),
    };
}

/** `points` values from the least sample to the greatest, evenly spaced by rank. */
export function quantiles(samples: readonly number[], points: number): number[] {
    const sorted = ascending(samples);
    return Array.from({ length: points }, (_, index) =>
        rounded(sortedPercentile(sorted, index / (points - 1))),
    );
}

/** To a tenth of a microsecond: a result's file needs no more. */
export function rounded(seconds: number): number {
    return Math.round(seconds * 1e7) / 1e7;
}

function ascending(samples: readonly number[]): number[] {
    return [...samples].sort((a, b) => a - b);
}

function sortedPercentile(sorted: readonly number[], share: number): number {
    const position = (sorted.length - 1) * share;
    const below = sorted[Math.floor(position)];
    const above = sorted[Math.ceil(position)];
    if (below === undefined || above === undefined) {
        throw new RangeError("a percentile needs at least one sample");
    }
    return below + (above - below) * (position - Math.floor(position));
}
