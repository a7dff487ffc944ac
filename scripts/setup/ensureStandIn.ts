import { join } from "node:path";

import { cacheFolder } from "./cacheFolder";
import { explainFailure } from "./commands";
import { ensurePython } from "./pythonEnvironment";
import { stepLog, type SetupContext } from "./setupContext";
import { takeLock } from "./setupLock";

/**
 * Python that can run the stand-in model, made where it is not there; no cloud, engine or Docker.
 *
 * @throws UserError when it cannot be made.
 */
export async function ensureStandIn(): Promise<string> {
    const context: SetupContext = {
        cacheDir: cacheFolder(process.env),
        env: process.env,
        signal: new AbortController().signal,
        write: (line) => process.stderr.write(`${line}\n`),
    };
    const log = stepLog(context, "setup");
    const release = await takeLock(join(context.cacheDir, "setup.lock"), (pid) =>
        log.line(`another set-up (process ${pid}) is at work: waiting for it`),
    );
    try {
        return await ensurePython(context);
    } catch (error) {
        throw explainFailure("python", error);
    } finally {
        release();
    }
}
