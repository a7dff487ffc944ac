import { ReportSection } from "../report/section";
import {
    Comparison,
    Estimate,
    QualityTest,
    sayMetric,
    SpeedTest,
    TokenComparison,
} from "./comparison";

const WORDS = {
    regression: "regression",
    "no-evidence": "no evidence of a change",
    improvement: "improvement",
} as const;

/** The comparison's tests as a table of the report. */
export function comparisonSection(comparison: Comparison): ReportSection {
    const { baseline, leftOut, speedLeftOut, level, slowdownTolerance } = comparison;
    const percent = (share: number): string => `${Math.round(share * 100)} %`;
    const rows: [string, string][] = [
        [
            "Baseline",
            `${baseline.model}${baseline.server ? `, server ${baseline.server}` : ""}, ${baseline.startedAt.slice(0, 10)}`,
        ],
        ...comparison.quality.map((test): [string, string] => [test.of, sayQuality(test)]),
        ...comparison.speed.map((test): [string, string] => [
            `${test.caseId}, ${sayMetric(test.metric)}${test.concurrency === undefined ? "" : `, ${test.concurrency} at a time`}`,
            saySpeed(test),
        ]),
        ...(comparison.tokens ? sayTokens(comparison.tokens) : []),
        ...(comparison.lost.length > 0
            ? [["Lost", comparison.lost.join(", ")] as [string, string]]
            : []),
        ...(comparison.won.length > 0
            ? [["Won", comparison.won.join(", ")] as [string, string]]
            : []),
        ...(leftOut.length > 0 ? [["Left out", sayLeftOut(leftOut)] as [string, string]] : []),
        ...(comparison.tokensLeftOut
            ? [["Tokens not compared", comparison.tokensLeftOut] as [string, string]]
            : []),
        ...(speedLeftOut ? [["Speed not compared", speedLeftOut] as [string, string]] : []),
    ];
    const effect = comparison.minimumDetectableEffect;
    return {
        title: `Compared with ${baseline.name}`,
        rows,
        note:
            `Exact McNemar tests with Holm's correction at ${percent(level)}, intervals of 95 %; speed within ${percent(slowdownTolerance)} is no change.` +
            (effect === undefined
                ? ""
                : ` A loss of ${percent(effect)} would have been seen with 80 % power.`),
    };
}

function sayQuality({
    pairs,
    lost,
    won,
    pValue,
    correctedPValue,
    difference,
    interval,
    outcome,
}: QualityTest): string {
    const points = (share: number): string => `${share > 0 ? "+" : ""}${Math.round(share * 100)}`;
    const by =
        difference === undefined || interval === undefined
            ? ""
            : `, ${points(difference)} points (${points(interval.low)} to ${points(interval.high)})`;
    const p = (correctedPValue ?? pValue).toPrecision(2);
    return `${WORDS[outcome]}: ${lost} lost, ${won} won of ${pairs}${by}, p = ${p}${correctedPValue === undefined ? ", too few differ" : ""}`;
}

function saySpeed({ ratio, interval, correctedPValue, ratioAgain, outcome }: SpeedTest): string {
    const again =
        ratioAgain === undefined ? "" : `; measured once more ${ratioAgain.toFixed(2)} times`;
    return `${WORDS[outcome]}: ${ratio.toFixed(2)} times the baseline's (${interval.low.toFixed(2)} to ${interval.high.toFixed(2)}), p = ${correctedPValue.toPrecision(2)}${again}`;
}

function sayTokens(tokens: TokenComparison): [string, string][] {
    const { answers, same, sameShare, commonPrefix, logprobDifference, logprobDrift } = tokens;
    const said = ({ mean, interval: { low, high } }: Estimate, digits: number): string =>
        `${mean.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
    const firsts = tokens.firstDifferences.map(({ caseId, turn, position, before, now }) => {
        const quoted = (text?: string): string => (text === undefined ? "the end" : `"${text}"`);
        return `${caseId}, turn ${turn}, token ${position + 1}: ${quoted(now)}, was ${quoted(before)}`;
    });
    return [
        [
            "Token for token the same",
            `${WORDS[tokens.outcome]}: ${same} of ${answers} answers, share ${said(sameShare, 2)}; common prefix ${said(commonPrefix, 2)}`,
        ],
        [
            "Log-probability of a token",
            `by ${said(logprobDifference, 3)}, without signs ${said(logprobDrift, 3)}`,
        ],
        ...(firsts.length > 0
            ? [["First other tokens", firsts.join("; ")] as [string, string]]
            : []),
    ];
}

function sayLeftOut(leftOut: Comparison["leftOut"]): string {
    const reasons = [...new Set(leftOut.map(({ reason }) => reason))];
    return reasons
        .map((reason) => {
            const ids = leftOut
                .filter((each) => each.reason === reason)
                .map(({ caseId }) => caseId);
            const more = ids.length > 5 ? ` and ${ids.length - 5} more` : "";
            return `${ids.slice(0, 5).join(", ")}${more} (${reason})`;
        })
        .join("; ");
}
