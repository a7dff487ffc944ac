import { markdownTable } from "../../scripts/markdownTable";
import { isClean } from "./rows";
import type { RowSummary } from "./summary";

const percent = (share: number, digits = 0): string => `${(share * 100).toFixed(digits)}`;

/** Each fault and how often it is found. */
export function faultTable(summaries: readonly RowSummary[]): string {
    return tableOf(
        "what is wrong",
        "found",
        summaries.filter(({ row }) => !isClean(row)),
    );
}

/** Clean runs and how often they alarm. */
export function alarmTable(summaries: readonly RowSummary[]): string {
    return tableOf(
        "what is wrong",
        "alarms",
        summaries.filter(({ row }) => isClean(row)),
    );
}

function tableOf(what: string, counted: string, summaries: readonly RowSummary[]): string {
    const columns = ["runs", counted, "%", "95 % interval", "pairs", "lost", "won"];
    return markdownTable(
        [what, ...columns.map((right) => ({ right }))],
        summaries.map(({ row, runs, found, rate, interval, pairs, medianLost, medianWon }) => [
            row.what,
            String(runs),
            String(found),
            percent(rate),
            `${percent(interval.low, 1)} to ${percent(interval.high, 1)}`,
            // Speed has no pairs of answers.
            ...(row.cases === "speed" || row.isWithoutBaseline
                ? ["", "", ""]
                : [pairs, medianLost, medianWon].map(String)),
        ]),
    );
}
