import { LatencyNumbers } from "../results";
import { holm } from "../statistics/holm";
import { Ratio, ratioOfMeans } from "../statistics/ratioOfMeans";
import { Change, LEVEL, SpeedTest } from "./comparison";

const METRICS = ["timeToFirstTokenSeconds", "endToEndSeconds"] as const;

/**
 * Tests whether latencies have changed by more than a tolerance, by the ratio of geometric means of single
 * requests. One test a case and metric, corrected by Holm together.
 *
 * Requests of one run share its machine and its hour, so that the interval is that of these two runs:
 * the tolerance has to cover what differs from run to run. Throughput is one number a run and has no interval.
 *
 * @param tolerance 0.1: up to 10 % slower, or faster by the same factor, is no change.
 */
export function compareSpeed(
    before: readonly LatencyNumbers[],
    now: readonly LatencyNumbers[],
    tolerance: number,
): SpeedTest[] {
    const limit = 1 + tolerance;
    const tests = now.flatMap(({ caseId, samples }) => {
        const other = before.find((each) => each.caseId === caseId)?.samples;
        return METRICS.flatMap((metric) => {
            const ratio = ratioOf(other?.[metric], samples?.[metric]);
            if (ratio === undefined) {
                return [];
            }
            const [slower, faster] = [ratio.pAtMost(limit), ratio.pAtLeast(1 / limit)];
            // Looked for on both sides.
            const pValue = Math.min(1, 2 * Math.min(slower, faster));
            return [{ caseId, metric, ratio, pValue, isSlower: slower < faster }];
        });
    });
    const corrected = holm(tests.map(({ pValue }) => pValue));
    return tests.map(({ caseId, metric, ratio, pValue, isSlower }, index) => {
        const correctedPValue = corrected[index] as number;
        const change: Change = isSlower ? "regression" : "improvement";
        return {
            caseId,
            metric,
            ratio: ratio.ratio,
            interval: ratio.interval,
            pValue,
            correctedPValue,
            outcome: correctedPValue <= LEVEL ? change : "no-evidence",
        };
    });
}

function ratioOf(before: readonly number[] = [], now: readonly number[] = []): Ratio | undefined {
    const isComparable = (samples: readonly number[]): boolean =>
        samples.length >= 2 && samples.every((each) => each > 0);
    return isComparable(before) && isComparable(now) ? ratioOfMeans(before, now) : undefined;
}
