import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { Command } from "@commander-js/extra-typings";

import { isUserError } from "../common/userError";
import { meterLine } from "../rehearsal/meter";
import { Session } from "../rehearsal/session";
import { EXIT } from "./exitCodes";
import { ensureAll } from "./setup/ensureAll";

const PROJECT_DIR = resolve(__dirname, "..");
const FOUNDATION_DIR = join(PROJECT_DIR, "foundation");
const TIERS = ["dev", "commit", "merge", "release"];

async function main(): Promise<void> {
    const program = new Command("rehearse")
        .description(
            "The real engine and machines that really boot, in an emulated cloud on this computer",
        )
        .enablePositionalOptions();
    program
        .command("run", { isDefault: true })
        .description("foundation, a whole `gpu-ci run`, and the receipt")
        .argument("[arguments...]", "for `gpu-ci run`; default: --tier commit")
        .allowUnknownOption()
        .action(async (given) => {
            const args = given.length > 0 ? given : ["--tier", "commit"];
            await inSession(["node", join(PROJECT_DIR, "bin", "gpu-ci.js"), "run", ...args]);
        });
    program
        .command("exec")
        .description("starts the emulated cloud, runs any command in it, stops it")
        .argument("<command...>", "such as `-- pulumi up --yes --stack dev`")
        .allowUnknownOption()
        .passThroughOptions()
        .action((command) => inSession(command));
    await program.parseAsync();
}

/** Runs a command in an emulated cloud of its own, whose foundation is deployed. */
async function inSession(command: string[]): Promise<void> {
    const startedAt = Date.now();
    const tools = await ensureAll();
    if (tools.standIns.length > 0) {
        say(`stand-in providers in use, the real ones are not here: ${tools.standIns.join(", ")}`);
    }
    const session = await Session.start(tools);
    say(`the emulated cloud listens on ${session.endpoint}; its machines are Docker containers`);
    const removeSalt = saltRemover();
    let exitCode: number = EXIT.noVerdict;
    try {
        say("deploying the foundation with the real engine");
        await deployFoundation(session);
        await initTierStacks(session);
        say(`ready after ${seconds(startedAt)} s; running: ${command.join(" ")}`);
        exitCode = await runCommand(session, command, PROJECT_DIR, "inherit");
    } finally {
        removeSalt();
        const meter = await session.stop();
        say(meterLine(meter));
        for (const machine of meter.machines.filter(
            ({ leftRunningAt }) => leftRunningAt === null,
        )) {
            say(
                `${machine.instanceId} was running when the emulated cloud was stopped, and went with it; ` +
                    `in AWS it would run until its deadline ${machine.expiresAt}`,
            );
        }
        say(`the emulated cloud has stopped after ${seconds(startedAt)} s`);
    }
    process.exitCode = exitCode;
}

async function deployFoundation(session: Session): Promise<void> {
    const stack = ["--stack", "rehearsal-foundation"];
    await mustRun(session, ["pulumi", "stack", "init", ...stack], FOUNDATION_DIR);
    await mustRun(session, ["pulumi", "up", "--yes", "--skip-preview", ...stack], FOUNDATION_DIR);
}

/**
 * Stacks for the tiers, so that `pulumi up --stack dev` works as on a computer that is set up. The
 * engine notes a salt for secrets in a stack's settings; a rehearsal takes it out again.
 */
async function initTierStacks(session: Session): Promise<void> {
    for (const tier of TIERS) {
        await mustRun(session, ["pulumi", "stack", "init", tier], PROJECT_DIR);
    }
}

function withoutSalt(file: string): string {
    return readFileSync(file, "utf8").replace(/^encryptionsalt:.*\n/m, "");
}

function saltRemover(): () => void {
    const unsalted = TIERS.map((tier) => join(PROJECT_DIR, `Pulumi.${tier}.yaml`)).filter(
        (file) => readFileSync(file, "utf8") === withoutSalt(file),
    );
    return () => unsalted.forEach((file) => writeFileSync(file, withoutSalt(file)));
}

async function mustRun(session: Session, command: string[], cwd: string): Promise<void> {
    const exitCode = await runCommand(session, command, cwd, "pipe");
    if (exitCode !== 0) {
        throw new Error(`${command.join(" ")} ended with ${exitCode}`);
    }
}

/** Runs a command; quiet ones show their output only when they fail. */
function runCommand(
    session: Session,
    [file, ...args]: string[],
    cwd: string,
    output: "inherit" | "pipe",
): Promise<number> {
    return new Promise((done, fail) => {
        const child = spawn(file, args, {
            cwd,
            env: session.env,
            stdio: output === "inherit" ? "inherit" : ["ignore", "pipe", "pipe"],
        });
        let text = "";
        child.stdout?.on("data", (bytes) => (text += bytes));
        child.stderr?.on("data", (bytes) => (text += bytes));
        const forward = (signal: NodeJS.Signals) => () => child.kill(signal);
        // A terminal's Ctrl-C reaches the child by itself: a second one would cut its release short.
        const onInterrupt = process.stdin.isTTY ? () => undefined : forward("SIGINT");
        const onTerminate = forward("SIGTERM");
        process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate);
        const stopListening = () => process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate);
        child.once("error", (error) => {
            stopListening();
            fail(error);
        });
        child.once("close", (code, signal) => {
            stopListening();
            if (output === "pipe" && code !== 0) {
                process.stderr.write(text);
            }
            done(code ?? (signal === "SIGINT" ? 130 : 1));
        });
    });
}

function say(text: string): void {
    console.log(`${new Date().toISOString().slice(11, 19)}Z rehearse    ${text}`);
}

function seconds(since: number): string {
    return ((Date.now() - since) / 1000).toFixed(1);
}

main().catch((error: unknown) => {
    console.error(isUserError(error) ? error.message : error);
    process.exitCode = EXIT.noVerdict;
});
