import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { z } from "zod";

import type { RunRecord } from "../sizing/history";

const minutes = z.number().nonnegative();

const record = z.object({
    runId: z.string(),
    endedAt: z.iso.datetime(),
    tier: z.string(),
    modelId: z.string(),
    precision: z.string(),
    instanceType: z.string(),
    market: z.string(),
    tensorParallel: z.int().positive(),
    verdict: z.string(),
    ownSuite: z.boolean().optional(),
    emulated: z.boolean(),
    startUpMinutes: minutes.nullable(),
    suiteMinutes: minutes.nullable(),
    estimatedMinutes: minutes,
    estimatedUsd: z.number().nonnegative(),
    actualUsd: z.number().nonnegative().nullable(),
}) satisfies z.ZodType<RunRecord>;

/** Where runs on this computer are remembered: `GPU_CI_HISTORY`, else beside the reports. */
export function historyPath(projectDir: string, env: NodeJS.ProcessEnv = process.env): string {
    return env.GPU_CI_HISTORY
        ? resolve(projectDir, env.GPU_CI_HISTORY)
        : join(projectDir, "reports", "history.jsonl");
}

/**
 * Adds a run. A line is one write at the file's end (O_APPEND), so runs that end at the same moment
 * do not mix theirs.
 */
export function appendHistory(path: string, run: RunRecord): void {
    mkdirSync(dirname(path), { recursive: true });
    // After a line that broke off, ours starts on one of its own.
    appendFileSync(path, `${endsOpen(path) ? "\n" : ""}${JSON.stringify(run)}\n`);
}

/** Every run that is remembered, oldest first; a line that is none (broken off, edited) is skipped. */
export function readHistory(path: string): RunRecord[] {
    if (!existsSync(path)) {
        return [];
    }
    return readFileSync(path, "utf8")
        .split("\n")
        .flatMap((line) => parseLine(line) ?? []);
}

function parseLine(line: string): RunRecord | undefined {
    try {
        return record.parse(JSON.parse(line));
    } catch {
        return undefined;
    }
}

function endsOpen(path: string): boolean {
    return existsSync(path) && /[^\n]$/.test(readFileSync(path, "utf8"));
}
