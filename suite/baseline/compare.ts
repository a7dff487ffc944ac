import { SuiteResults } from "../results";
import { minimumDetectableEffect } from "../statistics/detectableEffect";
import { ALL_CASES, compareQuality } from "./compareQuality";
import { compareSpeed, Measured } from "./compareSpeed";
import { compareTokens, sayTokens, TokenLimits } from "./compareTokens";
import { confirmSpeed } from "./confirmSpeed";
import { Comparison, comparisonLine, LEVEL, QualityTest, sayMetric, SpeedTest } from "./comparison";
import { Baseline } from "./loadBaseline";
import { keepForReport } from "./keepForReport";
import { pairCases } from "./pairCases";

export const SLOWDOWN_TOLERANCE = 0.1;

export interface CompareOptions extends TokenLimits {
    /** 0.1: up to 10 % slower is no regression. */
    readonly slowdownTolerance?: number;
    /** A second measurement of cases that were slower in the first. */
    readonly again?: Measured;
}

/**
 * Compares results with a baseline: regression, no evidence, improvement, or infrastructure failure where
 * nothing can be said.
 */
export function compareWithBaseline(
    results: SuiteResults,
    baseline: Baseline,
    { slowdownTolerance = SLOWDOWN_TOLERANCE, again, ...tokenLimits }: CompareOptions = {},
): Comparison {
    const before = baseline.results;
    const { pairs, leftOut } = pairCases(before.cases, results.cases);
    const quality = compareQuality(pairs);
    const speedLeftOut = whyNoSpeed(results, before);
    const speed =
        speedLeftOut === undefined
            ? speedTests(before.performance, results.performance, slowdownTolerance, again)
            : [];
    const [all] = quality;
    const family = quality.filter(({ correctedPValue }) => correctedPValue !== undefined).length;
    const effect =
        all &&
        minimumDetectableEffect(all.pairs, (all.lost + all.won) / all.pairs, {
            // A loss is seen in all cases and in its dimension: two tests at least.
            alpha: LEVEL / Math.max(2, family),
        });
    const changed = (from: boolean, to: boolean): string[] =>
        pairs.filter((each) => each.before[0] === from && each.now[0] === to).map(({ id }) => id);
    const tokens = compareTokens(before.cases, results.cases, tokenLimits);
    const found = {
        pairs: pairs.length,
        lost: changed(true, false),
        won: changed(false, true),
        quality,
        speed,
        ...(tokens && { tokens }),
        ...(effect !== undefined && { minimumDetectableEffect: effect }),
    };
    return {
        baseline: {
            name: baseline.name,
            model: before.model,
            ...(before.server.version !== undefined && { server: before.server.version }),
            startedAt: before.startedAt,
        },
        ...decide(results, before, found),
        level: LEVEL,
        slowdownTolerance,
        ...found,
        leftOut,
        ...(speedLeftOut !== undefined && { speedLeftOut }),
        ...(tokens === undefined &&
            (tokenLimits.minTokenAgreement ?? tokenLimits.maxLogprobDrift) !== undefined && {
                tokensLeftOut: "no answer has log-probabilities in both runs",
            }),
        before: keepForReport(before, results),
    };
}

function speedTests(
    before: Measured,
    now: Measured,
    tolerance: number,
    again: Measured | undefined,
): SpeedTest[] {
    const tests = compareSpeed(before, now, tolerance);
    return again ? confirmSpeed(tests, before, again, tolerance) : tests;
}

/**
 * The results with their comparison. A regression fails them, whatever the checks say; where nothing could
 * be compared, results that passed have no verdict.
 */
export function withComparison(results: SuiteResults, comparison: Comparison): SuiteResults {
    const { outcome } = comparison;
    const why = `${comparisonLine(comparison)}; ${results.why}`;
    if (outcome === "regression") {
        return { ...results, comparison, verdict: "failed", why };
    }
    return outcome === "infrastructure-failure" && results.verdict === "passed"
        ? { ...results, comparison, verdict: "none", why }
        : { ...results, comparison };
}

type Found = Pick<
    Comparison,
    "pairs" | "lost" | "won" | "quality" | "speed" | "tokens" | "minimumDetectableEffect"
>;

function decide(
    results: SuiteResults,
    before: SuiteResults,
    found: Found,
): Pick<Comparison, "outcome" | "why"> {
    const impossible = whyImpossible(results, before, found);
    if (impossible !== undefined) {
        return { outcome: "infrastructure-failure", why: impossible };
    }
    for (const outcome of ["regression", "improvement"] as const) {
        const reasons = [
            ...found.quality.filter((test) => test.outcome === outcome).map(sayQuality),
            ...found.speed.filter((test) => test.outcome === outcome).map(saySpeed),
            ...(outcome === "regression" ? sayTokens(found.tokens) : []),
        ];
        if (reasons.length > 0) {
            const more = reasons.length > 2 ? `; and ${reasons.length - 2} more` : "";
            return { outcome, why: reasons.slice(0, 2).join("; ") + more };
        }
    }
    return { outcome: "no-evidence", why: sayNothing(found) };
}

function whyImpossible(
    results: SuiteResults,
    before: SuiteResults,
    { pairs, speed }: Found,
): string | undefined {
    if (results.verdict === "none") {
        return `this run gave no verdict (${results.why})`;
    }
    if (results.server.standIn !== before.server.standIn) {
        return before.server.standIn
            ? "the baseline is of a stand-in server, this run is not"
            : "this run is of a stand-in server, the baseline is not";
    }
    return pairs + speed.length === 0
        ? "no case was judged in both runs in the same way"
        : undefined;
}

/** Flags that were given up for memory change the speed. */
function whyNoSpeed({ server }: SuiteResults, before: SuiteResults): string | undefined {
    const [here, there] = [server.rung?.name, before.server.rung?.name];
    return here !== undefined && there !== undefined && here !== there
        ? `the server ran on rung ${here}, that of the baseline on ${there}`
        : undefined;
}

const points = (share: number): string => String(Math.round(share * 100));

function sayQuality(test: QualityTest): string {
    const { of, pairs, lost, won, correctedPValue = 1, difference, interval } = test;
    const p = correctedPValue < 0.001 ? "p < 0.001" : `p = ${correctedPValue.toPrecision(2)}`;
    const tries = difference === undefined ? "repeats" : "pairs";
    const by =
        difference === undefined || interval === undefined
            ? ""
            : `, pass rate by ${points(difference)} points (${points(interval.low)} to ${points(interval.high)})`;
    return `${of}: ${lost} lost and ${won} won of ${pairs} ${tries}${by}, ${p}`;
}

function saySpeed({ caseId, concurrency, metric, ratio, interval }: SpeedTest): string {
    const level = concurrency === undefined ? "" : ` with ${concurrency} at a time`;
    const what = `${sayMetric(metric)}${level}`;
    const [value, low, high] = [ratio, interval.low, interval.high].map((each) => each.toFixed(2));
    return `${caseId}: ${what} ${value} times the baseline's (${low} to ${high})`;
}

function sayNothing({ quality, minimumDetectableEffect: effect, lost }: Found): string {
    const all = quality.find(({ of }) => of === ALL_CASES);
    if (all === undefined) {
        return "no change of speed";
    }
    const which = lost.length > 0 && lost.length <= 3 ? ` (${lost.join(", ")})` : "";
    const sight =
        effect === undefined
            ? "too few pairs to see any loss"
            : `a loss of ${points(effect)} points would have been seen with 80 % power`;
    return `${all.lost} lost${which} and ${all.won} won of ${all.pairs} pairs; ${sight}`;
}
