import * as fs from "node:fs";
import * as path from "node:path";
import { filesBelow, keyOf } from "./cacheKey";
import { run } from "./commands";
import type { DockerClient } from "./dockerClient";
import { temporaryFolder, type SetupContext } from "./setupContext";

/** What set-up leaves on a Docker daemon is marked, so that it can be found and removed. */
export const SETUP_LABEL = "ephemeral-gpu-ci.setup";
/** On containers: the cache folder's key. Only the set-up of that folder removes them. */
const CONTAINER_LABEL = "ephemeral-gpu-ci.setup-of";

export interface Derivation {
    readonly from: string;
    readonly to: string;
    /** Run by sh inside a container of `from`, with the host's network. */
    readonly script?: string;
    /** Its files are put over the container's root, owned by root. */
    readonly folder?: string;
    /** Dockerfile instructions for the image's settings. */
    readonly changes?: readonly string[];
    /** One layer instead of another one on top. */
    readonly flat?: boolean;
}

/**
 * Makes an image from a container. Without `docker build`, which needs a plug-in in new versions and
 * a legacy builder in old ones; the files go through stdin, so the daemon may be on another machine.
 */
export async function derive(
    docker: DockerClient,
    context: SetupContext,
    what: Derivation,
): Promise<void> {
    const container = `ephemeral-gpu-ci-setup-${process.pid}-${Date.now()}`;
    const work = temporaryFolder(context, "image");
    const changes = [...(what.changes ?? []), `LABEL ${SETUP_LABEL}=true`].flatMap((c) => [
        "--change",
        c,
    ]);
    const start = ["run", "--name", container, ...setupContainer(context), "--interactive"];
    try {
        if (what.script !== undefined) {
            const proxies = ["http_proxy", "https_proxy", "no_proxy"].flatMap((name) => {
                const value = context.env[name] ?? context.env[name.toUpperCase()];
                return value ? ["--env", `${name}=${value}`] : [];
            });
            await docker.call([...start, "--network", "host", ...proxies, what.from, "sh", "-s"], {
                input: what.script,
            });
        } else if (what.folder !== undefined) {
            const tar = path.join(work, "files.tar");
            await tarFolder(what.folder, tar, context);
            await docker.call([...start, what.from, "tar", "-C", "/", "-xf", "-"], {
                input: { file: tar },
            });
        }
        if (what.flat) {
            const tar = path.join(work, "root.tar");
            await docker.call(["export", "--output", tar, container]);
            await docker.call(["import", ...changes, tar, what.to]);
        } else {
            await docker.call(["commit", ...changes, container, what.to]);
        }
    } finally {
        // Also after an abort, so without the signal.
        await run("docker", ["--host", docker.host, "rm", "--force", "--volumes", container], {
            env: context.env,
        }).catch(() => undefined);
        fs.rmSync(work, { recursive: true, force: true });
    }
}

/** A tar of a folder with fixed owners, times and modes: only content counts. */
async function tarFolder(folder: string, out: string, context: SetupContext): Promise<void> {
    const staged = temporaryFolder(context, "files");
    try {
        for (const file of filesBelow(folder)) {
            const target = path.join(staged, file);
            fs.mkdirSync(path.dirname(target), { recursive: true });
            fs.copyFileSync(path.join(folder, file), target);
            const executable = (fs.statSync(target).mode & 0o100) !== 0;
            fs.chmodSync(target, executable ? 0o755 : 0o644);
        }
        const top = fs.readdirSync(staged);
        // Folders that exist in the image keep their own modes: only files are named.
        await run("tar", ["-C", staged, "-cf", out, ...ownerOptions(), ...top], {
            env: context.env,
            signal: context.signal,
        });
    } finally {
        fs.rmSync(staged, { recursive: true, force: true });
    }
}

/** GNU tar and BSD tar (macOS) say it differently. */
function ownerOptions(): string[] {
    return process.platform === "linux"
        ? ["--owner=0", "--group=0", "--numeric-owner"]
        : ["--uid", "0", "--gid", "0"];
}

/** Options of `docker run` that mark a container as this set-up's. */
export function setupContainer(context: SetupContext): string[] {
    return ["--label", `${CONTAINER_LABEL}=${keyOf([context.cacheDir])}`];
}

/** Removes containers of a set-up that was killed. Only for the holder of the lock. */
export async function removeLeftoverContainers(
    docker: DockerClient,
    context: SetupContext,
): Promise<void> {
    const [, label] = setupContainer(context);
    const ids = await docker.call(["ps", "--all", "--quiet", "--filter", `label=${label}`]);
    if (ids) {
        await docker.call(["rm", "--force", "--volumes", ...ids.split("\n")]);
    }
}
