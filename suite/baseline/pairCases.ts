import { isQuarantined } from "../quarantine";
import { CaseResult } from "../results";
import { isAskedAlike } from "./standing";

/** A case that was judged in both runs, in the same way. */
export interface Pair {
    readonly id: string;
    readonly dimension: CaseResult["dimension"];
    readonly cluster: string;
    readonly sampled: boolean;
    /** Whether each repeat passed; the n-th of one run belongs to the n-th of the other. */
    readonly before: readonly boolean[];
    readonly now: readonly boolean[];
}

/** A case that could not be paired, and why. */
export interface Unpaired {
    readonly caseId: string;
    readonly reason: string;
}

/**
 * Pairs the cases of two runs by id. Left out is what was not judged in both or not in the same way:
 * another prompt, check or lane says nothing about the model. Measured cases are compared by their speed.
 */
export function pairCases(
    before: readonly CaseResult[],
    now: readonly CaseResult[],
): { pairs: Pair[]; leftOut: Unpaired[] } {
    const pairs: Pair[] = [];
    const leftOut: Unpaired[] = [];
    const earlier = new Map(before.map((each) => [each.id, each]));
    for (const each of now) {
        if (each.dimension === "performance") {
            continue;
        }
        const other = earlier.get(each.id);
        const reason = other ? whyUnlike(other, each) : "not in the baseline";
        if (other === undefined || reason !== undefined) {
            leftOut.push({ caseId: each.id, reason: reason as string });
            continue;
        }
        const [a, b] = [outcomesOf(other), outcomesOf(each)];
        const common = Math.min(a.length, b.length);
        pairs.push({
            id: each.id,
            dimension: each.dimension,
            cluster: each.cluster ?? each.id,
            sampled: each.lane === "sampled",
            before: a.slice(0, common),
            now: b.slice(0, common),
        });
    }
    const ids = new Set(now.map(({ id }) => id));
    for (const { id, dimension } of before) {
        if (!ids.has(id) && dimension !== "performance") {
            leftOut.push({ caseId: id, reason: "only in the baseline" });
        }
    }
    return { pairs, leftOut };
}

function whyUnlike(before: CaseResult, now: CaseResult): string | undefined {
    const isJudged = ({ status }: CaseResult): boolean =>
        status === "passed" || status === "flaky" || status === "failed";
    if (isQuarantined(now)) {
        return "in quarantine";
    }
    if (!isJudged(now)) {
        return now.status === "skipped" ? "skipped" : "not judged";
    }
    if (!isJudged(before)) {
        return "not judged in the baseline";
    }
    return isAskedAlike(before, now) ? undefined : "asked or judged in another way in the baseline";
}

function outcomesOf({ repeats, status }: CaseResult): readonly boolean[] {
    const outcomes = repeats?.outcomes ?? [];
    return outcomes.length > 0 ? outcomes : [status === "passed"];
}
