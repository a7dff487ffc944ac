import * as fs from "node:fs";
import * as path from "node:path";
import { StepLog } from "./setupLog";

/** The root of the project. */
export const PROJECT = path.resolve(__dirname, "../..");

/** A shell script of rehearsal/machines, as text. */
export function machineScript(name: string): string {
    return fs.readFileSync(path.join(PROJECT, "rehearsal/machines", name), "utf8");
}

/** What every step is given. */
export interface SetupContext {
    readonly cacheDir: string;
    readonly env: NodeJS.ProcessEnv;
    readonly signal: AbortSignal;
    readonly write: (line: string) => void;
}

/** A new folder for a step's files of the moment; set-up empties their place when it starts. */
export function temporaryFolder(context: SetupContext, name: string): string {
    const parent = temporaryPlace(context.cacheDir);
    fs.mkdirSync(parent, { recursive: true });
    return fs.mkdtempSync(path.join(parent, `${name}-`));
}

/** Removes what a killed set-up left behind. Only for the holder of the lock. */
export function removeTemporaryFolders(cacheDir: string): void {
    fs.rmSync(temporaryPlace(cacheDir), { recursive: true, force: true });
}

function temporaryPlace(cacheDir: string): string {
    return path.join(cacheDir, "tmp");
}

export function stepLog(context: SetupContext, step: string): StepLog {
    return new StepLog(step, context.write);
}
