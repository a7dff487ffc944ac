import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { runCommand } from "../../rehearsal/command";
import { COMMIT_TIER_SECONDS, tryPace } from "../../rehearsal/sensitivity/paceTrial";
import { runWith } from "../../rehearsal/sensitivity/runBatched";
import { StandIn } from "../../rehearsal/sensitivity/standIn";
import { readTrials } from "../../rehearsal/sensitivity/trialFile";
import type { Tools } from "../../rehearsal/tools";
import { ensureStandIn } from "../../scripts/setup/ensureStandIn";
import { loadCases } from "../../suite/cases";
import { PROJECT_DIR } from "./harness";

jest.setTimeout(400_000);

const cases = loadCases(join(PROJECT_DIR, "suite", "cases"));
let python: string;

beforeAll(async () => {
    const given = process.env.GPU_CI_TEST_TOOLS;
    python = given ? (JSON.parse(given) as Tools).python : await ensureStandIn();
});

/** A process of its own, because so many runs take several times as long in Jest's. */
async function sensitivity(runs: number, only: string) {
    const json = join(mkdtempSync(join(tmpdir(), "sensitivity-")), "trials.jsonl");
    const { exitCode, output } = await runCommand(
        [
            ...[process.execPath, "--require", "tsx/cjs", "scripts/sensitivity.ts"],
            ...["--runs", String(runs), "--only", only, "--json", json],
        ],
        { cwd: PROJECT_DIR, env: process.env, output: "capture" },
    );
    const merge = readTrials([json]).filter(({ tier }) => tier === "merge");
    const failed = merge.filter(({ isFailed }) => isFailed).map(({ row, run }) => `${row} ${run}`);
    return { exitCode, output, ran: merge.length, failed };
}

describe("the suite against the stand-in", () => {
    test("finds every fault that spoils answers, and is quiet when nothing is wrong", async () => {
        // Stronger noises are found where a weaker one is.
        const faults = "swap|drop|reorder|truncate|wrong|noise:0.05";
        const { exitCode, output, ran, failed } = await sensitivity(5, `^(${faults}|clean$)`);
        // Six faults of five runs, and ten clean ones, all in tier merge.
        expect(ran).toBe(40);
        expect(failed).toHaveLength(30);
        expect(failed.filter((each) => each.startsWith("clean"))).toEqual([]);
        expect(output).toContain("| pictures dropped ");
        expect(exitCode).toBe(0);
    });

    test("finds tokens that are 20 % slower, and no slowness where there is none", async () => {
        const { ran, failed } = await sensitivity(2, "^(slow|clean-speed)");
        expect(ran).toBe(4);
        expect(failed.sort()).toEqual(["slow:1.2 0", "slow:1.2 1"]);
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
