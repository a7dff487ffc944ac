import { isExcused } from "./baseline/standing";
import { isQuarantined } from "./quarantine";
import { CaseResult, countStatuses, Verdict } from "./results";

/** What the suite's exit code says; a public contract. */
export const EXIT_CODES: Readonly<Record<Verdict, number>> = { passed: 0, failed: 1, none: 2 };

/**
 * The verdict over all cases, and why.
 *
 * "failed" is a statement about the model's and server's answers. What only shows that a machine, a
 * network or a whole server was not there gives "none": such a run says nothing about the model.
 * A case that a server refuses with 5xx, again and again, while it answers the others, is a failure
 * of that case: "failed".
 *
 * Flaky cases, those in quarantine that did not pass, and those whose quarantine has expired, pass or not,
 * are named in any verdict, and so are those that a baseline excuses.
 *
 * @param stopped why the suite ended before its last case, where it did.
 * @param flakyFails whether a flaky case fails the suite.
 */
export function decideVerdict(
    cases: readonly CaseResult[],
    { stopped, flakyFails = true }: { stopped?: string; flakyFails?: boolean } = {},
): { verdict: Verdict; why: string } {
    const set = (...statuses: CaseResult["status"][]): CaseResult[] =>
        cases.filter((each) => statuses.includes(each.status) && !isExcused(each));
    const quarantined = cases.filter(
        (each) => isQuarantined(each) && !["passed", "skipped"].includes(each.status),
    );
    const totals = countStatuses(cases);
    const judged = totals.passed + totals.flaky + totals.failed;
    const failed = set("failed");
    const flaky = set("flaky");
    const errored = set("errored");
    // Lane greedy, asked side by side, is flaky by its company.
    const flakyAlone = flaky.filter(({ lane }) => lane !== "greedy");
    const bad = flakyFails ? [...failed, ...flakyAlone] : failed;
    const expired = cases.filter(({ quarantine }) => quarantine?.expired);

    const standing = (which: CaseResult["standing"]): CaseResult[] =>
        cases.filter((each) => each.standing === which);
    const [byChance, known] = [standing("within-chance"), standing("known")];

    const flakyNote = flaky.length > 0 && `${flaky.length} flaky: ${named(flaky, withRate)}`;
    const notes = [
        byChance.length > 0 &&
            `${byChance.length} of ${cases.length} cases ${byChance.length === 1 ? "fails" : "fail"} that passed in the baseline, within chance: ${named(byChance)}`,
        known.length > 0 && `${known.length} failed in the baseline as well: ${named(known)}`,
        flakyNote,
        quarantined.length > 0 &&
            `${quarantined.length} in quarantine not passed: ${named(quarantined)}`,
        expired.length > 0 && `quarantine has expired: ${named(expired)}`,
    ].filter(Boolean);
    const missing = [
        errored.length > 0 && `${errored.length} could not be judged`,
        totals.skipped > 0 && `${totals.skipped} skipped`,
    ].filter(Boolean);
    const because = (reason: string, ...also: (string | false | undefined)[]): string =>
        [reason, ...also.filter(Boolean)].join("; ");

    if (bad.length > 0) {
        const reason =
            failed.length > 0
                ? `${failed.length} of ${cases.length} cases failed: ${named(failed)}`
                : `${flakyAlone.length} of ${cases.length} cases are flaky: ${named(flakyAlone, withRate)}`;
        // Where flaky cases are the reason, they have been named.
        const isNamed = failed.length === 0 && flaky.length === flakyAlone.length;
        const rest = isNamed ? notes.filter((note) => note !== flakyNote) : notes;
        return { verdict: "failed", why: because(reason, stopped, ...missing, ...rest) };
    }
    if (stopped !== undefined) {
        const reason = `${stopped}; ${judged} of ${cases.length} cases were judged`;
        return { verdict: "none", why: because(reason, ...notes) };
    }
    if (errored.length > 0) {
        const reason = errored[0]?.problem?.message ?? "no answer";
        const onlyThese =
            totals.passed > 0 && errored.every(({ problem }) => problem?.kind === "server-error");
        return onlyThese
            ? {
                  verdict: "failed",
                  why: because(
                      `the server breaks on ${named(errored)} (${reason}) while it answers the other cases`,
                      ...notes,
                  ),
              }
            : {
                  verdict: "none",
                  why: because(
                      `${errored.length} of ${cases.length} cases could not be judged: ${named(errored)} (${reason})`,
                      ...notes,
                  ),
              };
    }
    if (totals.passed + flaky.length === 0) {
        return { verdict: "none", why: because("no case was run", ...notes) };
    }
    const reason =
        totals.passed === judged
            ? `all ${judged} cases passed`
            : `${totals.passed} of ${judged} cases passed`;
    return { verdict: "passed", why: because(reason, ...missing, ...notes) };
}

const LONGEST_LIST = 3;

function named(cases: readonly CaseResult[], show = ({ id }: CaseResult): string => id): string {
    const shown = cases.slice(0, LONGEST_LIST).map(show).join(", ");
    const more = cases.length - LONGEST_LIST;
    return more > 0 ? `${shown} and ${more} more` : shown;
}

/** @example withRate(flaky) // "count-circles (passed 2 of 3)" */
function withRate({ id, repeats }: CaseResult): string {
    return repeats ? `${id} (passed ${repeats.passed} of ${repeats.total})` : id;
}
