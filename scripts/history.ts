import { median } from "simple-statistics";

import { columns } from "../common/columns";
import type { RunRecord } from "../sizing/history";
import type { PreparedRun } from "./prepare";
import type { Receipt } from "./receipt";

/** What is remembered of a run, whatever became of it. */
export function runRecord(prepared: PreparedRun, receipt: Receipt): RunRecord {
    const { minutes, priceUsd } = receipt;
    const last = receipt.attempts[receipt.attempts.length - 1];
    const candidate = prepared.plan.candidates.find(
        ({ instanceType }) => instanceType === last.instanceType,
    );
    return {
        runId: receipt.runId,
        endedAt: receipt.writtenAt,
        tier: receipt.tier,
        modelId: prepared.plan.model.id,
        precision: prepared.plan.precision,
        instanceType: last.instanceType,
        market: last.market,
        tensorParallel: (candidate ?? prepared.plan.candidates[0]).tensorParallel,
        verdict: receipt.verdict,
        ...(prepared.settings.suiteCommand && { ownSuite: true }),
        emulated: receipt.awsEndpoint !== null,
        startUpMinutes: minutes.startUp.actual,
        suiteMinutes: minutes.suite.actual,
        estimatedMinutes: minutes.total.estimated ?? 0,
        estimatedUsd: priceUsd.estimated ?? 0,
        actualUsd: priceUsd.actual,
    };
}

const HEADINGS = [
    ...["date", "run", "tier", "type", "market", "verdict"],
    ...["minutes est.", "actual", "USD est.", "actual"],
];
const NUMBERS_FROM = 6;

/**
 * The runs as a table for a terminal, oldest first, and below it how the estimates did: the median
 * of actual / estimated. Emulated runs are marked and not counted there, unless there are no others.
 */
export function historyTable(records: readonly RunRecord[]): string {
    if (records.length === 0) {
        return "No run is remembered yet.";
    }
    const rows = records.map((run) => [
        run.endedAt.slice(0, 16).replace("T", " "),
        run.runId + (run.emulated ? " (emulated)" : ""),
        ...[run.tier, run.instanceType, run.market, run.verdict],
        ...[run.estimatedMinutes.toFixed(1), totalMinutes(run)?.toFixed(1) ?? "-"],
        ...[run.estimatedUsd.toFixed(2), run.actualUsd?.toFixed(2) ?? "-"],
    ]);
    const real = records.filter(({ emulated }) => !emulated);
    return [
        ...columns([HEADINGS, ...rows], NUMBERS_FROM),
        "",
        ratioLine(real.length > 0 ? real : records),
    ].join("\n");
}

/** Launch to the suite's end; undefined where the run did not get so far. */
function totalMinutes({ startUpMinutes, suiteMinutes }: RunRecord): number | undefined {
    return startUpMinutes === null || suiteMinutes === null
        ? undefined
        : startUpMinutes + suiteMinutes;
}

function ratioLine(records: readonly RunRecord[]): string {
    const ratios = (actual: (run: RunRecord) => number | null | undefined, key: EstimateKey) =>
        records.flatMap((run) => {
            const found = actual(run);
            return found === null || found === undefined || run[key] === 0
                ? []
                : [found / run[key]];
        });
    const text = (values: number[]) =>
        values.length === 0 ? "unknown" : `${median(values).toFixed(2)} (${values.length} runs)`;
    const kind = records.some(({ emulated }) => emulated) ? ", emulated runs" : "";
    return (
        `Actual / estimated, median${kind}: minutes ${text(ratios(totalMinutes, "estimatedMinutes"))}, ` +
        `price ${text(ratios(({ actualUsd }) => actualUsd, "estimatedUsd"))}`
    );
}

type EstimateKey = "estimatedMinutes" | "estimatedUsd";
