import { quantileSorted } from "simple-statistics";
import { drawBelow, seededRandom } from "../random";
import { CONFIDENCE, Interval } from "./interval";

/** What a case did in two runs, as its share of repeats that passed. */
export interface PairedRates {
    /** Cases that share a picture or a dialogue rise and fall together: they are one cluster. */
    readonly cluster: string;
    readonly before: number;
    readonly now: number;
}

/**
 * The mean difference now - before over all cases, with a percentile interval from drawing whole clusters
 * with replacement. Pairs stay together, and so do cases that share a picture, so that ten
 * questions about one picture do not count as ten independent findings.
 *
 * Source: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3 (percentile
 * interval); Field and Welsh 2007 (cluster bootstrap), https://doi.org/10.1111/j.1467-9868.2007.00593.x.
 *
 * @param seed The same seed draws the same clusters.
 * @throws RangeError without a pair.
 */
export function clusterBootstrap(
    pairs: readonly PairedRates[],
    { seed = 1, draws = 2000, confidence = CONFIDENCE } = {},
): { difference: number; interval: Interval; clusters: number } {
    if (pairs.length === 0) {
        throw new RangeError("a bootstrap needs at least one pair");
    }
    const clusters = new Map<string, { sum: number; count: number }>();
    for (const { cluster, before, now } of pairs) {
        const { sum, count } = clusters.get(cluster) ?? { sum: 0, count: 0 };
        clusters.set(cluster, { sum: sum + now - before, count: count + 1 });
    }
    const each = [...clusters.values()];
    const random = seededRandom(seed);
    const means = Array.from({ length: draws }, () => {
        let [sum, count] = [0, 0];
        for (let drawn = 0; drawn < each.length; drawn++) {
            const cluster = each[drawBelow(each.length, random)]!;
            sum += cluster.sum;
            count += cluster.count;
        }
        return sum / count;
    }).sort((a, b) => a - b);
    const tail = (1 - confidence) / 2;
    const total = each.reduce((all, { sum }) => all + sum, 0);
    return {
        difference: total / pairs.length,
        interval: {
            low: quantileSorted(means, tail),
            high: quantileSorted(means, 1 - tail),
        },
        clusters: each.length,
    };
}
