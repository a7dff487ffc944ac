import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../../common/userError";
import { aptHost, installAptPackages } from "./aptPackages";
import { bootstrapSources, readAptSources } from "./aptSources";
import { checkSpace } from "./cachedFolder";
import { keyOf } from "./cacheKey";
import { CommandError, findOnPath, run } from "./commands";
import { derive } from "./deriveImage";
import type { DockerClient } from "./dockerClient";
import { FailureMemory } from "./failureMemory";
import {
    machineScript,
    PROJECT,
    stepLog,
    temporaryFolder,
    type SetupContext,
} from "./setupContext";

/** Pulled where that is possible. */
const BASE_IMAGE = "debian:12";
/** The same release, bootstrapped on Debian hosts of any release. */
const DEBIAN_RELEASE = "bookworm";
const PULL_LIMIT_SECONDS = 300;

/** The name of the small image that all others stand on. */
export function baseImageName(architecture: string): string {
    const scripts = ["slimBase.sh", "bootstrapBase.sh"].map(machineScript);
    return `ephemeral-gpu-ci/base:${keyOf([BASE_IMAGE, architecture, ...scripts])}`;
}

/** Makes the base image: pulled, else bootstrapped from this host's own apt sources. */
export async function makeBaseImage(
    docker: DockerClient,
    base: string,
    context: SetupContext,
): Promise<void> {
    const log = stepLog(context, "machine");
    const raw = (await pullBase(docker, context)) ?? (await bootstrapBase(docker, base, context));
    await derive(docker, context, {
        from: raw,
        to: base,
        script: machineScript("slimBase.sh"),
        flat: true,
    });
    if (raw !== BASE_IMAGE) {
        await docker.call(["image", "rm", raw]);
    }
    log.done(`made ${base}`);
}

async function pullBase(docker: DockerClient, context: SetupContext): Promise<string | undefined> {
    const log = stepLog(context, "machine");
    if (await docker.hasImage(BASE_IMAGE)) {
        return BASE_IMAGE;
    }
    const memory = new FailureMemory(context.cacheDir);
    if (memory.failedLately("base-image", BASE_IMAGE)) {
        return undefined;
    }
    log.line(`pulling ${BASE_IMAGE}`);
    try {
        await docker.call(["pull", "--quiet", BASE_IMAGE], { limitSeconds: PULL_LIMIT_SECONDS });
        log.done(`pulled ${BASE_IMAGE}`);
        return BASE_IMAGE;
    } catch (error) {
        if (!(error instanceof CommandError)) {
            throw error;
        }
        memory.remember("base-image", BASE_IMAGE);
        log.done(`${BASE_IMAGE} cannot be pulled`);
        return undefined;
    }
}

async function bootstrapBase(
    docker: DockerClient,
    base: string,
    context: SetupContext,
): Promise<string> {
    const log = stepLog(context, "machine");
    const host = aptHost();
    const next = "let this machine pull images, or run set-up as root on Debian or Ubuntu";
    if (!host) {
        throw new UserError(
            `the base image ${BASE_IMAGE} cannot be pulled, and it can be made only as root on Debian or Ubuntu`,
            undefined,
            next,
        );
    }
    const release = host.id === "debian" ? DEBIAN_RELEASE : host.codename;
    const sources = bootstrapSources(readAptSources(), host.codename, release);
    if (!sources) {
        throw new UserError(
            `apt's settings on this machine name no source of ${host.codename}`,
            "an http or https entry for the release itself, with the component main",
            `add one, or ${next}`,
        );
    }
    if (!findOnPath("debootstrap", context.env)) {
        await installAptPackages(["debootstrap"], "debootstrap is needed", log, context.signal);
    }
    log.line(`making a minimal ${host.id} ${release} by debootstrap`);
    const work = temporaryFolder(context, "bootstrap");
    try {
        checkSpace(work, 1.5, "machine");
        const list = path.join(work, "sources.list");
        fs.writeFileSync(list, sources.sourcesList);
        const tar = path.join(work, "base.tar");
        await run(
            // What it mounts in the new root is gone with its process, however that ends.
            "unshare",
            [
                ...["--mount", "sh", path.join(PROJECT, "rehearsal/machines/bootstrapBase.sh")],
                release,
                sources.mirror,
                list,
                work,
                tar,
            ],
            { env: { ...context.env, LC_ALL: "C" }, signal: context.signal },
        );
        const raw = `${base}-raw`;
        await docker.call(["import", tar, raw]);
        log.done(`bootstrapped ${release}`);
        return raw;
    } finally {
        // After an abort the last of its processes may still be writing.
        fs.rmSync(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
}
