import type { Client, ClientChannel } from "ssh2";
import type { EngineLog } from "../engineLog";
import type { CreateContext, ResourceType } from "../resourceType";
import type { Properties } from "../wire";
import { commandResource } from "./commandResource";
import { CONNECTION_KEYS, dial, type Connection } from "./connection";
import { CommandOutput, OVERLONG_LINE_MESSAGE, type Logging } from "./output";

/** A server that accepts a signal has this long to end the command before the connection is cut. */
const CANCEL_GRACE_MILLISECONDS = 500;

/** `command.remote.Command` of the command provider 1.2 by a real SSH client. */
export function remoteCommand(log: EngineLog): ResourceType {
    return commandResource({ connection: { required: true, keys: CONNECTION_KEYS } }, (...args) =>
        runRemotely(...args, log),
    );
}

async function runRemotely(
    command: string,
    inputs: Properties,
    previous: Record<string, string>,
    context: CreateContext,
    log: EngineLog,
): Promise<{ stdout: string; stderr: string }> {
    const client = await dial(inputs.connection as Connection, {
        signal: context.signal,
        onRetry: (text) => log.status(context.urn, text),
    });
    try {
        const env = (inputs.environment ?? {}) as Record<string, string>;
        for (const name of await refusedVariables(client, env)) {
            throw new Error(
                `could not set environment variable "${name}": ssh: setenv failed ` +
                    "(the server accepts only what its AcceptEnv names; " +
                    "write 'VAR=value command' instead)",
            );
        }
        for (const name of await refusedVariables(client, previous)) {
            log.warning(
                context.urn,
                `Unable to set '${name}'. This only works if your SSH server is configured to ` +
                    "accept these variables via AcceptEnv. addPreviousOutputInEnv: false turns it off",
            );
        }
        const channel = await open(client, command, { ...env, ...previous });
        return await finish(client, channel, command, inputs, context, log);
    } finally {
        client.end();
    }
}

function open(
    client: Client,
    command: string,
    env: Record<string, string>,
): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
        client.exec(command, { env }, (error, channel) =>
            error ? reject(error) : resolve(channel),
        );
    });
}

/**
 * ssh2 does not ask the server whether it took a variable, the real provider does and fails if not;
 * so a first command on the same connection looks at what arrived.
 */
async function refusedVariables(client: Client, env: Record<string, string>): Promise<string[]> {
    const names = Object.keys(env);
    if (names.length === 0) {
        return [];
    }
    const probe = names
        .map((name) => `printenv '${name.replace(/'/g, `'\\''`)}' >/dev/null || echo '${name}'`)
        .join("; ");
    const channel = await open(client, probe, env);
    const chunks: Buffer[] = [];
    channel.on("data", (chunk: Buffer) => chunks.push(chunk));
    channel.stderr.resume();
    await new Promise<void>((resolve) => channel.on("close", () => resolve()));
    const missing = Buffer.concat(chunks).toString("utf8").split("\n");
    return names.filter((name) => missing.includes(name));
}

function finish(
    client: Client,
    channel: ClientChannel,
    command: string,
    inputs: Properties,
    context: CreateContext,
    log: EngineLog,
): Promise<{ stdout: string; stderr: string }> {
    return new Promise((resolve, reject) => {
        let problem: string | undefined;
        const stop = (why: string) => {
            problem = why;
            // Without a terminal a server leaves a command running when its connection goes. OpenSSH
            // passes the signal on to the process group, except for root.
            terminate(client, channel);
            setTimeout(() => client.destroy(), CANCEL_GRACE_MILLISECONDS).unref();
        };
        const output = new CommandOutput(
            inputs.logging as Logging | undefined,
            (line) => log.status(context.urn, line),
            () => stop(OVERLONG_LINE_MESSAGE),
        );
        // The real provider lets a running command go on when the engine cancels. Here it ends: a
        // cancelled rehearsal should not leave a process waiting for a machine that is gone.
        const onAbort = () => stop("cancelled");
        context.signal.addEventListener("abort", onAbort, { once: true });
        channel.on("data", (chunk: Buffer) => output.write("stdout", chunk));
        channel.stderr.on("data", (chunk: Buffer) => output.write("stderr", chunk));
        // Not "exit": a quick command's exit can arrive before anyone listens; "close" waits until
        // its output has been read, and has the same arguments.
        channel.on("close", (code?: number | null, signal?: string) => {
            context.signal.removeEventListener("abort", onAbort);
            output.end();
            if (problem === undefined && code === 0) {
                resolve({ stdout: output.stdout, stderr: output.stderr });
                return;
            }
            const why = problem ?? howItEnded(code, signal);
            reject(new Error(`${why}: running ${JSON.stringify(command)}:\n${output.combined}`));
        });
        channel.on("error", () => undefined); // "close" follows and says the rest
        channel.end((inputs.stdin as string | undefined) ?? "");
        if (context.signal.aborted) {
            onAbort();
        }
    });
}

/** In the words of Go's SSH client, which the real provider shows. */
function howItEnded(code: number | null | undefined, signal: string | undefined): string {
    if (typeof code === "number") {
        return `Process exited with status ${code}`;
    }
    return code === null
        ? `Process exited from signal ${signal ?? "unknown"}`
        : "wait: remote command exited without exit status or exit signal";
}

/** ssh2 offers no signal once stdin is closed, though SSH does; so this goes below its surface. */
function terminate(client: Client, channel: ClientChannel): void {
    const { _protocol: protocol } = client as unknown as {
        _protocol?: { signal(channelId: number, name: string): void };
    };
    const { outgoing } = channel as unknown as { outgoing?: { id?: number } };
    if (outgoing?.id !== undefined) {
        protocol?.signal(outgoing.id, "TERM");
    }
}
