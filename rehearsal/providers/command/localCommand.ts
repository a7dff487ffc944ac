import { spawn } from "node:child_process";
import type { EngineLog } from "../engineLog";
import type { CreateContext, ResourceType } from "../resourceType";
import type { Properties } from "../wire";
import { commandResource } from "./commandResource";
import { CommandOutput, OVERLONG_LINE_MESSAGE, type Logging } from "./output";

/** `command.local.Command`, without assetPaths and archivePaths. */
export function localCommand(log: EngineLog): ResourceType {
    return commandResource({ dir: {}, interpreter: {} }, (...args) => runLocally(...args, log));
}

async function runLocally(
    command: string,
    inputs: Properties,
    previous: Record<string, string>,
    context: CreateContext,
    log: EngineLog,
): Promise<{ stdout: string; stderr: string }> {
    const interpreter = (inputs.interpreter as string[] | undefined) ?? [];
    const [program, ...args] = interpreter.length > 0 ? interpreter : ["/bin/sh", "-c"];
    context.signal.throwIfAborted();
    const child = spawn(program ?? "/bin/sh", [...args, command], {
        cwd: (inputs.dir as string | undefined) ?? process.cwd(),
        env: {
            ...process.env,
            ...(inputs.environment as Record<string, string> | undefined),
            ...previous,
        },
        stdio: ["pipe", "pipe", "pipe"],
    });
    let problem: string | undefined;
    const output = new CommandOutput(
        inputs.logging as Logging | undefined,
        (line) => log.status(context.urn, line),
        () => {
            problem = OVERLONG_LINE_MESSAGE;
            child.kill("SIGKILL");
        },
    );
    const onAbort = () => {
        problem = "cancelled";
        child.kill("SIGKILL"); // as Go's exec.CommandContext
    };
    context.signal.addEventListener("abort", onAbort, { once: true });
    child.stdout.on("data", (chunk: Buffer) => output.write("stdout", chunk));
    child.stderr.on("data", (chunk: Buffer) => output.write("stderr", chunk));
    // A command that does not read its stdin closes the pipe on us.
    child.stdin.on("error", () => undefined);
    child.stdin.end((inputs.stdin as string | undefined) ?? "");
    try {
        await new Promise<void>((resolve, reject) => {
            child.on("error", reject);
            child.on("close", (code, signal) => {
                output.end();
                if (problem === undefined && code === 0) {
                    resolve();
                    return;
                }
                const why = problem ?? (signal ? `signal: ${signal}` : `exit status ${code}`);
                reject(
                    new Error(`${why}: running ${JSON.stringify(command)}:\n${output.combined}`),
                );
            });
        });
    } finally {
        context.signal.removeEventListener("abort", onAbort);
    }
    return { stdout: output.stdout, stderr: output.stderr };
}
