import { spawn } from "node:child_process";

export interface CommandOptions {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    /** `inherit`: a person watches, and signals are handed on. `capture`: the caller reads it. */
    readonly output: "inherit" | "capture";
}

export interface CommandResult {
    readonly exitCode: number;
    /** stdout and stderr together; empty when inherited. */
    readonly output: string;
}

/** Runs a command to its end. Killed by a signal, it ends as a shell would say: 128 + number. */
export function runCommand(
    [file, ...args]: readonly string[],
    options: CommandOptions,
): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
        const child = spawn(file, args, {
            cwd: options.cwd,
            env: options.env,
            stdio: options.output === "inherit" ? "inherit" : ["ignore", "pipe", "pipe"],
        });
        let output = "";
        child.stdout?.on("data", (bytes) => (output += bytes));
        child.stderr?.on("data", (bytes) => (output += bytes));

        // A terminal's Ctrl-C reaches the child by itself: a second one would cut its release short.
        const onInterrupt = () => process.stdin.isTTY || child.kill("SIGINT");
        const onTerminate = () => child.kill("SIGTERM");
        process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate);
        const forgetSignals = () => process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate);

        child.once("error", (error) => {
            forgetSignals();
            reject(error);
        });
        child.once("close", (code, signal) => {
            forgetSignals();
            resolve({ exitCode: code ?? (signal === "SIGINT" ? 130 : 143), output });
        });
    });
}
