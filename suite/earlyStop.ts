import { TestCase } from "./caseSchema";
import { isQuarantined } from "./quarantine";
import { CaseResult } from "./results";
import { Tier, TIER_RULES } from "./tiers";

/**
 * Says why the verdict is certain, whatever the rest brings; undefined while it is not.
 *
 * @param results of the cases that are judged for good.
 * @param left cases that are still to be asked, or to be asked again.
 */
export type Certainty = (
    results: readonly CaseResult[],
    left: readonly TestCase[],
) => string | undefined;

/** Certain as soon as a case has failed that counts; for a run without a baseline. */
export function anyCaseFailed(tier: Tier): Certainty {
    return (results) => {
        const first = results.find((each) => isFailure(each, TIER_RULES[tier].flakyFails));
        return first && `stopped early, because ${first.id} ${sayStatus(first)}`;
    };
}

/**
 * Whether a result fails the suite by itself. A case of lane greedy that is flaky passed when it was
 * asked alone: what changed it is the company, not the model.
 */
export function isFailure(result: CaseResult, flakyFails: boolean): boolean {
    const { status, lane } = result;
    const isBad = status === "failed" || (status === "flaky" && flakyFails && lane !== "greedy");
    return isBad && !isQuarantined(result);
}

function sayStatus({ status }: CaseResult): string {
    return status === "flaky" ? "is flaky" : "failed";
}
