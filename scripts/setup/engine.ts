import * as fs from "node:fs";
import * as path from "node:path";
import { cachedFolder, cachedFolderPath } from "./cachedFolder";
import { keyOf } from "./cacheKey";
import { CommandError, findOnPath, run, tryRun } from "./commands";
import { FailureMemory } from "./failureMemory";
import { goBuild } from "./goBuild";
import { PROJECT, stepLog, type SetupContext } from "./setupContext";
import { isAtLeast } from "./versions";

export interface Engine {
    /** The executable, an absolute path. */
    readonly pulumi: string;
    /** The folder of `pulumi-language-nodejs`, where that is another one. */
    readonly languageHostDir: string;
}

/** The oldest engine that this project's programs and its driver are used with. */
const OLDEST_PULUMI = "3.200.0";
const LANGUAGE_HOST = "pulumi-language-nodejs";

/** A download is given up after so many seconds without a byte; a slow one may take its time. */
const STALL_SECONDS = 20;
const DOWNLOAD_LIMIT_SECONDS = 900;

/**
 * The Pulumi engine and its Node language host: those on PATH, else Pulumi's own installer, else
 * built by Go from pinned modules.
 */
export async function ensureEngine(context: SetupContext): Promise<Engine> {
    const pulumi = (await engineOnPath(context)) ?? (await ownEngine(context));
    return { pulumi, languageHostDir: await ensureLanguageHost(pulumi, context) };
}

async function engineOnPath(context: SetupContext): Promise<string | undefined> {
    const log = stepLog(context, "engine");
    const found = findOnPath("pulumi", context.env);
    if (!found) {
        return undefined;
    }
    const version = await tryRun(found, ["version"], { ...quiet(context), limitSeconds: 30 });
    if (version && isAtLeast(version, OLDEST_PULUMI)) {
        log.line(`pulumi ${version} on PATH: ${found}`);
        return found;
    }
    log.line(
        `${found} is ${version || "of an unknown version"}, older than ${OLDEST_PULUMI}: not used`,
    );
    return undefined;
}

async function ownEngine(context: SetupContext): Promise<string> {
    const log = stepLog(context, "engine");
    const module = path.join(PROJECT, "rehearsal/engine");
    // The installer's default version is the SDK's own.
    const sdk = fs.readFileSync(require.resolve("@pulumi/pulumi/package.json"), "utf8");
    const platform = `${process.platform} ${process.arch}`;
    const downloadKey = keyOf([platform, (JSON.parse(sdk) as { version: string }).version]);
    const downloaded = cachedFolderPath(context.cacheDir, "engine-download", downloadKey);
    const buildKey = keyOf([platform, fs.readFileSync(path.join(module, "go.mod"), "utf8")]);
    const built = cachedFolderPath(context.cacheDir, "engine", buildKey);

    for (const folder of [downloaded, built]) {
        if (fs.existsSync(folder)) {
            log.line(`cached: ${folder}`);
            return path.join(folder, "bin/pulumi");
        }
    }
    const memory = new FailureMemory(context.cacheDir);
    if (!memory.failedLately("engine", downloadKey)) {
        log.line("downloading Pulumi by its own installer");
        try {
            const folder = await cachedFolder({
                cacheDir: context.cacheDir,
                name: "engine-download",
                key: downloadKey,
                needGiB: 1,
                make: (root) => download(root, context),
            });
            log.done(`downloaded: ${folder}`);
            return path.join(folder, "bin/pulumi");
        } catch (error) {
            if (!(error instanceof CommandError)) {
                throw error;
            }
            memory.remember("engine", downloadKey);
            log.done(`the download failed: ${firstLine(error)}`);
        }
    }
    log.line("building pulumi by go from rehearsal/engine/go.mod: 3 to 6 minutes, once");
    const folder = await cachedFolder({
        cacheDir: context.cacheDir,
        name: "engine",
        key: buildKey,
        needGiB: 4,
        make: (root) =>
            goBuild(
                {
                    module,
                    command: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
                    versionOf: "github.com/pulumi/pulumi/pkg/v3",
                    out: path.join(root, "bin/pulumi"),
                },
                context,
            ),
    });
    log.done(`built: ${folder}`);
    return path.join(folder, "bin/pulumi");
}

async function download(root: string, context: SetupContext): Promise<void> {
    // The installer's temporary files go into a folder of ours, where progress can be seen.
    const temporary = path.join(root, "tmp");
    fs.mkdirSync(temporary);
    await run(
        process.execPath,
        ["--require", "tsx/cjs", path.join(__dirname, "downloadEngine.ts"), root],
        {
            cwd: PROJECT,
            // An older pulumi on PATH must not be taken for the installed one.
            env: { ...context.env, TMPDIR: temporary },
            stall: { folders: [root], seconds: STALL_SECONDS },
            limitSeconds: DOWNLOAD_LIMIT_SECONDS,
            signal: context.signal,
        },
    );
    fs.rmSync(temporary, { recursive: true, force: true });
}

/** The folder with the Node language host: beside pulumi, on PATH, or built. */
async function ensureLanguageHost(pulumi: string, context: SetupContext): Promise<string> {
    const log = stepLog(context, "language");
    const beside = path.join(path.dirname(fs.realpathSync(pulumi)), LANGUAGE_HOST);
    const found = [path.join(path.dirname(pulumi), LANGUAGE_HOST), beside].find((file) =>
        fs.existsSync(file),
    );
    const existing = found ?? findOnPath(LANGUAGE_HOST, context.env);
    if (existing) {
        log.line(`${LANGUAGE_HOST}: ${existing}`);
        return path.dirname(existing);
    }
    const module = path.join(PROJECT, "rehearsal/languageHost");
    const key = keyOf([
        `${process.platform} ${process.arch}`,
        fs.readFileSync(path.join(module, "go.mod"), "utf8"),
    ]);
    const folder = cachedFolderPath(context.cacheDir, "language-host", key);
    if (fs.existsSync(folder)) {
        log.line(`cached: ${folder}`);
        return path.join(folder, "bin");
    }
    log.line("building the Node language host by go from rehearsal/languageHost/go.mod");
    await cachedFolder({
        cacheDir: context.cacheDir,
        name: "language-host",
        key,
        needGiB: 1,
        make: (root) =>
            goBuild(
                {
                    module,
                    command: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
                    versionOf: "github.com/pulumi/pulumi/sdk/v3",
                    out: path.join(root, "bin", LANGUAGE_HOST),
                },
                context,
            ),
    });
    log.done(`built: ${folder}`);
    return path.join(folder, "bin");
}

function quiet(context: SetupContext): { env: NodeJS.ProcessEnv; signal: AbortSignal } {
    return { env: { ...context.env, PULUMI_SKIP_UPDATE_CHECK: "true" }, signal: context.signal };
}

function firstLine(error: CommandError): string {
    const lines = error.output.trim().split("\n").filter(Boolean);
    return lines[lines.length - 1] ?? error.reason;
}
