import { join } from "node:path";

import { Command, InvalidArgumentError } from "@commander-js/extra-typings";

import { measure } from "../rehearsal/sensitivity/measure";
import { PACE_ROW, SLOW_TOKENS_PER_SECOND, tryPace } from "../rehearsal/sensitivity/paceTrial";
import { ROWS, Row } from "../rehearsal/sensitivity/rows";
import { shortcomings, summarise } from "../rehearsal/sensitivity/summary";
import { alarmTable, faultTable } from "../rehearsal/sensitivity/table";
import { appendTrial, readTrials, suiteDigest } from "../rehearsal/sensitivity/trialFile";
import { loadCases } from "../suite/cases";
import { endWithError } from "./endWithError";
import { EXIT } from "./exitCodes";
import { ensureStandIn } from "./setup/ensureStandIn";

const PROJECT = join(__dirname, "..");
/** Every so often a line says how far it is. */
const SAY_EVERY_SECONDS = 15;

interface Options {
    readonly runs: number;
    readonly only?: RegExp;
    readonly json: string;
}

async function main(): Promise<void> {
    const cli = new Command("sensitivity")
        .description(
            "Runs the suite against the stand-in model with faults and without, and counts what it finds; " +
                "1 when a fault is found too seldom or clean runs alarm too often",
        )
        .option("--runs <count>", "of each fault; clean ones twice as many", count, 100)
        .option("--only <pattern>", "rows whose name matches a regular expression", pattern)
        .option(
            "--json <file>",
            "keeps every run, a line each; what is in it already is not run again",
            join(PROJECT, "reports", "sensitivity.jsonl"),
        )
        .exitOverride((end) => process.exit(end.exitCode === 0 ? 0 : EXIT.noVerdict))
        .action(async (options) => {
            process.exitCode = await run(options);
        });
    await cli.parseAsync();
}

async function run({ runs, only, json }: Options): Promise<number> {
    const cases = loadCases(join(PROJECT, "suite", "cases"));
    const suite = suiteDigest(cases);
    const rows = ROWS.filter(({ id }) => only?.test(id) ?? true);
    const known = readTrials([json], suite);
    const done = new Set(known.map(({ row, tier, run: number }) => `${row}/${tier}/${number}`));
    say(`${rows.length} rows, ${cases.length} cases, ${done.size} runs in ${json} already`);
    const python = await ensureStandIn();
    // It mostly waits, for minutes.
    const pace =
        (only?.test(PACE_ROW) ?? true) && !done.has(`${PACE_ROW}/commit/0`)
            ? tryPace(python, cases)
            : undefined;
    let said = Date.now();
    await measure({
        ...{ python, cases, rows, runs },
        isDone: (row: Row, tier, number) => done.has(`${row.id}/${tier}/${number}`),
        onTrial: (trial, at, of) => {
            appendTrial(json, { ...trial, suite });
            if (Date.now() - said > SAY_EVERY_SECONDS * 1000) {
                said = Date.now();
                say(`[${at}/${of}] ${trial.row}, ${trial.tier}: ${trial.why}`);
            }
        },
    });
    if (pace) {
        appendTrial(json, { ...(await pace), suite });
    }
    const trials = readTrials([json], suite);
    const merge = summarise(trials, "merge");
    for (const [tier, summaries] of [
        ["merge", merge],
        ["commit", summarise(trials, "commit")],
    ] as const) {
        console.log(`\nTier ${tier}\n\n${faultTable(summaries)}\n\n${alarmTable(summaries)}`);
    }
    const slow = trials.find(({ row }) => row === PACE_ROW);
    if (slow) {
        console.log(
            `\nTier commit at ${SLOW_TOKENS_PER_SECOND} tokens/s: ${Math.round(slow.seconds)} s`,
        );
    }
    const short = [
        ...shortcomings(merge),
        ...(slow?.isFailed
            ? [`tier commit at ${SLOW_TOKENS_PER_SECOND} tokens/s: ${slow.why}`]
            : []),
    ];
    console.log(["", ...short.map((what) => `SHORT ${what}`)].join("\n"));
    return short.length === 0 ? EXIT.passed : 1;
}

function count(text: string): number {
    const number = Number(text);
    if (!Number.isInteger(number) || number < 1) {
        throw new InvalidArgumentError("a whole number from 1 is allowed.");
    }
    return number;
}

function pattern(text: string): RegExp {
    try {
        return new RegExp(text);
    } catch (error) {
        throw new InvalidArgumentError(`${(error as Error).message}.`);
    }
}

function say(text: string): void {
    console.log(`${new Date().toISOString().slice(11, 19)}Z sensitivity ${text}`);
}

main().catch(endWithError);
