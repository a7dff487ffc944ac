import { SuiteResults } from "../results";
import { Comparison } from "./comparison";
import { BaselineRules, judgeByBaseline } from "./judgeByBaseline";
import { Baseline } from "./loadBaseline";

/** Measures cases again, by their ids. */
export type MeasureAgain = (
    caseIds: ReadonlySet<string>,
) => Promise<Pick<SuiteResults, "performance" | "seconds" | "endedAt">>;

/**
 * Judges results by a baseline; what is slower there is measured once more before anyone is alarmed. The
 * interval of a ratio knows how the requests of a run differ, not what else a machine was doing for some
 * seconds: a slower server is slower twice, a disturbance is not.
 *
 * @param measureAgain asked only for cases that were slower.
 */
export async function judgeAndConfirm(
    results: SuiteResults,
    baseline: Baseline,
    rules: BaselineRules,
    measureAgain: MeasureAgain,
): Promise<SuiteResults> {
    const judged = judgeByBaseline(results, baseline, rules);
    const slower = slowerCases(judged.comparison);
    if (slower.size === 0 || results.stopped !== undefined) {
        return judged;
    }
    const { performance, seconds, endedAt } = await measureAgain(slower);
    const both = { ...results, seconds: results.seconds + seconds, endedAt };
    return judgeByBaseline(both, baseline, { ...rules, again: performance });
}

function slowerCases(comparison: Comparison | undefined): Set<string> {
    const slower = comparison?.speed.filter(({ outcome }) => outcome === "regression") ?? [];
    return new Set(slower.map(({ caseId }) => caseId));
}
