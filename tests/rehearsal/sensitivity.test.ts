import { join } from "node:path";

import { measure } from "../../rehearsal/sensitivity/measure";
import { COMMIT_TIER_SECONDS, tryPace } from "../../rehearsal/sensitivity/paceTrial";
import { isClean, ROWS } from "../../rehearsal/sensitivity/rows";
import { runWith } from "../../rehearsal/sensitivity/runBatched";
import { summarise } from "../../rehearsal/sensitivity/summary";
import { StandIn } from "../../rehearsal/sensitivity/standIn";
import type { Trial } from "../../rehearsal/sensitivity/trial";
import type { Tools } from "../../rehearsal/tools";
import { ensureStandIn } from "../../scripts/setup/ensureStandIn";
import { loadCases } from "../../suite/cases";

jest.setTimeout(600_000);

const cases = loadCases(join(__dirname, "..", "..", "suite", "cases"));
let python: string;

beforeAll(async () => {
    const given = process.env.GPU_CI_TEST_TOOLS;
    python = given ? (JSON.parse(given) as Tools).python : await ensureStandIn();
});

async function trialsOf(rows: typeof ROWS, runs: number): Promise<Trial[]> {
    const trials: Trial[] = [];
    await measure({
        ...{ python, cases, rows, runs, tiers: ["merge"] },
        onTrial: (trial) => trials.push(trial),
    });
    return trials;
}

describe("the suite against the stand-in", () => {
    test("finds every fault that spoils answers, and is quiet when nothing is wrong", async () => {
        // A stronger noise is found where the weaker one is.
        const held = ROWS.filter(
            ({ id, cases: kind, isHeld }) =>
                kind === "quality" && isHeld && !/^noise:0\.[12]$/.test(id),
        );
        const merge = summarise(await trialsOf(held, 5), "merge");
        expect(merge.map(({ row }) => row.id)).toEqual(held.map(({ id }) => id));
        for (const { row, found, runs } of merge) {
            const wanted = isClean(row) ? 0 : runs;
            expect({ row: row.id, runs, found }).toEqual({ row: row.id, runs, found: wanted });
        }
    });

    test("finds tokens that are 20 % slower, and no slowness where there is none", async () => {
        const trials = await trialsOf(
            ROWS.filter((row) => row.cases === "speed"),
            2,
        );
        const failed = trials.filter(({ isFailed }) => isFailed);
        expect(failed.filter(({ row }) => row === "clean-speed")).toEqual([]);
        expect(failed.filter(({ row }) => row !== "clean-speed")).toHaveLength(2);
    });

    test("a noise of p makes about p of the judged answers wrong", async () => {
        const judged = cases.filter(
            ({ dimension, lane }) => dimension !== "performance" && lane !== "sampled",
        );
        const server = await StandIn.start(python, 0);
        try {
            const failedWith = async (faults: string[]): Promise<number> =>
                (await runWith(server, faults, judged, "merge")).cases.filter(
                    ({ status }) => status === "failed",
                ).length;
            expect(await failedWith([])).toBe(0);
            const all = await failedWith(["noise:1"]);
            // What a server refuses has no answer to be spoilt.
            expect(all).toBeGreaterThan(0.95 * judged.length);
            const share = (await failedWith(["noise:0.2:a"])) / all;
            // Four standard errors; a case of several turns has several chances.
            const error = 4 * Math.sqrt((0.2 * 0.8) / all);
            expect(share).toBeGreaterThan(0.2 - error);
            expect(share).toBeLessThan(0.25 + error);
        } finally {
            await server.stop();
        }
    });

    test("the commit tier fits into its ten minutes at 20 tokens a second", async () => {
        // At ten times that pace, times ten: an upper bound, for what does not depend on the pace is in it, too.
        const { seconds, why } = await tryPace(python, cases, 200);
        expect(why).toMatch(/^all \d+ cases passed/);
        expect(10 * seconds).toBeLessThan(COMMIT_TIER_SECONDS);
    });
});
