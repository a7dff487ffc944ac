import { spawn } from "node:child_process";

import { automation } from "@pulumi/pulumi";
import { version as sdkVersion } from "@pulumi/pulumi/version";
import { SemVer } from "semver";

/** Ended before it could do its work, or with an exit code other than 0. */
export class EngineProcessError extends Error {
    constructor(
        message: string,
        readonly stderr: string,
        readonly exitCode: number | null,
    ) {
        super(message);
        this.name = "EngineProcessError";
    }
}

export interface EngineProcessTimes {
    /** After the first SIGINT: the engine finishes what is under way and saves its state. */
    readonly gracefulSeconds: number;
    /** After the second SIGINT ("terminate at once") until SIGKILL. */
    readonly terminateSeconds: number;
}

// A command that hangs in an SSH session to a machine that is gone ignores a graceful cancel
// (command 1.2 has no keepalive), so there has to be an end. The machine has been ended by tag by then.
const TIMES: EngineProcessTimes = { gracefulSeconds: 40, terminateSeconds: 10 };

// The engine's own output is not shown (progress comes from events), only kept for an error's text.
const KEPT_CHARACTERS = 1_000_000;

interface CommandResult {
    readonly stdout: string;
    readonly stderr: string;
    readonly code: number;
    toString(): string;
}

/**
 * The `pulumi` command as the Automation API calls it, with a process of our own making:
 *
 * - in a process group of its own. A terminal's Ctrl-C goes to the whole group of the driver; the
 *   engine would get it twice (once from the terminal, once from our cancel), and a second signal
 *   means "terminate at once": a launch under way would be lost to the state.
 * - one SIGINT for a cancel, and an end to the waiting after it.
 * - bounded memory, whatever a run prints (the API hangs once the output passes about 100 MB).
 *
 * When the driver is killed (-9), the engine loses its pipes and stops at its next line; a machine
 * that it had launched is ended by the run's deadline.
 */
export class EngineProcess {
    constructor(
        readonly command: string,
        readonly version: automation.PulumiCommand["version"],
        private readonly times: EngineProcessTimes = TIMES,
    ) {}

    /**
     * The engine on PATH. One that was built from source without a version (`go build`) is taken for
     * the SDK's own version: the API would treat it as 3.0, without `whoami --json` or events.
     */
    static async find(): Promise<EngineProcess> {
        const unchecked = await automation.PulumiCommand.get({ skipVersionCheck: true });
        if (unchecked.version === null) {
            return new EngineProcess(unchecked.command, new SemVer(sdkVersion));
        }
        const { command, version } = await automation.PulumiCommand.get();
        return new EngineProcess(command, version);
    }

    run(
        args: string[],
        cwd: string,
        additionalEnv: Record<string, string>,
        onOutput?: (text: string) => void,
        onError?: (text: string) => void,
        signal?: AbortSignal,
    ): Promise<CommandResult> {
        const child = spawn(this.command, withGlobalOptions(args), {
            cwd,
            env: { ...process.env, ...additionalEnv, PULUMI_AUTOMATION_API: "true" },
            stdio: ["ignore", "pipe", "pipe"],
            detached: true,
        });
        let stdout = "";
        let stderr = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
            stdout = (stdout + text).slice(-KEPT_CHARACTERS);
            onOutput?.(text);
        });
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
            stderr = (stderr + text).slice(-KEPT_CHARACTERS);
            onError?.(text);
        });

        const timers: NodeJS.Timeout[] = [];
        const later = (seconds: number, act: () => void) =>
            timers.push(setTimeout(act, seconds * 1000));
        const cancel = () => {
            child.kill("SIGINT");
            later(this.times.gracefulSeconds, () => {
                child.kill("SIGINT");
                later(this.times.terminateSeconds, () => killGroup(child.pid));
            });
        };
        if (signal?.aborted) {
            cancel();
        } else {
            signal?.addEventListener("abort", cancel, { once: true });
        }

        return new Promise((resolve, reject) => {
            const fail = (why: string, code: number | null) =>
                reject(new EngineProcessError(why, stderr, code));
            child.once("error", (error) => fail(error.message, null));
            child.once("close", (code, killedBy) => {
                timers.forEach(clearTimeout);
                signal?.removeEventListener("abort", cancel);
                if (code === 0) {
                    resolve({ stdout, stderr, code, toString: () => stdout });
                } else {
                    const end = killedBy ? `ended by ${killedBy}` : `exit code ${code}`;
                    fail(`pulumi ${args[0]}: ${end}\n${stderr || stdout.slice(-4000)}`, code);
                }
            });
        });
    }
}

/**
 * `stack init` and `stack select` select the stack for the person at the terminal as well; they must
 * not. Every operation names its stack; `stack` alone looks whether it is there.
 */
function withGlobalOptions(args: string[]): string[] {
    const [command, verb, ...rest] = args;
    if (command === "stack" && verb === "select") {
        return [command, ...rest, "--non-interactive"];
    }
    const init = command === "stack" && verb === "init";
    return [...args, ...(init ? ["--no-select"] : []), "--non-interactive"];
}

function killGroup(pid: number | undefined): void {
    try {
        if (pid !== undefined) {
            process.kill(-pid, "SIGKILL");
        }
    } catch {
        // Gone in the meantime.
    }
}
