import type { TestCase } from "../../suite/caseSchema";
import { judgeAndConfirm, MeasureAgain } from "../../suite/baseline/judgeAndConfirm";
import type { SuiteResults } from "../../suite/results";
import type { Tier } from "../../suite/tiers";
import { faultsOf, Row } from "./rows";
import { runBatched } from "./runBatched";
import type { StandIn } from "./standIn";

/** What came of one run of a row. */
export interface Trial {
    readonly row: string;
    readonly tier: Tier;
    readonly run: number;
    /** Whether its verdict is failed: a fault found, or a false alarm. */
    readonly isFailed: boolean;
    readonly lost: number;
    readonly won: number;
    readonly pairs: number;
    readonly seconds: number;
    readonly why: string;
}

/** One run of a row, compared with the baseline of the same number. */
export async function tryRow(
    server: StandIn,
    row: Row,
    run: number,
    baseline: SuiteResults,
    cases: readonly TestCase[],
    tier: Tier,
): Promise<Trial> {
    const results = await runBatched(server, faultsOf(row, run), cases, tier);
    const { verdict, why, pairs, lost, won }: Judged = row.isWithoutBaseline
        ? { ...results, ...NOTHING_COMPARED }
        : await against(baseline, results, (ids) =>
              runBatched(
                  server,
                  faultsOf(row, run),
                  cases.filter(({ id }) => ids.has(id)),
                  tier,
              ),
          );
    if (verdict === "none") {
        throw new Error(`run ${run} of ${row.id} has no verdict: ${why}`);
    }
    return {
        ...{ row: row.id, tier, run, pairs, lost, won, why },
        isFailed: verdict === "failed",
        seconds: Math.round(results.seconds * 1000) / 1000,
    };
}

const NOTHING_COMPARED = { pairs: 0, lost: 0, won: 0 };

type Judged = Pick<SuiteResults, "verdict" | "why"> & Pick<Trial, "pairs" | "lost" | "won">;

/** The verdict as a user of a baseline gets it. */
async function against(
    results: SuiteResults,
    now: SuiteResults,
    measureAgain: MeasureAgain,
): Promise<Judged> {
    const { verdict, why, comparison } = await judgeAndConfirm(
        now,
        { name: "clean", results },
        {},
        measureAgain,
    );
    const { pairs = 0, lost = [], won = [] } = comparison ?? {};
    return { verdict, why, pairs, lost: lost.length, won: won.length };
}
