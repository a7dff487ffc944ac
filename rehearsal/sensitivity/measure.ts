import type { TestCase } from "../../suite/caseSchema";
import type { SuiteResults } from "../../suite/results";
import type { Tier } from "../../suite/tiers";
import { faultsOf, isClean, Row } from "./rows";
import { runBatched, runWith } from "./runBatched";
import { StandIn } from "./standIn";
import { Trial, tryRow } from "./trial";

/** The pace of the stand-in in runs that measure speed. */
export const TRUE_PACE = 200;
const NO_WAITING = 0;
const TIERS: readonly Tier[] = ["merge", "commit"];
/** Runs share two processes, this one and the server's. Those at the true pace mostly wait. */
const SIDE_BY_SIDE = { quality: 4, speed: 2 };

export interface MeasureOptions {
    readonly python: string;
    readonly cases: readonly TestCase[];
    readonly rows: readonly Row[];
    /** Of each row; of clean ones that measure no speed twice as many. */
    readonly runs: number;
    /** Whether a trial is there already. */
    readonly isDone?: (row: Row, tier: Tier, run: number) => boolean;
    readonly onTrial: (trial: Trial, done: number, count: number) => void;
}

interface Wanted {
    readonly row: Row;
    readonly tier: Tier;
    readonly run: number;
}

/**
 * Runs every row as often as wanted, in both tiers. Runs of one number share a baseline, made by a clean run,
 * and a model: which answers it gets wrong differs from number to number. Speed is measured last.
 *
 * @throws Error where a run gets no verdict.
 */
export async function measure(options: MeasureOptions): Promise<void> {
    const { rows, cases } = options;
    const all = rows.flatMap((row) => wantedOf(row, options));
    let done = 0;
    for (const kind of ["quality", "speed"] as const) {
        const wanted = all.filter(({ row }) => row.cases === kind);
        const own = cases.filter(
            ({ dimension }) => (dimension === "performance") === (kind === "speed"),
        );
        if (wanted.length === 0) {
            continue;
        }
        const server = await StandIn.start(
            options.python,
            kind === "speed" ? TRUE_PACE : NO_WAITING,
        );
        try {
            // What is looked at for the first time takes longer.
            await runWith(server, [], own, "merge");
            const numbers = [...new Set(wanted.map(({ run }) => run))].sort((a, b) => a - b);
            await eachOf(numbers, SIDE_BY_SIDE[kind], async (run) => {
                const ofRun = wanted.filter((each) => each.run === run);
                for await (const trial of tryAll(server, ofRun, own)) {
                    done += 1;
                    options.onTrial(trial, done, all.length);
                }
            });
        } finally {
            await server.stop();
        }
    }
}

function wantedOf(row: Row, { runs, isDone }: MeasureOptions): Wanted[] {
    const isDouble = isClean(row) && row.cases === "quality";
    const numbers = Array.from({ length: isDouble ? 2 * runs : runs }, (_, run) => run);
    // The commit tier has the same latency cases as the merge tier.
    const own = row.cases === "quality" ? TIERS : TIERS.filter((tier) => tier === "merge");
    return numbers
        .flatMap((run) => own.map((tier) => ({ row, tier, run })))
        .filter(({ tier, run }) => !isDone?.(row, tier, run));
}

async function* tryAll(
    server: StandIn,
    wanted: readonly Wanted[],
    cases: readonly TestCase[],
): AsyncGenerator<Trial> {
    const [first] = wanted;
    // The merge tier has every case, so that its results are a baseline of the commit tier, too.
    const baseline: SuiteResults | undefined =
        first && (await runBatched(server, faultsOf("baseline", first.run), cases, "merge"));
    for (const { row, tier, run } of baseline ? wanted : []) {
        yield await tryRow(server, row, run, baseline as SuiteResults, cases, tier);
    }
}

/** Does something for each item, `atOnce` at a time; the first error ends it. */
async function eachOf<T>(
    items: readonly T[],
    atOnce: number,
    act: (item: T) => Promise<void>,
): Promise<void> {
    const queue = items.values();
    const work = async (): Promise<void> => {
        for (const item of queue) {
            await act(item);
        }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
}
