import { isQuarantined } from "../quarantine";
import { CaseResult } from "../results";
import { ALL_CASES } from "./compareQuality";
import { Comparison, QualityTest } from "./comparison";

/** The dimensions of which single failures may be chance; what the others ask is either kept or not. */
const QUALITY: readonly string[] = ["single-modality", "multimodal"];

/**
 * The cases of a run, with what a baseline says of those that are not right: `known` did not pass there
 * either, `within-chance` passed there, and no test of the comparison shows that more than chance is
 * behind it. Neither counts for the verdict. Whatever has no such standing does: a case with mustPass,
 * one that the baseline does not have alike, one in boundary or performance that passed there, and all
 * cases of a test that shows a regression.
 */
export function withStandings(
    now: readonly CaseResult[],
    before: readonly CaseResult[],
    comparison: Pick<Comparison, "outcome" | "quality">,
): CaseResult[] {
    if (comparison.outcome === "infrastructure-failure") {
        return [...now];
    }
    const earlier = new Map(before.map((each) => [each.id, each]));
    return now.map((each) => {
        const standing = standingOf(each, earlier.get(each.id), comparison.quality);
        return standing === undefined ? each : { ...each, standing };
    });
}

/** True where a result that is not right does not count: in quarantine, or excused by the baseline. */
export function isExcused(result: CaseResult): boolean {
    return isQuarantined(result) || result.standing !== undefined;
}

function standingOf(
    now: CaseResult,
    before: CaseResult | undefined,
    tests: readonly QualityTest[],
): CaseResult["standing"] {
    if (!isWrong(now) || now.mustPass || isQuarantined(now) || !isAskedAlike(before, now)) {
        return undefined;
    }
    if (isWrong(before)) {
        return "known";
    }
    const mayBeChance =
        before.status === "passed" && now.status !== "errored" && QUALITY.includes(now.dimension);
    const isSeen = tests.some(
        ({ of, outcome }) =>
            outcome === "regression" && [ALL_CASES, now.dimension, now.id].includes(of),
    );
    return mayBeChance && !isSeen ? "within-chance" : undefined;
}

/** An answer that is not right every time, or a request on which the server breaks. */
function isWrong({ status, problem }: CaseResult): boolean {
    return (
        status === "failed" ||
        status === "flaky" ||
        (status === "errored" && problem?.kind === "server-error")
    );
}

/**
 * Whether two results are of the same question, judged in the same way. Results of version 1 have no
 * digest; what was asked is all there is to go by.
 */
export function isAskedAlike(
    before: CaseResult | undefined,
    now: CaseResult,
): before is CaseResult {
    return (
        before !== undefined &&
        (before.digest !== undefined && now.digest !== undefined
            ? before.digest === now.digest
            : before.prompt === now.prompt)
    );
}
