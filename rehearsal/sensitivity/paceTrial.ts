import type { TestCase } from "../../suite/caseSchema";
import { runWith } from "./runBatched";
import { StandIn } from "./standIn";
import type { Trial } from "./trial";

/** The slowest server that the commit tier is made for, and the time that it has. */
export const SLOW_TOKENS_PER_SECOND = 20;
export const COMMIT_TIER_SECONDS = 600;
export const PACE_ROW = `pace:${SLOW_TOKENS_PER_SECOND}`;

/**
 * How long the whole commit tier takes against a server of a pace, one case's tokens after another's.
 *
 * @param tokensPerSecond of the stand-in; everything else that it does is slower by the same factor.
 */
export async function tryPace(
    python: string,
    cases: readonly TestCase[],
    tokensPerSecond = SLOW_TOKENS_PER_SECOND,
): Promise<Trial> {
    const server = await StandIn.start(python, tokensPerSecond);
    try {
        const { verdict, why, seconds } = await runWith(server, [], cases, "commit");
        return {
            ...{ row: PACE_ROW, tier: "commit", run: 0, pairs: 0, lost: 0, won: 0, why, seconds },
            isFailed: verdict !== "passed" || seconds > COMMIT_TIER_SECONDS,
        };
    } finally {
        await server.stop();
    }
}
