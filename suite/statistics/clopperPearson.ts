import { beta } from "jstat";
import { CONFIDENCE, Interval } from "./interval";

/**
 * The exact interval of a rate, from `passed` of `total` independent tries. It covers the true rate at
 * least as often as its confidence says, however few tries there are.
 *
 * low = Beta⁻¹(α/2; x, n-x+1), high = Beta⁻¹(1-α/2; x+1, n-x).
 * Source: Clopper and Pearson 1934, https://doi.org/10.1093/biomet/26.4.404; with the beta
 * distribution in Brown, Cai and DasGupta 2001, https://doi.org/10.1214/ss/1009213286.
 *
 * @throws RangeError unless 0 ≤ passed ≤ total and total ≥ 1, both whole.
 * @example clopperPearson(9, 24) // { low: 0.188, high: 0.594 }
 */
export function clopperPearson(passed: number, total: number, confidence = CONFIDENCE): Interval {
    if (
        !Number.isInteger(passed) ||
        !Number.isInteger(total) ||
        passed < 0 ||
        passed > total ||
        total < 1
    ) {
        throw new RangeError(`no rate: ${passed} of ${total}`);
    }
    const tail = (1 - confidence) / 2;
    return {
        low: passed === 0 ? 0 : beta.inv(tail, passed, total - passed + 1),
        high: passed === total ? 1 : beta.inv(1 - tail, passed + 1, total - passed),
    };
}
