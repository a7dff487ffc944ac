import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { buildProviders } from "../../rehearsal/providers/build";
import { cachedFolder, cachedFolderPath } from "./cachedFolder";
import { folderParts, keyOf } from "./cacheKey";
import { findOnPath, run, CommandError } from "./commands";
import { FailureMemory } from "./failureMemory";
import { PROJECT, stepLog, temporaryFolder, type SetupContext } from "./setupContext";

const PROVIDERS = ["aws", "command", "random"] as const;
type ProviderName = (typeof PROVIDERS)[number];

const STALL_SECONDS = 20;
const DOWNLOAD_LIMIT_SECONDS = 600;

export interface Providers {
    /** The folder of the stand-ins, for PATH; undefined when none is needed. */
    readonly standInDir: string | undefined;
    /** Names of the stand-ins. */
    readonly standIns: readonly string[];
}

/**
 * The providers that the engine will start: those of the machine where it has them (on PATH, in
 * Pulumi's plugin cache, or by a download), else stand-ins of this project.
 */
export async function ensureProviders(pulumi: string, context: SetupContext): Promise<Providers> {
    const log = stepLog(context, "providers");
    const missing: ProviderName[] = [];
    const present: string[] = [];
    for (const name of PROVIDERS) {
        const version = sdkVersion(name);
        if (await isPresent(name, version, pulumi, context)) {
            present.push(`${name} ${version}`);
        } else {
            missing.push(name);
        }
    }
    if (present.length > 0) {
        log.line(`the real ones: ${present.join(", ")}`);
    }
    if (missing.length === 0) {
        return { standInDir: undefined, standIns: [] };
    }

    const source = path.join(PROJECT, "rehearsal/providers");
    const key = keyOf([
        missing.join(" "),
        ...folderParts(source),
        ...folderParts(path.join(PROJECT, "common")),
        fs.readFileSync(path.join(PROJECT, "package-lock.json"), "utf8"),
    ]);
    const folder = cachedFolderPath(context.cacheDir, "providers", key);
    if (fs.existsSync(folder)) {
        log.line(`stand-ins for ${missing.join(", ")}, cached: ${folder}`);
    } else {
        log.line(`building stand-ins for ${missing.join(", ")}`);
        await cachedFolder({
            cacheDir: context.cacheDir,
            name: "providers",
            key,
            needGiB: 0.2,
            make: async (folder) => {
                buildProviders(folder, missing);
            },
        });
        log.done(`built: ${folder}`);
    }
    return { standInDir: folder, standIns: missing };
}

async function isPresent(
    name: ProviderName,
    version: string,
    pulumi: string,
    context: SetupContext,
): Promise<boolean> {
    if (
        findOnPath(`pulumi-resource-${name}`, context.env) ||
        fs.existsSync(path.join(path.dirname(pulumi), `pulumi-resource-${name}`))
    ) {
        return true;
    }
    const home = context.env.PULUMI_HOME || path.join(context.env.HOME || os.homedir(), ".pulumi");
    const plugin = path.join(home, "plugins", `resource-${name}-v${version}`);
    if (fs.existsSync(plugin) && !fs.existsSync(`${plugin}.partial`)) {
        return true;
    }
    return downloadPlugin(name, version, pulumi, path.dirname(plugin), context);
}

async function downloadPlugin(
    name: ProviderName,
    version: string,
    pulumi: string,
    plugins: string,
    context: SetupContext,
): Promise<boolean> {
    const log = stepLog(context, "providers");
    const memory = new FailureMemory(context.cacheDir);
    if (memory.failedLately(`provider-${name}`, version)) {
        return false;
    }
    log.line(`downloading the ${name} provider ${version}`);
    const temporary = temporaryFolder(context, "plugin");
    try {
        await run(pulumi, ["plugin", "install", "resource", name, version], {
            env: { ...context.env, TMPDIR: temporary, PULUMI_SKIP_UPDATE_CHECK: "true" },
            stall: { folders: [temporary, plugins], seconds: STALL_SECONDS },
            limitSeconds: DOWNLOAD_LIMIT_SECONDS,
            signal: context.signal,
        });
        log.done(`downloaded the ${name} provider`);
        return true;
    } catch (error) {
        if (!(error instanceof CommandError)) {
            throw error;
        }
        memory.remember(`provider-${name}`, version);
        log.done(`the ${name} provider cannot be downloaded: a stand-in takes its place`);
        return false;
    } finally {
        fs.rmSync(temporary, { recursive: true, force: true });
    }
}

/** The engine asks for exactly the version of the SDK in use. */
function sdkVersion(name: ProviderName): string {
    const manifest = path.join(PROJECT, "node_modules/@pulumi", name, "package.json");
    return (JSON.parse(fs.readFileSync(manifest, "utf8")) as { version: string }).version;
}
