import { TestCase } from "../caseSchema";
import { CaseResult, SuiteResults } from "../results";
import { compareQuality } from "./compareQuality";
import { LEVEL } from "./comparison";
import { Pair, pairCases } from "./pairCases";

/** What is known in the middle of a run. */
export interface HalfRun {
    readonly done: readonly CaseResult[];
    readonly left: readonly Pick<TestCase, "id" | "digest">[];
    /** As the results will have it; a model and a stand-in are not compared. */
    readonly standIn: boolean;
}

/**
 * Whether the comparison with a baseline is a regression already, and stays one whatever the rest brings.
 *
 * The rest is taken at its best: every case that is left passes every repeat. Of one set of clusters that
 * moves each bootstrap mean upwards, and McNemar's p-value grows with what is won. Holm's correction could
 * still grow by tests that only later results bring in, so that it is taken over as many tests as there can be.
 *
 * Speed is not looked at: it has no result before its cases are over.
 */
export function isRegressionCertain(
    { done, left, standIn }: HalfRun,
    baseline: SuiteResults,
): boolean {
    if (standIn !== baseline.server.standIn) {
        return false;
    }
    const soFar = pairCases(baseline.cases, done).pairs;
    if (!compareQuality(soFar).some(({ outcome }) => outcome === "regression")) {
        return false;
    }
    const best = [...soFar, ...bestOf(left, baseline)];
    const tests = compareQuality(best);
    // Tests of one sampled case have no interval: what is certain has to be seen in several cases.
    return tests.some(
        ({ lost, won, pValue, interval }) =>
            lost > won &&
            pValue * tests.length <= LEVEL &&
            interval !== undefined &&
            interval.high < 0,
    );
}

function bestOf(left: HalfRun["left"], baseline: SuiteResults): Pair[] {
    const digests = new Map(left.map(({ id, digest }) => [id, digest]));
    const unasked = baseline.cases.filter(
        ({ id, digest }) => digest !== undefined && digests.get(id) === digest,
    );
    const passing = unasked.map((each): CaseResult => ({
        ...each,
        status: "passed",
        ...(each.repeats?.outcomes && {
            repeats: { ...each.repeats, outcomes: each.repeats.outcomes.map(() => true) },
        }),
    }));
    return pairCases(unasked, passing).pairs;
}
