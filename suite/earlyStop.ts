import { HalfRun, isRegressionCertain } from "./baseline/certain";
import { FailOn } from "./baseline/judgeByBaseline";
import { Baseline } from "./baseline/loadBaseline";
import { isExcused, withStandings } from "./baseline/standing";
import { CaseResult } from "./results";
import { Tier, TIER_RULES } from "./tiers";

/** Says why the verdict is "failed" whatever the rest of a run brings; undefined while it is not certain. */
export type Certainty = (run: HalfRun) => string | undefined;

/**
 * When the verdict of a run is certain: as soon as a case has failed that counts. With a baseline, single
 * cases of quality count for a regression only, which is certain when winning all the rest would not undo it.
 *
 * @param failOn what fails a run with a baseline; regression where absent.
 */
export function certaintyOf(
    tier: Tier,
    baseline?: Baseline,
    failOn: FailOn = "regression",
): Certainty {
    const { flakyFails } = TIER_RULES[tier];
    return (run) => {
        const failures = run.done.filter((each) => isFailure(each, flakyFails));
        if (failures.length === 0) {
            return undefined;
        }
        const before = baseline?.results;
        const [first] =
            before === undefined || failOn === "any-case"
                ? failures
                : // What a comparison without any finding does not excuse, none does.
                  withStandings(failures, before.cases, {
                      outcome: "no-evidence",
                      quality: [],
                  }).filter((each) => !isExcused(each));
        if (first) {
            return `stopped early, because ${first.id} ${first.status === "flaky" ? "is flaky" : "failed"}`;
        }
        return before && isRegressionCertain(run, before)
            ? "stopped early, because the regression is certain"
            : undefined;
    };
}

/**
 * Whether a result fails a suite by itself. A case of lane greedy that is flaky passed when it was asked
 * alone: what changed it is the company, not the model.
 */
function isFailure(result: CaseResult, flakyFails: boolean): boolean {
    const { status, lane } = result;
    const isBad = status === "failed" || (status === "flaky" && flakyFails && lane !== "greedy");
    return isBad && !isExcused(result);
}
