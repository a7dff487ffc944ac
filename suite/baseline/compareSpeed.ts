import { LatencyNumbers, LevelNumbers, Samples } from "../performance/numbers";
import { SuiteResults } from "../results";
import { holm } from "../statistics/holm";
import { logRate } from "../statistics/rate";
import { Ratio, ratioOfLogs, ratioOfMeans } from "../statistics/ratioOfMeans";
import { Change, LEVEL, SpeedTest } from "./comparison";

/** What a run measured; results of old have no `load`. */
export type Measured = SuiteResults["performance"];

type Metric = SpeedTest["metric"];
const TIMES = ["timeToFirstTokenSeconds", "timePerOutputTokenSeconds", "endToEndSeconds"] as const;

/** What can be compared of a case, or of one level of a load. */
interface Series {
    readonly caseId: string;
    readonly concurrency?: number;
    readonly samples: Samples;
    /** Of several at a time: their rate is more than one answer's speed. */
    readonly hasRate: boolean;
}

/**
 * Tests whether the speed has changed by more than a tolerance: of single requests the time to first
 * token, for each output token and end to end, by the ratio of geometric means; of requests side by side the
 * time for each output token and the rate of output tokens. All tests together are corrected by Holm.
 *
 * Requests of one run share its machine and its hour, so that the interval is that of these two runs:
 * the tolerance has to cover what differs from run to run.
 *
 * @param tolerance 0.1: up to 10 % slower, or faster by the same factor, is no change.
 */
export function compareSpeed(before: Measured, now: Measured, tolerance: number): SpeedTest[] {
    const limit = 1 + tolerance;
    const earlier = seriesOf(before);
    const tests = seriesOf(now).flatMap((series) => {
        const { caseId, concurrency } = series;
        const other = earlier.find(
            (each) => each.caseId === caseId && each.concurrency === concurrency,
        );
        return (other ? ratiosOf(other, series) : []).map(({ metric, ratio }) => {
            const [slower, faster] = [ratio.pAtMost(limit), ratio.pAtLeast(1 / limit)];
            // Looked for on both sides.
            const pValue = Math.min(1, 2 * Math.min(slower, faster));
            return { caseId, concurrency, metric, ratio, pValue, isSlower: slower < faster };
        });
    });
    const corrected = holm(tests.map(({ pValue }) => pValue));
    return tests.map(({ caseId, concurrency, metric, ratio, pValue, isSlower }, index) => {
        const correctedPValue = corrected[index] as number;
        const change: Change = isSlower ? "regression" : "improvement";
        return {
            caseId,
            ...(concurrency !== undefined && { concurrency }),
            metric,
            ratio: ratio.ratio,
            interval: ratio.interval,
            pValue,
            correctedPValue,
            outcome: correctedPValue <= LEVEL ? change : "no-evidence",
        };
    });
}

function seriesOf({ latency, throughput, load = [] }: Measured): Series[] {
    const single = latency.flatMap(({ caseId, samples }: LatencyNumbers) =>
        samples ? { caseId, samples, hasRate: false } : [],
    );
    const level = (caseId: string, { samples, concurrency }: LevelNumbers): Series[] =>
        samples ? [{ caseId, concurrency, samples, hasRate: true }] : [];
    return [
        ...single,
        ...throughput.flatMap((each) => level(each.caseId, each)),
        ...load.flatMap(({ caseId, levels }) => levels.flatMap((each) => level(caseId, each))),
    ];
}

function ratiosOf(before: Series, now: Series): { metric: Metric; ratio: Ratio }[] {
    // A queue at the server makes the other times of requests side by side depend on each other.
    const metrics = now.hasRate ? (["timePerOutputTokenSeconds"] as const) : TIMES;
    const times = metrics.flatMap((metric) => {
        const ratio = ratioOfTimes(before.samples[metric], now.samples[metric]);
        return ratio ? [{ metric, ratio }] : [];
    });
    const rate = now.hasRate ? ratioOfRates(before.samples, now.samples) : undefined;
    return rate ? [...times, { metric: "secondsPerOutputToken", ratio: rate }] : times;
}

function ratioOfTimes(
    before: readonly number[] = [],
    now: readonly number[] = [],
): Ratio | undefined {
    const isComparable = (samples: readonly number[]): boolean =>
        samples.length >= 2 && samples.every((each) => each > 0);
    return isComparable(before) && isComparable(now) ? ratioOfMeans(before, now) : undefined;
}

/** Turned over, so that above 1 is slower as it is for times: seconds of the answers over their tokens. */
function ratioOfRates(before: Samples, now: Samples): Ratio | undefined {
    const [a, b] = [before, now].map(
        ({ endToEndSeconds: seconds, completionTokens: tokens = [] }) =>
            tokens.length === seconds.length &&
            seconds.length >= 2 &&
            tokens.some((each) => each > 0)
                ? logRate(seconds, tokens)
                : undefined,
    );
    return a && b ? ratioOfLogs(a, b) : undefined;
}
