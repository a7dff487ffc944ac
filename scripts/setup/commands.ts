import { spawn, type StdioOptions } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../../common/userError";

export interface CommandOptions {
    readonly cwd?: string;
    readonly env?: NodeJS.ProcessEnv;
    /** Text for stdin, or an open file. */
    readonly input?: string | { readonly file: string };
    /** stdout goes to this file instead of being returned. */
    readonly outputFile?: string;
    readonly limitSeconds?: number;
    /** Give up when nothing below these folders grew for so many seconds. */
    readonly stall?: { readonly folders: readonly string[]; readonly seconds: number };
    readonly signal?: AbortSignal;
}

/** A command that did not end with 0. */
export class CommandError extends Error {
    constructor(
        readonly command: string,
        /** Why it ended: an exit code, a signal, a limit. */
        readonly reason: string,
        /** The end of what it wrote. */
        readonly output: string,
    ) {
        super(`${command}: ${reason}${output.trim() ? `\n${lastLines(output, 8)}` : ""}`);
        this.name = "CommandError";
    }
}

const KEPT_CHARACTERS = 64 * 1024;

/**
 * Runs a command and returns its stdout. Throws CommandError when it fails, is not there, or takes
 * too long.
 */
export async function run(
    command: string,
    args: readonly string[],
    options: CommandOptions = {},
): Promise<string> {
    const label = [command, ...args.slice(0, 3)].join(" ").split("\n")[0];
    options.signal?.throwIfAborted();
    const opened: number[] = [];
    const open = (file: string, flags: string): number => {
        const descriptor = fs.openSync(file, flags);
        opened.push(descriptor);
        return descriptor;
    };
    const input = options.input;
    const stdio: StdioOptions = [
        input === undefined ? "ignore" : typeof input === "string" ? "pipe" : open(input.file, "r"),
        options.outputFile ? open(options.outputFile, "w") : "pipe",
        "pipe",
    ];
    // A group of its own: ending the command ends what it started too, which holds its pipes.
    const child = spawn(command, args, {
        cwd: options.cwd,
        env: options.env,
        stdio,
        detached: true,
    });
    for (const descriptor of opened) {
        fs.closeSync(descriptor);
    }

    let stdout = "";
    let tail = "";
    let stopped: string | undefined;
    const keep = (chunk: string): void => {
        tail = (tail + chunk).slice(-KEPT_CHARACTERS);
    };
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
        stdout += chunk;
        keep(chunk);
    });
    child.stderr?.setEncoding("utf8").on("data", keep);
    child.stdin?.on("error", () => undefined); // it ended before it read everything
    child.stdin?.end(typeof input === "string" ? input : undefined);

    const kill = (signal: NodeJS.Signals): void => {
        try {
            if (child.pid) {
                process.kill(-child.pid, signal);
            }
        } catch {
            // it is gone
        }
    };
    let killer: NodeJS.Timeout | undefined;
    const stop = (why: string): void => {
        if (stopped === undefined && child.pid) {
            stopped = why;
            kill("SIGTERM");
            killer = setTimeout(() => kill("SIGKILL"), 5_000);
        }
    };
    const abort = (): void => stop("stopped");
    options.signal?.addEventListener("abort", abort);
    const limit =
        options.limitSeconds &&
        setTimeout(
            () => stop(`took longer than ${options.limitSeconds} s`),
            options.limitSeconds * 1000,
        );
    const watch = options.stall && watchForStall(options.stall, stop);

    try {
        const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(
            (resolve, reject) => {
                child.once("error", reject);
                child.once("close", (...ended) => resolve(ended));
            },
        );
        options.signal?.throwIfAborted();
        if (stopped !== undefined || code !== 0) {
            throw new CommandError(label, stopped ?? `ended with ${code ?? signal}`, tail);
        }
        return stdout;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") {
            throw new CommandError(label, `${command} is not installed`, "");
        }
        throw error;
    } finally {
        options.signal?.removeEventListener("abort", abort);
        if (stopped !== undefined) {
            kill("SIGKILL"); // whoever of the group did not listen
        }
        clearTimeout(killer);
        clearTimeout(limit || undefined);
        clearInterval(watch);
    }
}

/** stdout of a command, trimmed; undefined when it fails for any reason but an abort. */
export async function tryRun(
    command: string,
    args: readonly string[],
    options: CommandOptions = {},
): Promise<string | undefined> {
    try {
        return (await run(command, args, options)).trim();
    } catch (error) {
        if (error instanceof CommandError) {
            return undefined;
        }
        throw error;
    }
}

/** The absolute path of an executable on PATH, undefined when there is none. */
export function findOnPath(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
    for (const folder of (env.PATH ?? "").split(path.delimiter)) {
        const candidate = path.resolve(folder || ".", name);
        try {
            fs.accessSync(candidate, fs.constants.X_OK);
            if (fs.statSync(candidate).isFile()) {
                return candidate;
            }
        } catch {
            // not here
        }
    }
    return undefined;
}

function watchForStall(
    stall: NonNullable<CommandOptions["stall"]>,
    stop: (why: string) => void,
): NodeJS.Timeout {
    let size = -1;
    let grewAt = Date.now();
    return setInterval(
        () => {
            const now = stall.folders.reduce((sum, folder) => sum + bytesBelow(folder), 0);
            if (now !== size) {
                size = now;
                grewAt = Date.now();
            } else if (Date.now() - grewAt > stall.seconds * 1000) {
                stop(`made no progress for ${stall.seconds} s`);
            }
        },
        Math.min(1_000, stall.seconds * 250),
    );
}

function bytesBelow(folder: string): number {
    let sum = 0;
    try {
        for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
            const full = path.join(folder, entry.name);
            sum += entry.isDirectory() ? bytesBelow(full) : fs.lstatSync(full).size;
        }
    } catch {
        // a download renames and removes its files
    }
    return sum;
}

const NETWORK =
    /no such host|could not resolve|temporary failure (in name resolution|resolving)|name or service not known|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|network is unreachable|connection timed out|connection refused|failed to establish a new connection|unable to connect to|fetch failed|i\/o timeout/i;
const DISK = /no space left on device|ENOSPC|disk quota exceeded|EDQUOT/i;

/**
 * A failed step in words for the person at the keyboard: a full disk and a missing network are
 * named as such, anything else keeps the end of what the command wrote.
 */
export function explainFailure(step: string, error: unknown): unknown {
    if (error instanceof UserError || (error instanceof Error && error.name === "AbortError")) {
        return error;
    }
    const text = error instanceof Error ? error.message : String(error);
    const output = error instanceof CommandError ? `${text}\n${error.output}` : text;
    if (DISK.test(output)) {
        return new UserError(
            `set-up step "${step}": the disk is full. ${lastLines(text, 3)}`,
            undefined,
            "free some space (8 GB are enough for everything), or set EPHEMERAL_GPU_CI_CACHE to a folder on another disk",
        );
    }
    if (NETWORK.test(output)) {
        return new UserError(
            `set-up step "${step}": a download failed, the network or a server cannot be reached.\n${lastLines(text, 4)}`,
            undefined,
            "check the connection and the proxy settings (HTTPS_PROXY), then run it again: finished steps are kept",
        );
    }
    if (error instanceof CommandError) {
        return new UserError(`set-up step "${step}" failed: ${text}`);
    }
    return error;
}

function lastLines(text: string, count: number): string {
    return text.trimEnd().split("\n").slice(-count).join("\n");
}
