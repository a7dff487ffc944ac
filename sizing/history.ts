import { quantile } from "simple-statistics";

/** One run as it turned out to be; a line of the history file. */
export interface RunRecord {
    readonly runId: string;
    /** ISO 8601, UTC. */
    readonly endedAt: string;
    readonly tier: string;
    readonly modelId: string;
    readonly precision: string;
    readonly instanceType: string;
    readonly market: string;
    readonly tensorParallel: number;
    readonly verdict: string;
    /** True where an own suite ran, whose minutes say nothing about this package's. */
    readonly ownSuite?: boolean;
    /** True where something answered in place of AWS: such runs say nothing about real ones. */
    readonly emulated: boolean;
    /** Null where a run ended before it got so far. */
    readonly startUpMinutes: number | null;
    readonly suiteMinutes: number | null;
    readonly estimatedMinutes: number;
    readonly estimatedUsd: number;
    readonly actualUsd: number | null;
}

/** Which earlier runs say something about a run. */
export type RunKind = Pick<
    RunRecord,
    "modelId" | "precision" | "instanceType" | "tensorParallel" | "tier" | "emulated"
>;

export interface HistoricMinutes {
    readonly startUp: number;
    readonly suite: number;
    readonly total: number;
    /** How many runs they come from. */
    readonly runs: number;
}

/** Fewer runs than these say less than the estimate does. */
const RUNS_MIN = 3;
/** Older runs were those of another server, suite or driver. */
const RUNS_MAX = 20;
const PERCENTILE = 0.95;

/**
 * Minutes that a run of this kind took in 19 of 20 earlier cases: the 95th percentile of the last 20
 * runs of the same tier, model, precision and machine whose suite came to its end. The total is the
 * percentile of the runs' own totals, so at most the sum of the other two.
 *
 * @param records oldest first, as they stand in the file.
 * @returns undefined where fewer than three such runs are known.
 * @example minutesFromHistory(readHistory(file), { tier: "commit", ...kind })?.total // 14.2
 */
export function minutesFromHistory(
    records: readonly RunRecord[],
    kind: RunKind,
): HistoricMinutes | undefined {
    const keys = Object.keys(kind) as (keyof RunKind)[];
    const runs = records
        .filter((record) => keys.every((key) => record[key] === kind[key]))
        .filter(({ ownSuite }) => ownSuite !== true)
        .filter(({ verdict }) => verdict === "passed" || verdict === "failed")
        .flatMap(({ startUpMinutes, suiteMinutes }) =>
            startUpMinutes === null || suiteMinutes === null
                ? []
                : [{ startUp: startUpMinutes, suite: suiteMinutes }],
        )
        .slice(-RUNS_MAX);
    if (runs.length < RUNS_MIN) {
        return undefined;
    }
    const usual = (minutes: number[]) => Math.round(quantile(minutes, PERCENTILE) * 10) / 10;
    return {
        startUp: usual(runs.map(({ startUp }) => startUp)),
        suite: usual(runs.map(({ suite }) => suite)),
        total: usual(runs.map(({ startUp, suite }) => startUp + suite)),
        runs: runs.length,
    };
}
