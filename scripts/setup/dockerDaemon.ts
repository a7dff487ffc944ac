import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../common/userError";
import { installAptPackages, aptHost } from "./aptPackages";
import { keyOf } from "./cacheKey";
import { checkSpace } from "./cachedFolder";
import { findOnPath, run, tryRun } from "./commands";
import { PROJECT, stepLog, type SetupContext } from "./setupContext";

const START_LIMIT_SECONDS = 60;
/** A daemon that does not answer within this time is as good as none. */
const ANSWER_LIMIT_SECONDS = 15;

/**
 * The address of a Docker daemon: the user's own where it answers, else one that set-up starts for
 * this cache folder (root on Debian or Ubuntu). A daemon of ours listens on a Unix socket only.
 */
export async function ensureDocker(context: SetupContext): Promise<string> {
    const log = stepLog(context, "docker");
    const existing = await usersDaemon(context);
    if (existing) {
        log.line(`${existing.version} answers at ${existing.host}`);
        return existing.host;
    }
    const files = daemonFiles(context.cacheDir);
    const running = await answers(files.host, context);
    if (running) {
        log.line(`${running}, started earlier, answers at ${files.host}`);
        return files.host;
    }
    if (!findOnPath("docker", context.env) || !findOnPath("dockerd", context.env)) {
        await installAptPackages(
            ["docker.io", "iptables"],
            "Docker is needed: no daemon answers, and it is not installed",
            log,
            context.signal,
        );
        // Where systemd runs, the package starts a daemon itself.
        for (let second = 0; fs.existsSync("/run/systemd/system") && second < 10; second++) {
            const started = await usersDaemon(context);
            if (started) {
                log.done(`${started.version} answers at ${started.host}`);
                return started.host;
            }
            await sleep(1000, undefined, { signal: context.signal });
        }
    }
    if (!aptHost()) {
        throw new UserError(
            "no Docker daemon answers, and set-up starts one only as root on Debian or Ubuntu",
            undefined,
            "start Docker, or set DOCKER_HOST to a daemon that you may use",
        );
    }
    await startDaemon(files, context);
    log.done(`started ${await answers(files.host, context)} at ${files.host}`);
    return files.host;
}

async function usersDaemon(
    context: SetupContext,
): Promise<{ host: string; version: string } | undefined> {
    if (!findOnPath("docker", context.env)) {
        return undefined;
    }
    const asked = context.env.DOCKER_HOST;
    // Without DOCKER_HOST, Docker's own settings know the socket (Docker Desktop, rootless, ...).
    const host =
        asked ||
        (await tryRun(
            "docker",
            ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"],
            context,
        )) ||
        "unix:///var/run/docker.sock";
    const version = await answers(host, context);
    if (version) {
        return { host, version };
    }
    if (asked) {
        throw new UserError(
            `no Docker daemon answers at DOCKER_HOST=${asked}`,
            undefined,
            "start it, or unset DOCKER_HOST",
        );
    }
    return undefined;
}

async function answers(host: string, context: SetupContext): Promise<string | undefined> {
    if (!findOnPath("docker", context.env)) {
        return undefined;
    }
    const version = await tryRun(
        "docker",
        ["--host", host, "version", "--format", "{{.Server.Version}}"],
        { ...context, limitSeconds: ANSWER_LIMIT_SECONDS },
    );
    return version ? `Docker ${version}` : undefined;
}

interface DaemonFiles {
    readonly host: string;
    readonly socket: string;
    readonly dataRoot: string;
    readonly runDir: string;
    readonly pidFile: string;
    readonly logFile: string;
    /** Name of the network bridge, where it cannot be Docker's usual one; at most 15 characters. */
    readonly bridge: string;
}

/** Sockets are limited to 107 characters, so they lie in /run under a short name of the cache folder. */
function daemonFiles(cacheDir: string): DaemonFiles {
    const key = keyOf([cacheDir]);
    const runDir = `/run/ephemeral-gpu-ci-${key}`;
    const socket = `${runDir}/docker.sock`;
    return {
        host: `unix://${socket}`,
        socket,
        dataRoot: path.join(cacheDir, "docker"),
        runDir,
        pidFile: `${runDir}/docker.pid`,
        logFile: path.join(cacheDir, "dockerd.log"),
        bridge: `gpuci-${key.slice(0, 8)}`,
    };
}

async function startDaemon(files: DaemonFiles, context: SetupContext): Promise<void> {
    const log = stepLog(context, "docker");
    fs.mkdirSync(files.dataRoot, { recursive: true });
    fs.mkdirSync(files.runDir, { recursive: true, mode: 0o700 });
    checkSpace(files.dataRoot, 4, "docker");
    const network = await networkOptions(files, context);
    log.line(`starting a Docker daemon for ${files.dataRoot} (log: ${files.logFile})`);
    let problem = await launchDaemon(files, network, context);
    if (problem && /iptables/i.test(problem)) {
        // Enough for us: ports on loopback go through Docker's own proxy, images are made with the
        // host's network. Machines then reach nothing outside.
        log.line("iptables does not work here: starting without it");
        problem = await launchDaemon(files, [...network, "--iptables=false"], context);
    }
    if (problem) {
        throw new UserError(
            `the Docker daemon did not start: ${problem}`,
            undefined,
            "start Docker yourself, or set DOCKER_HOST to a daemon that you may use",
        );
    }
}

/** Starts dockerd so that it outlives this process. Returns undefined when it answers, else why not. */
async function launchDaemon(
    files: DaemonFiles,
    options: readonly string[],
    context: SetupContext,
): Promise<string | undefined> {
    // Left behind by a daemon that was killed; its number may belong to another process by now.
    fs.rmSync(files.pidFile, { force: true });
    fs.rmSync(files.socket, { force: true });
    const output = fs.openSync(files.logFile, "w");
    const child = spawn(
        "dockerd",
        [
            ...["--data-root", files.dataRoot, "--exec-root", path.join(files.runDir, "exec")],
            ...["--pidfile", files.pidFile, "--host", files.host, ...options],
        ],
        {
            env: daemonEnvironment(context.env),
            cwd: "/",
            detached: true,
            stdio: ["ignore", output, output],
        },
    );
    fs.closeSync(output);
    let ended: string | undefined;
    child.once("error", (error) => (ended = error.message));
    child.once("exit", (code, signal) => (ended = `it ended with ${code ?? signal}`));
    child.unref();
    for (let waited = 0; waited < START_LIMIT_SECONDS * 4 && ended === undefined; waited++) {
        await sleep(250, undefined, { signal: context.signal });
        if (fs.existsSync(files.socket) && (await answers(files.host, context))) {
            return undefined;
        }
    }
    const lines = fs.readFileSync(files.logFile, "utf8").trimEnd().split("\n").slice(-4);
    return `${ended ?? `no answer within ${START_LIMIT_SECONDS} s`}.\n${lines.join("\n")}`;
}

/**
 * Docker's usual bridge, or one of our own where another daemon has that already: two daemons on one
 * bridge hand out the same addresses.
 */
async function networkOptions(files: DaemonFiles, context: SetupContext): Promise<string[]> {
    if (!fs.existsSync("/sys/class/net/docker0")) {
        return [];
    }
    if (!findOnPath("ip", context.env)) {
        const log = stepLog(context, "docker");
        await installAptPackages(["iproute2"], "ip is needed", log, context.signal);
    }
    const script = path.join(PROJECT, "rehearsal/machines/bridge.sh");
    await run("sh", [script, files.bridge], { env: context.env, signal: context.signal });
    return ["--bridge", files.bridge];
}

/** The daemon outlives the caller, so it gets nothing of its environment but what it needs. */
function daemonEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const kept = ["PATH", "HOME", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
    const both = [...kept, ...kept.map((name) => name.toLowerCase())];
    return Object.fromEntries(both.filter((name) => env[name]).map((name) => [name, env[name]]));
}
