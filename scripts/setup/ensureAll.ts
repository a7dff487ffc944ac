import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../../common/userError";
import { cacheFolder } from "./cacheFolder";
import { explainFailure } from "./commands";
import { DockerClient } from "./dockerClient";
import { ensureDocker } from "./dockerDaemon";
import { ensureEngine } from "./engine";
import { ensureImageStore } from "./imageStore";
import { ensureMachineImage } from "./machineImage";
import { ensureProviders } from "./providers";
import { ensurePython } from "./pythonEnvironment";
import { removeTemporaryFolders, stepLog, type SetupContext } from "./setupContext";
import { takeLock } from "./setupLock";
import type { Tools } from "../../rehearsal/tools";

export interface SetupOptions {
    /** Instead of the folder that the environment names. */
    readonly cacheDir?: string;
    /** Takes one whole line without its newline; stderr when missing. */
    readonly write?: (line: string) => void;
    /** Stops the steps under way. */
    readonly signal?: AbortSignal;
    /** Instead of process.env. */
    readonly env?: NodeJS.ProcessEnv;
}

/**
 * Everything that a rehearsal needs, made where it is not there: engine, providers, the emulated
 * cloud's Python, Docker, the machine's image and the images that machines run. What is there
 * already is used as it is; a second call takes about a second.
 *
 * @throws UserError when something is missing that cannot be made here, with what to do about it.
 * @example const tools = await ensureAll();
 */
export async function ensureAll(options: SetupOptions = {}): Promise<Tools> {
    const env = options.env ?? process.env;
    const cacheDir = path.resolve(options.cacheDir ?? cacheFolder(env));
    const write = options.write ?? ((line: string) => process.stderr.write(`${line}\n`));
    // The first step that fails ends the others.
    const failed = new AbortController();
    const interrupt = options.signal ? undefined : stopOnSignals();
    const given = options.signal ?? interrupt?.signal;
    const signal = given ? AbortSignal.any([given, failed.signal]) : failed.signal;
    const context: SetupContext = { cacheDir, env, signal, write };
    const log = stepLog(context, "setup");

    const release = await step("lock", () => {
        fs.mkdirSync(cacheDir, { recursive: true });
        return takeLock(
            path.join(cacheDir, "setup.lock"),
            (pid) => log.line(`another set-up (process ${pid}) is at work: waiting for it`),
            given,
        );
    }).catch((error: unknown) => {
        interrupt?.end();
        throw error;
    });
    try {
        removeTemporaryFolders(cacheDir);
        const lanes = [
            // Docker first in the sense of a check: without it there is no need to build anything.
            lane(failed, async () => {
                const host = await step("docker", () => ensureDocker(context));
                const docker = new DockerClient(host, env, signal);
                const images = await step("machine", () => ensureMachineImage(docker, context));
                const volume = await step("images", () =>
                    ensureImageStore(docker, images, context),
                );
                return { host, machineImage: images.machine, volume };
            }),
            lane(failed, async () => {
                const engine = await step("engine", () => ensureEngine(context));
                const providers = await step("providers", () =>
                    ensureProviders(engine.pulumi, context),
                );
                return { engine, providers };
            }),
            lane(failed, () => step("python", () => ensurePython(context))),
        ] as const;
        const [machines, engines, python] = await settled(lanes, failed);
        const tools: Tools = {
            cacheDir,
            pulumi: engines.engine.pulumi,
            binDirs: [
                ...new Set([
                    path.dirname(engines.engine.pulumi),
                    engines.engine.languageHostDir,
                    ...(engines.providers.standInDir ? [engines.providers.standInDir] : []),
                ]),
            ],
            python,
            dockerHost: machines.host,
            machineImage: machines.machineImage,
            imageStoreVolume: machines.volume,
            standIns: engines.providers.standIns,
        };
        log.done("everything is there");
        return tools;
    } finally {
        release();
        interrupt?.end();
    }
}

/**
 * For a caller that gave no signal: Ctrl-C stops the steps' commands, which are in groups of their
 * own, and makes `ensureAll` throw.
 */
function stopOnSignals(): { signal: AbortSignal; end: () => void } {
    const controller = new AbortController();
    const stop = (name: NodeJS.Signals): void =>
        controller.abort(new UserError(`set-up was stopped by ${name}`));
    process.on("SIGINT", stop).on("SIGTERM", stop);
    return {
        signal: controller.signal,
        end: () => process.off("SIGINT", stop).off("SIGTERM", stop),
    };
}

/** Runs a step; its failure comes out in words for the user. */
async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
        return await work();
    } catch (error) {
        throw explainFailure(name, error);
    }
}

async function lane<T>(failed: AbortController, work: () => Promise<T>): Promise<T> {
    try {
        return await work();
    } catch (error) {
        failed.abort(error); // the first one's error; later aborts change nothing
        throw error;
    }
}

/** Waits for all lanes, so that nothing is at work when the lock is given back; throws the first error. */
async function settled<T extends readonly Promise<unknown>[]>(
    lanes: T,
    failed: AbortController,
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
    const results = await Promise.allSettled(lanes);
    if (results.some((result) => result.status === "rejected")) {
        throw failed.signal.reason;
    }
    return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
        [K in keyof T]: Awaited<T[K]>;
    };
}
