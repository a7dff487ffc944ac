import { writeFileSync } from "node:fs";

import { Command } from "@commander-js/extra-typings";

import { isUserError, UserError } from "../common/userError";
import { recordSteps, runBatch, type BatchOptions } from "../rehearsal/faults/batch";
import type { Cell } from "../rehearsal/faults/cell";
import { ours } from "../rehearsal/faults/cellRun";
import { comparisonTable } from "../rehearsal/faults/comparison";
import type { CellResult } from "../rehearsal/faults/judge";
import { LAYER_NAMES } from "../rehearsal/faults/layer";
import {
    machineCells,
    machineSubset,
    matrixCells,
    plainCells,
    subsetCells,
} from "../rehearsal/faults/matrix";
import { matrixFile } from "../rehearsal/faults/matrixFile";
import { plain } from "../rehearsal/faults/plainProgram";
import { stepText } from "../rehearsal/faults/step";
import { cellLine, matrixTable } from "../rehearsal/faults/table";
import type { Tools } from "../rehearsal/tools";
import { EXIT } from "./exitCodes";
import { ensureAll } from "./setup/ensureAll";

// Longer than the slowest layer's cells take in real time, so that no deadline passes before its jump.
const DEADLINE_MINUTES = 20;
const SIDE_BY_SIDE = 4;
// Machines that boot live in real time.
const BOOTED = { deadlineMinutes: 2, machines: "docker", sideBySide: 3 } as const;

interface Options {
    readonly subset?: boolean;
    readonly only?: RegExp;
    readonly plain: boolean;
    readonly json?: string;
}

interface Outcome {
    readonly cells: readonly CellResult[];
    readonly plain: readonly CellResult[];
    readonly foreignEnded: readonly string[];
}

async function main(): Promise<void> {
    const cli = new Command("faults")
        .description(
            "Injects faults into runs in the emulated cloud, with one release layer alone, and lets its " +
                "billing meter judge; 1 when anything leaks or a foreign machine is ended",
        )
        .option("--subset", "each fault once, and each class of faults with each layer")
        .option("--only <pattern>", "cells whose line matches a regular expression", pattern)
        .option("--no-plain", "leave the plain program out")
        .option("--json <file>", "write every cell to a file as well")
        .exitOverride((end) => process.exit(end.exitCode === 0 ? 0 : EXIT.noVerdict))
        .action(async (options) => {
            const startedAt = Date.now();
            const outcome = await measure(await ensureAll(), options);
            const minutes = (Date.now() - startedAt) / 60_000;
            print(outcome, minutes);
            if (options.json !== undefined) {
                writeFileSync(
                    options.json,
                    `${JSON.stringify(matrixFile({ ...outcome, minutes }), null, 4)}\n`,
                );
            }
            process.exitCode = isClean(outcome) ? EXIT.passed : 1;
        });
    await cli.parseAsync();
}

function pattern(text: string): RegExp {
    try {
        return new RegExp(text);
    } catch (error) {
        throw new UserError(
            `--only "${text}": ${(error as Error).message}`,
            "a regular expression",
            'such as --only "sweeper: kill -9"',
        );
    }
}

async function measure(tools: Tools, options: Options): Promise<Outcome> {
    const base = {
        ...{ tools, deadlineMinutes: DEADLINE_MINUTES, sideBySide: SIDE_BY_SIDE },
        signal: stopOnSignals(),
    };
    const program = ours(DEADLINE_MINUTES);
    say("recording the calls of a clean run");
    const steps = await recordSteps({ ...base, program });
    const wanted = (all: Cell[]) =>
        all.filter((cell) => options.only?.test(cellName(cell)) ?? true);
    const cells = wanted(options.subset ? subsetCells(steps) : matrixCells(steps));
    const booted = wanted(options.subset ? machineSubset(steps) : machineCells(steps));
    say(
        `${steps.length} moments before and after its calls; ${cells.length} cells whose machines ` +
            `sleep, ${booted.length} whose machines boot`,
    );
    const sleeping = await measureLayers({ ...base, program }, cells);
    const awake = await measureLayers(
        { ...base, ...BOOTED, program: ours(BOOTED.deadlineMinutes) },
        booted,
    );
    const plainResults = options.plain && !options.only ? await measurePlain(base) : [];
    return {
        cells: [...sleeping.cells, ...awake.cells],
        plain: plainResults,
        foreignEnded: [...sleeping.foreignEnded, ...awake.foreignEnded],
    };
}

async function measureLayers(
    options: BatchOptions,
    cells: readonly Cell[],
): Promise<Omit<Outcome, "plain">> {
    const results: CellResult[] = [];
    const foreignEnded: string[] = [];
    for (const layer of LAYER_NAMES) {
        const ofLayer = cells.filter((cell) => cell.layer === layer);
        if (ofLayer.length > 0) {
            const batch = await runBatch(layer, ofLayer, withProgress(options, ofLayer));
            batch.cells.forEach((cell) => say(cellLine(cell)));
            results.push(...batch.cells);
            foreignEnded.push(...batch.foreignEnded.map((what) => `${what} (${layer})`));
        }
    }
    return { cells: results, foreignEnded };
}

async function measurePlain(base: Omit<BatchOptions, "program">): Promise<readonly CellResult[]> {
    const program = plain();
    try {
        const steps = await recordSteps({ ...base, program });
        const cells = plainCells(steps);
        say(`the plain program: ${cells.length} cells`);
        return (await runBatch("driver", cells, withProgress({ ...base, program }, cells))).cells;
    } finally {
        program.close();
    }
}

function withProgress(options: BatchOptions, cells: readonly Cell[]): BatchOptions {
    let count = 0;
    return {
        ...options,
        onCell: ({ cell, seconds, faultAt }) => {
            count += 1;
            const what = faultAt === undefined ? "moment never came" : "injected";
            say(`[${count}/${cells.length}] ${cellName(cell)}: ${what}, ${seconds.toFixed(0)} s`);
        },
    };
}

function cellName({ layer, fault, step }: Cell): string {
    return `${layer}: ${fault.name} at ${stepText(step)}`;
}

function print({ cells, plain: plainResults, foreignEnded }: Outcome, minutes: number): void {
    const broken = cells.filter(({ holds }) => !holds);
    const injected = cells.filter(({ isInjected }) => isInjected).length;
    console.log(["", matrixTable(cells)].join("\n"));
    if (plainResults.length > 0) {
        console.log(
            ["", "Against the plain program:", "", comparisonTable(cells, plainResults)].join("\n"),
        );
    }
    console.log(
        [
            "",
            ...broken.map((cell) => `BROKEN ${cellLine(cell)}`),
            ...foreignEnded.map((what) => `FOREIGN MACHINE ENDED ${what}`),
            `${injected} faults injected in ${minutes.toFixed(1)} min, ${broken.length} cells broken, ` +
                `${foreignEnded.length} foreign machines ended`,
        ].join("\n"),
    );
}

function isClean({ cells, foreignEnded }: Outcome): boolean {
    return cells.every(({ holds }) => holds) && foreignEnded.length === 0 && cells.length > 0;
}

class Stopped extends Error {}

function stopOnSignals(): AbortSignal {
    const controller = new AbortController();
    for (const name of ["SIGINT", "SIGTERM"] as const) {
        process.on(name, () => controller.abort(new Stopped(`stopped by ${name}`)));
    }
    return controller.signal;
}

function say(text: string): void {
    console.log(`${new Date().toISOString().slice(11, 19)}Z faults      ${text}`);
}

main().catch((error: unknown) => {
    const isStopped = error instanceof Stopped;
    console.error(isStopped || isUserError(error) ? error.message : error);
    process.exitCode = isStopped ? EXIT.cancelled : EXIT.noVerdict;
});
