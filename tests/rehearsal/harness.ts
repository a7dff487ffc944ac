import { ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import Ajv from "ajv/dist/2020";
import addFormats from "ajv-formats";

import { CommandResult, runCommand } from "../../rehearsal/command";
import { deployFoundation } from "../../rehearsal/foundation";
import { MeteredMachine, meterLine } from "../../rehearsal/meter";
import { Session, SessionOptions } from "../../rehearsal/session";
import { ensureAll } from "../../scripts/setup/ensureAll";
import { Tools } from "../../rehearsal/tools";
import { unlistedActions } from "../permissions/callers";

export const PROJECT_DIR = resolve(__dirname, "..", "..");
const GPU_CI = join(PROJECT_DIR, "bin", "gpu-ci.js");

// On a busy computer a cloud with machines takes longer to end than Jest's 5 s for a hook.
jest.setTimeout(120_000);

/** An emulated cloud with the foundation in it, for the tests of one file. */
export async function startSession(
    options: SessionOptions = {},
    foundation: Readonly<Record<string, string>> = {},
): Promise<Session> {
    // `npm test` has set everything up; a single file run by hand does it itself.
    const given = process.env.GPU_CI_TEST_TOOLS;
    const tools: Tools = given ? JSON.parse(given) : await ensureAll();
    const session = await Session.start(tools, options);
    await deployFoundation(session, foundation);
    return session;
}

/**
 * Ends the emulated cloud, whose meter is the judge: no machine left, nothing past a deadline. Its log
 * is another: a call that CI's policy does not list would be refused on AWS.
 */
export async function stopSession(session: Session | undefined): Promise<void> {
    if (session === undefined) {
        return;
    }
    const unlisted = unlistedActions(await session.calls());
    const meter = await session.stop();
    process.stderr.write(`${meterLine(meter)}\n`);
    expect({ running: meter.running, leakedGpuSeconds: meter.leakedGpuSeconds }).toEqual({
        running: 0,
        leakedGpuSeconds: 0,
    });
    expect({ "not in the policy for CI (foundation/policies/ci.ts)": unlisted }).toEqual({
        "not in the policy for CI (foundation/policies/ci.ts)": [],
    });
}

/** Runs the driver to its end. */
export function gpuCi(
    session: Session,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
    return runCommand(["node", GPU_CI, ...args], {
        cwd: PROJECT_DIR,
        env: { ...session.env, ...env },
        output: "capture",
    });
}

/** Runs a command of the engine to its end. */
export function pulumi(
    session: Session,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
    return runCommand(["pulumi", ...args, "--color", "never", "--non-interactive"], {
        cwd: PROJECT_DIR,
        env: { ...session.env, ...env },
        output: "capture",
    });
}

/** Starts the driver in a process group of its own, to be interrupted or killed. */
export function startGpuCi(session: Session, args: readonly string[]): StartedDriver {
    return new StartedDriver(
        spawn("node", [GPU_CI, ...args], {
            cwd: PROJECT_DIR,
            env: session.env,
            stdio: ["ignore", "pipe", "pipe"],
            detached: true,
        }),
    );
}

/** A driver that runs, and what it has printed so far. */
export class StartedDriver {
    output = "";
    readonly ended: Promise<number | null>;

    constructor(private readonly child: ChildProcess) {
        child.stdout?.on("data", (bytes) => (this.output += bytes));
        child.stderr?.on("data", (bytes) => (this.output += bytes));
        this.ended = new Promise((done) => child.once("close", (code) => done(code)));
    }

    /** To the driver alone, as a CI does it. */
    signal(signal: NodeJS.Signals): void {
        this.child.kill(signal);
    }

    /** The driver and all that it started, at once: nothing of it can clean up. */
    killTree(): void {
        for (const pid of [this.child.pid!, ...descendants(this.child.pid!)]) {
            try {
                process.kill(pid, "SIGKILL");
            } catch {
                // It has ended in the meantime.
            }
        }
    }

    async printed(text: string | RegExp, seconds = 60): Promise<void> {
        await until(
            `the driver prints ${text}`,
            () => this.output.search(text) >= 0,
            seconds,
            () => this.output,
        );
    }
}

function descendants(pid: number): number[] {
    const table = execFileSync("ps", ["-e", "-o", "pid=,ppid="], { encoding: "utf8" });
    const rows = table
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/\s+/).map(Number));
    const below = (parent: number): number[] =>
        rows.filter(([, ppid]) => ppid === parent).flatMap(([child]) => [child, ...below(child)]);
    return below(pid);
}

/** Waits until something is true. */
export async function until(
    what: string,
    isTrue: () => boolean | Promise<boolean>,
    seconds: number,
    detail: () => string = () => "",
): Promise<void> {
    for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
        if (await isTrue()) {
            return;
        }
        await new Promise((wake) => setTimeout(wake, 200));
    }
    throw new Error(`not within ${seconds} s: ${what}\n${detail()}`);
}

/** Runs a shell command inside a machine, as something that goes wrong there. */
export function insideMachine(session: Session, instanceId: string, command: string): void {
    const docker = ["--host", session.tools.dockerHost];
    const label = `label=ephemeral-gpu-ci.rehearsal.instance=${instanceId}`;
    const container = execFileSync("docker", [...docker, "ps", "-q", "--filter", label], {
        encoding: "utf8",
    }).trim();
    execFileSync("docker", [...docker, "exec", container, "sh", "-c", command]);
}

/** The meter's machines of a run. */
export async function machinesOf(session: Session, runId: string): Promise<MeteredMachine[]> {
    const { machines } = await session.meter();
    return machines.filter((machine) => machine.run === runId);
}

/** A file of a run's report, checked against its published schema. */
export function reportJson(runId: string, name: "receipt" | "results"): any {
    const content = JSON.parse(reportText(runId, `${name}.json`));
    const schema = JSON.parse(
        readFileSync(join(PROJECT_DIR, "schemas", `${name}.schema.json`), "utf8"),
    );
    const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
    const valid = ajv.validate(schema, content);
    expect({ name, errors: valid ? [] : ajv.errors }).toEqual({ name, errors: [] });
    return content;
}

export function reportText(runId: string, name: string): string {
    return readFileSync(join(PROJECT_DIR, "reports", runId, name), "utf8");
}
