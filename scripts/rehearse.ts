import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { Command } from "@commander-js/extra-typings";

import { runCommand } from "../rehearsal/command";
import { deployFoundation } from "../rehearsal/foundation";
import { meterLine } from "../rehearsal/meter";
import { Session } from "../rehearsal/session";
import { TIER_NAMES } from "../sizing";
import { endWithError } from "./endWithError";
import { ensureAll } from "./setup/ensureAll";

const PROJECT_DIR = resolve(__dirname, "..");

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
        .passThroughOptions()
        .action((given) => {
            const args = given.length > 0 ? given : ["--tier", "commit"];
            return inSession(["node", join(PROJECT_DIR, "bin", "gpu-ci.js"), "run", ...args]);
        });
    program
        .command("exec")
        .description("starts the emulated cloud, runs any command in it, stops it")
        .argument("<command...>", "such as `-- pulumi up --yes --stack dev`")
        .allowUnknownOption()
        .passThroughOptions()
        .action((command) => inSession(command, initTierStacks));
    await program.parseAsync();
}

/** Runs a command in an emulated cloud of its own, whose foundation is deployed. */
async function inSession(
    command: string[],
    prepare: (session: Session) => Promise<void> = async () => undefined,
): Promise<void> {
    const startedAt = Date.now();
    const tools = await ensureAll();
    if (tools.standIns.length > 0) {
        say(`stand-in providers in use, the real ones are not here: ${tools.standIns.join(", ")}`);
    }
    const session = await Session.start(tools);
    say(`the emulated cloud listens on ${session.endpoint}; its machines are Docker containers`);
    const removeSalt = saltRemover();
    try {
        say("deploying the foundation with the real engine");
        await deployFoundation(session);
        await prepare(session);
        say(`ready after ${seconds(startedAt)} s; running: ${command.join(" ")}`);
        const { exitCode } = await runCommand(command, {
            cwd: PROJECT_DIR,
            env: session.env,
            output: "inherit",
        });
        process.exitCode = exitCode;
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
}

/** Stacks for the tiers, so that `pulumi up --stack dev` works as on a computer that is set up. */
async function initTierStacks(session: Session): Promise<void> {
    for (const tier of TIER_NAMES) {
        const init = ["pulumi", "stack", "init", tier];
        await runCommand(init, { cwd: PROJECT_DIR, env: session.env, output: "capture" });
    }
}

/**
 * The engine notes a salt for secrets in a stack's settings; a rehearsal takes it out again where
 * there was none, and leaves the work tree as it was.
 */
function saltRemover(): () => void {
    const withoutSalt = (file: string) =>
        readFileSync(file, "utf8").replace(/^encryptionsalt:.*\n/m, "");
    const unsalted = TIER_NAMES.map((tier) => join(PROJECT_DIR, `Pulumi.${tier}.yaml`)).filter(
        (file) => readFileSync(file, "utf8") === withoutSalt(file),
    );
    return () => unsalted.forEach((file) => writeFileSync(file, withoutSalt(file)));
}

function say(text: string): void {
    console.log(`${new Date().toISOString().slice(11, 19)}Z rehearse    ${text}`);
}

function seconds(since: number): string {
    return ((Date.now() - since) / 1000).toFixed(1);
}

main().catch(endWithError);
