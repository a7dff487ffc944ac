import { mean, sampleVariance } from "simple-statistics";
import { studentt } from "jstat";
import { CONFIDENCE, Interval } from "./interval";

/** Two sets of positive samples compared as now / before. */
export interface Ratio {
    /** Of the geometric means. */
    readonly ratio: number;
    readonly interval: Interval;
    /** One-sided, of the ratio being at most (slower) or at least (faster) a limit. */
    readonly pAtMost: (limit: number) => number;
    readonly pAtLeast: (limit: number) => number;
}

/**
 * The ratio of two geometric means with its interval. Latencies are skewed and compared by factors, so
 * it is Welch's interval of the difference of their logarithms, taken back by exp.
 *
 * d ± t(1-α/2; ν) √(s²ₐ/nₐ + s²ᵦ/nᵦ), ν by Welch and Satterthwaite.
 * Sources: Bland and Altman 1996, https://doi.org/10.1136/bmj.312.7039.1153 (intervals of logarithms);
 * Welch 1947, https://doi.org/10.1093/biomet/34.1-2.28.
 *
 * @throws RangeError with fewer than two samples on a side, or one that is not above 0.
 * @example ratioOfMeans([1, 1.1, 0.9], [2, 2.2, 1.8]).ratio // 2
 */
export function ratioOfMeans(
    before: readonly number[],
    now: readonly number[],
    confidence = CONFIDENCE,
): Ratio {
    if (Math.min(before.length, now.length) < 2 || ![...before, ...now].every((each) => each > 0)) {
        throw new RangeError("a ratio needs two samples above 0 on each side");
    }
    const [a, b] = [before, now].map((samples) => {
        const logs = samples.map(Math.log);
        const variance = sampleVariance(logs) / logs.length;
        return { log: mean(logs), variance, samples: logs.length };
    }) as [LogMean, LogMean];
    return ratioOfLogs(a, b, confidence);
}

/**
 * The same of two logarithms whose variances are known already, such as those of two rates.
 *
 * @example ratioOfLogs(logRate(tokensBefore, secondsBefore), logRate(tokens, seconds)).ratio
 */
export function ratioOfLogs(a: LogMean, b: LogMean, confidence = CONFIDENCE): Ratio {
    const difference = b.log - a.log;
    const both = a.variance + b.variance;
    // Samples that are all alike have no spread; a hair of it keeps the test defined.
    const error = Math.max(both, 1e-18);
    const [moreA, moreB] = [a.samples - 1, b.samples - 1];
    const freedom =
        both > 0 ? both ** 2 / (a.variance ** 2 / moreA + b.variance ** 2 / moreB) : moreA + moreB;
    const reach = studentt.inv(1 - (1 - confidence) / 2, freedom) * Math.sqrt(error);
    const below = (limit: number): number =>
        studentt.cdf((difference - Math.log(limit)) / Math.sqrt(error), freedom);
    return {
        ratio: Math.exp(difference),
        interval: { low: Math.exp(difference - reach), high: Math.exp(difference + reach) },
        pAtMost: (limit) => 1 - below(limit),
        pAtLeast: below,
    };
}

interface LogMean {
    readonly log: number;
    /** Of the estimate, not of a single sample. */
    readonly variance: number;
    readonly samples: number;
}
