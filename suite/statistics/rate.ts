import { mean, sampleVariance, sum } from "simple-statistics";
import { studentt } from "jstat";
import { CONFIDENCE, Interval } from "./interval";

/** The logarithm of a rate, its squared standard error, and how many samples it is of. */
export interface LogRate {
    readonly log: number;
    readonly variance: number;
    readonly samples: number;
}

/**
 * A rate as the ratio of two sums, such as tokens over seconds: with residuals eᵢ = yᵢ/ȳ - xᵢ/x̄,
 * the variance of ln(Σy/Σx) is s²ₑ/n.
 *
 * Source: Cochran 1977, "Sampling Techniques", section 6.3 (ratio estimate by linearisation).
 *
 * @throws RangeError with fewer than two samples, or where a sum is not above 0.
 * @example Math.exp(logRate([10, 30], [1, 3]).log) // 10
 */
export function logRate(y: readonly number[], x: readonly number[]): LogRate {
    const [ySum, xSum] = [sum([...y]), sum([...x])];
    if (y.length < 2 || y.length !== x.length || !(ySum > 0 && xSum > 0)) {
        throw new RangeError("a rate needs two samples, and sums above 0");
    }
    const [yMean, xMean] = [mean([...y]), mean([...x])];
    const residuals = y.map((each, index) => each / yMean - x[index]! / xMean);
    return {
        log: Math.log(ySum / xSum),
        variance: sampleVariance(residuals) / y.length,
        samples: y.length,
    };
}

/** By which factors the true rate may be off: exp(± t(1-α/2; n-1) √variance). */
export function rateFactors({ variance, samples }: LogRate, confidence = CONFIDENCE): Interval {
    const reach = studentt.inv(1 - (1 - confidence) / 2, samples - 1) * Math.sqrt(variance);
    return { low: Math.exp(-reach), high: Math.exp(reach) };
}
