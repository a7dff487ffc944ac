import { SuiteResults } from "../results";
import { TIER_RULES } from "../tiers";
import { decideVerdict } from "../verdict";
import { compareWithBaseline, CompareOptions, withComparison } from "./compare";
import { Baseline } from "./loadBaseline";
import { withStandings } from "./standing";

/** What fails a run that has a baseline: a regression, or any case that is not right as without one. */
export const FAIL_ON = ["regression", "any-case"] as const;
export type FailOn = (typeof FAIL_ON)[number];

export interface BaselineRules extends CompareOptions {
    /** regression where absent. */
    readonly failOn?: FailOn;
}

/**
 * Results compared with a baseline, and their verdict in the light of it. The same for a run and for
 * shards that were merged.
 *
 * @param results as a run without a baseline left them.
 * @example judgeByBaseline(results, loadBaseline("known-good.json")).verdict
 */
export function judgeByBaseline(
    results: SuiteResults,
    baseline: Baseline,
    { failOn = "regression", ...rules }: BaselineRules = {},
): SuiteResults {
    const comparison = compareWithBaseline(results, baseline, rules);
    if (failOn === "any-case") {
        return withComparison(results, comparison);
    }
    const cases = withStandings(results.cases, baseline.results.cases, comparison);
    const { flakyFails } = TIER_RULES[results.tier];
    const isChanged = cases.some(({ standing }) => standing !== undefined);
    const verdict = isChanged && decideVerdict(cases, { stopped: results.stopped, flakyFails });
    return withComparison({ ...results, cases, ...verdict }, comparison);
}
