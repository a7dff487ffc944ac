/**
 * Writes docs/sensitivity.md from what `npm run sensitivity -- --json FILE` measured, at once or in parts.
 *
 *     npm run docs:sensitivity -- FILE...
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Command } from "@commander-js/extra-typings";

import { COMMIT_TIER_SECONDS, PACE_ROW } from "../rehearsal/sensitivity/paceTrial";
import { JITTER, MODEL_ERRORS } from "../rehearsal/sensitivity/rows";
import { LEAST_FOUND, smallestNoise, summarise } from "../rehearsal/sensitivity/summary";
import { alarmTable, faultTable } from "../rehearsal/sensitivity/table";
import type { Trial } from "../rehearsal/sensitivity/trial";
import { readTrials } from "../rehearsal/sensitivity/trialFile";
import { endWithError } from "./endWithError";

const DOCS_FILE = join(__dirname, "..", "docs", "sensitivity.md");
const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

/** The page: how it was measured, what each tier finds, and when it alarms without a cause. */
export function sensitivityDocs(trials: readonly Trial[]): string {
    const [merge, commit] = [summarise(trials, "merge"), summarise(trials, "commit")];
    const pace = trials.find(({ row }) => row === PACE_ROW);
    return [
        "# What the suite sees, and when it is quiet",
        METHOD,
        "## Tier merge",
        faultTable(merge),
        sight("merge", smallestNoise(merge)),
        "Runs in which nothing was wrong, and how many of them failed:",
        alarmTable(merge),
        ...(merge.some(({ row }) => row.isWithoutBaseline) ? [WITHOUT_BASELINE] : []),
        "## Tier commit",
        "For information: a push runs the core cases only.",
        faultTable(commit),
        sight("commit", smallestNoise(commit)),
        alarmTable(commit),
        ...(pace
            ? [
                  `Against a server of 20 tokens a second the whole tier took ${Math.round(pace.seconds)} s, ` +
                      `at most ${COMMIT_TIER_SECONDS} are wanted.`,
              ]
            : []),
        LIMITS,
    ].join("\n\n");
}

function sight(tier: string, share: number | undefined): string {
    return share === undefined
        ? `No noise of the table is found in ${percent(LEAST_FOUND)} of the runs of tier ${tier}.`
        : `The smallest noise that tier ${tier} finds in at least ${percent(LEAST_FOUND)} of its runs: ${percent(share)}.`;
}

const METHOD = `Faults are injected into the [stand-in model](../rehearsal/model/README.md), and the suite is run again and
again. It does not know of them.

- **Left out.** Runs of quality have no performance cases, and the stand-in does not wait there between its
  tokens; runs of speed (every token slower) have nothing else, at 200 tokens a second, and only in tier merge.
- **No model is perfect.** The stand-in gets ${percent(MODEL_ERRORS)} of the answers wrong, other ones in each run of a row, and the
  same ones in that run's baseline. On top, ${percent(JITTER)} of the answers that are asked side by side come out wrong (or,
  of the wrong ones, right) by chance, other ones in every run and every baseline, as other batches on a GPU
  make them. They stay so when a case is asked again.
- **Baseline.** Each run is compared with a baseline of its own number: a run in which nothing was wrong.
- **Found** is a run whose verdict is failed: a regression, or a case of the boundary that failed and had passed
  in the baseline. The same in a run in which nothing was wrong is a false alarm. \`lost\` and \`won\`: the median of cases that passed in the baseline only, or in the run only.
- Intervals are Clopper and Pearson's. Seeds follow from the row and the run's number: quality comes out the
  same every time.

\`npm run sensitivity\` measures all of it again (about an hour on two cores) and keeps every run in
\`reports/sensitivity.jsonl\`, from where it goes on after an interruption; \`npm run docs:sensitivity -- FILE...\`
writes this page. \`npm test\` has a small part of it.`;

const WITHOUT_BASELINE = `Without a baseline every failed case counts: a model that knows every answer fails for the jitter alone
as often as the last row says, and one that does not fails always. That is what the baseline is for.`;

const LIMITS = `## What this does not show

The stand-in is no language model. Its noise spoils answers independently of each other; a quantised model
fails where it was unsure before, which may be in few kinds of cases. What a real model does to the cases is
known only from runs on a GPU.
`;

function main(): void {
    new Command("docs:sensitivity")
        .argument("<files...>", "what npm run sensitivity has written")
        .action((files) => writeFileSync(DOCS_FILE, sensitivityDocs(readTrials(files))))
        .parse();
}

if (require.main === module) {
    try {
        main();
    } catch (error) {
        endWithError(error);
    }
}
