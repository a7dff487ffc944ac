import { CaseResult, countStatuses, Verdict } from "./results";

/**
 * The verdict over all cases, and why.
 *
 * "failed" is a statement about the model's and server's answers. What only shows that a machine, a
 * network or a whole server was not there gives "none": such a run says nothing about the model.
 * A case that a server refuses with 5xx, again and again, while it answers the others, is a failure
 * of that case: "failed".
 *
 * @param stopped why the suite ended before its last case, where it did.
 */
export function decideVerdict(
    cases: readonly CaseResult[],
    stopped?: string,
): { verdict: Verdict; why: string } {
    const totals = countStatuses(cases);
    const judged = totals.passed + totals.failed;
    const names = (which: (each: CaseResult) => boolean): string => {
        const ids = cases.filter(which).map(({ id }) => id);
        return ids.slice(0, 3).join(", ") + (ids.length > 3 ? ` and ${ids.length - 3} more` : "");
    };
    const also = [
        stopped,
        totals.errored > 0 && `${totals.errored} could not be judged`,
        totals.skipped > 0 && `${totals.skipped} skipped`,
    ].filter(Boolean);
    const rest = also.length > 0 ? `; ${also.join("; ")}` : "";

    if (totals.failed > 0) {
        const failed = names(({ status }) => status === "failed");
        return {
            verdict: "failed",
            why: `${totals.failed} of ${cases.length} cases failed: ${failed}${rest}`,
        };
    }
    if (stopped !== undefined) {
        return {
            verdict: "none",
            why: `${stopped}; ${judged} of ${cases.length} cases were judged`,
        };
    }
    if (totals.errored > 0) {
        const errored = cases.filter(({ status }) => status === "errored");
        const ids = names(({ status }) => status === "errored");
        const reason = errored[0]?.problem?.message ?? "no answer";
        const onlyThese =
            totals.passed > 0 && errored.every(({ problem }) => problem?.kind === "server-error");
        return onlyThese
            ? {
                  verdict: "failed",
                  why: `the server breaks on ${ids} (${reason}) while it answers the other cases`,
              }
            : {
                  verdict: "none",
                  why: `${totals.errored} of ${cases.length} cases could not be judged: ${ids} (${reason})`,
              };
    }
    if (judged === 0) {
        return { verdict: "none", why: "no case was run" };
    }
    return { verdict: "passed", why: `all ${judged} cases passed${rest}` };
}
