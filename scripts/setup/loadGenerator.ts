import * as fs from "node:fs";
import * as path from "node:path";
import { cacheFolder } from "./cacheFolder";
import { ensurePython } from "./pythonEnvironment";
import { PROJECT, type SetupContext } from "./setupContext";
import { takeLock } from "./setupLock";

/** Two Pythons: that of the model stand-in, and that of the independent load generator. */
export interface AgreementPythons {
    readonly serverPython: string;
    readonly guidellmPython: string;
}

/**
 * Both virtual environments, made where they are missing; the load generator's takes about a minute
 * and 600 MB, and is nothing that a rehearsal needs.
 *
 * @throws UserError, CommandError as ensurePython.
 */
export async function ensureLoadGenerator(
    write = (line: string): boolean => process.stderr.write(`${line}\n`),
): Promise<AgreementPythons> {
    const cacheDir = path.resolve(cacheFolder(process.env));
    const { signal } = new AbortController();
    const context: SetupContext = { cacheDir, env: process.env, signal, write };
    fs.mkdirSync(cacheDir, { recursive: true });
    const release = await takeLock(path.join(cacheDir, "setup.lock"), () => undefined);
    try {
        const requirements = path.join(PROJECT, "rehearsal/agreement/requirements.txt");
        return {
            serverPython: await ensurePython(context),
            guidellmPython: await ensurePython(context, requirements),
        };
    } finally {
        release();
    }
}
