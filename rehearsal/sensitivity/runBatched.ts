import type { TestCase } from "../../suite/caseSchema";
import type { SuiteResults } from "../../suite/results";
import { runSuite } from "../../suite/runSuite";
import { selectCases, Tier, TIER_RULES } from "../../suite/tiers";
import { decideVerdict } from "../../suite/verdict";
import { MODEL, StandIn } from "./standIn";

/** Runs a tier's cases against the stand-in with these faults. */
export function runWith(
    server: StandIn,
    faults: readonly string[],
    cases: readonly TestCase[],
    tier: Tier,
): Promise<SuiteResults> {
    return runSuite({
        ...{ url: server.url(faults), model: MODEL, tier, cases },
        retryAfterSeconds: 0.05,
    });
}

/**
 * The same, with jitter for those cases only that are asked side by side. A request that a server has for
 * itself comes out the same every time; what changes answers is the batch that they are in
 * (https://docs.vllm.ai/en/stable/features/batch_invariance/). An answer that jitter has changed stays so
 * when the case is asked again, which is worse than it is.
 */
export async function runBatched(
    server: StandIn,
    faults: readonly string[],
    cases: readonly TestCase[],
    tier: Tier,
): Promise<SuiteResults> {
    const steady = faults.filter((fault) => !fault.startsWith("jitter:"));
    const own = selectCases(cases, tier);
    const parts = [
        { faults, cases: own.filter(isAskedSideBySide) },
        { faults: steady, cases: own.filter((each) => !isAskedSideBySide(each)) },
    ].filter((part) => part.cases.length > 0);
    const runs: SuiteResults[] = [];
    for (const part of parts) {
        runs.push(await runWith(server, part.faults, part.cases, tier));
    }
    const stopped = runs.find(({ verdict }) => verdict === "none");
    return stopped ?? joined(runs, own, tier);
}

function isAskedSideBySide({ dimension, lane }: TestCase): boolean {
    return lane !== "deterministic" && dimension !== "boundary" && dimension !== "performance";
}

/** Runs of parts of a tier's cases as if they had been one. */
function joined(
    runs: readonly SuiteResults[],
    cases: readonly TestCase[],
    tier: Tier,
): SuiteResults {
    const [last] = runs.slice(-1) as [SuiteResults];
    const byId = new Map(runs.flatMap((run) => run.cases.map((each) => [each.id, each] as const)));
    const all = cases.flatMap(({ id }) => byId.get(id) ?? []);
    return {
        ...last,
        ...{ seconds: runs.reduce((sum, { seconds }) => sum + seconds, 0), cases: all },
        ...decideVerdict(all, { flakyFails: TIER_RULES[tier].flakyFails }),
    };
}
