import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

import { runCommand } from "../command";
import type { Session } from "../session";
import type { Account } from "./account";
import { BootedMachine } from "./bootedMachine";
import type { Cell, Observation } from "./cell";
import { LAYERS, RUN_PREFIX } from "./layer";
import { CELL_VARIABLE, killAll, processesOf } from "./processes";
import { appName } from "./step";

const PROJECT_DIR = resolve(__dirname, "..", "..");
const GPU_CI = join(PROJECT_DIR, "bin", "gpu-ci.js");
const LOOK_MILLISECONDS = 100;
// The engine of a killed driver stops at its next line of output.
const ORPHANS_SECONDS = 15;
const KEPT_CHARACTERS = 6000;

/** How the program under test is started; the plain program differs from ours in this alone. */
export interface Program {
    readonly command: (
        runId: string,
        reportsDir: string,
        market: "on-demand" | "spot",
    ) => readonly string[];
    /** Done before its start. */
    readonly prepare: (runId: string) => void;
    /** After so long it is killed, as a CI kills its jobs. */
    readonly longestSeconds: number;
    /** Removes what it keeps on this computer for a run. */
    readonly forget: (runId: string) => void;
}

/** `gpu-ci run` on one kind of machine, so that a plan does not depend on what ran before. */
export function ours(deadlineMinutes: number): Program {
    return {
        command: (runId, reportsDir, market) => [
            ...["node", GPU_CI, "run", "--tier", "commit", "--run-id", runId],
            ...["--instance-type", "g6.xlarge", "--market", market],
            ...["--deadline-minutes", String(deadlineMinutes), "--reports", reportsDir],
        ],
        prepare: () => undefined,
        longestSeconds: 420,
        forget: (runId) => {
            const names = readdirSync(PROJECT_DIR).filter((name) =>
                name.startsWith(`Pulumi.commit-${runId}-`),
            );
            names.forEach((name) => rmSync(join(PROJECT_DIR, name), { force: true }));
        },
    };
}

export interface CellRunOptions {
    readonly session: Session;
    readonly account: Account;
    readonly program: Program;
    /** Gives up. */
    readonly signal: AbortSignal;
}

/** Runs the program until the fault has struck and the layer, if it acts at once, has acted. */
export class CellRun {
    readonly runId: string;
    private readonly holds = { step: "", gates: [] as string[] };
    private readonly drivers: ChildProcess[] = [];
    private readonly closed: Promise<void>[] = [];
    private readonly timers: NodeJS.Timeout[] = [];
    private output = "";

    constructor(
        private readonly cell: Cell,
        private readonly options: CellRunOptions,
    ) {
        this.runId = `${RUN_PREFIX}${cell.id}`;
    }

    async run(): Promise<Observation> {
        const startedAt = Date.now();
        try {
            const { faultAt, problem } = await this.strike();
            // What was to strike later must not meet the second job.
            this.timers.forEach(clearTimeout);
            const ended = await this.release();
            return this.observation({ faultAt, problem, startedAt, ...ended });
        } catch (error) {
            const problem = error instanceof Error ? error.message : String(error);
            const rest = { faultAt: undefined, exitCode: null, leftovers: null };
            return this.observation({ ...rest, problem, startedAt });
        } finally {
            this.timers.forEach(clearTimeout);
            await killAll(this.cell.id);
            for (const name of [this.holds.step, ...this.holds.gates]) {
                await this.options.session.letGo(name);
            }
            this.options.program.forget(this.runId);
        }
    }

    private observation({
        startedAt,
        ...seen
    }: Omit<Observation, "cell" | "runId" | "output" | "seconds"> & { startedAt: number }) {
        const { cell, runId, output } = this;
        return { cell, runId, output, seconds: (Date.now() - startedAt) / 1000, ...seen };
    }

    /** Starts the driver, injects the fault at its step, and waits for the driver's end. */
    private async strike(): Promise<{ faultAt: string | undefined; problem?: string }> {
        await this.holdAll();
        this.options.program.prepare(this.runId);
        const driver = this.startDriver();
        const faultAt = await this.struck();
        if (faultAt !== undefined) {
            await this.inject(driver.pid!);
        }
        const { longestSeconds } = this.options.program;
        const until = Date.now() + longestSeconds * 1000;
        let orphanedAt: number | undefined;
        while (processesOf(this.cell.id).length > 0) {
            if (this.drivers.every(hasEnded)) {
                orphanedAt ??= Date.now();
            }
            const isOver =
                orphanedAt !== undefined && Date.now() > orphanedAt + ORPHANS_SECONDS * 1000;
            this.options.signal.throwIfAborted();
            if (isOver || (await this.atGate())) {
                await killAll(this.cell.id);
            }
            if (Date.now() > until) {
                await killAll(this.cell.id);
                return { faultAt, problem: `not over after ${longestSeconds} s` };
            }
            await sleep(LOOK_MILLISECONDS);
        }
        return { faultAt };
    }

    private async inject(driverPid: number): Promise<void> {
        const { session } = this.options;
        const { id, layer, step, fault } = this.cell;
        if (fault.isLater) {
            await session.letGo(this.holds.step);
        }
        await fault.act({
            ...{ session, cellId: id, step, runId: this.runId, driverPid, layer },
            machine: () => this.machine(),
            later: (seconds, act) => void this.timers.push(setTimeout(act, seconds * 1000)),
            startAnother: () => void this.startDriver(),
        });
        await session.letGo(this.holds.step);
        // A driver that waits for a machine that hangs never comes to the gate.
        if (fault.kind === "machine" && LAYERS[layer].isDriverOff) {
            await killAll(id);
        }
    }

    private async machine(): Promise<BootedMachine> {
        const { machines } = await this.options.session.meter();
        const own = machines.find(
            ({ launchedBy }) => launchedBy === appName("engine", this.cell.id),
        );
        if (own === undefined) {
            throw new Error(`${this.runId} has launched no machine`);
        }
        return new BootedMachine(this.options.session, own.instanceId);
    }

    /** What the layer does by itself; AWS's own layers follow when the clock is put forward. */
    private async release(): Promise<Pick<Observation, "exitCode" | "leftovers">> {
        const { layer } = this.cell;
        if (layer === "second job") {
            const { exitCode, output } = await runCommand(
                [
                    ...["node", GPU_CI, "release", "--run", this.runId],
                    ...["--reports", join(this.options.session.dir, "second-job")],
                ],
                { cwd: PROJECT_DIR, env: this.env("second-job"), output: "capture" },
            );
            this.keep(output);
            return { exitCode, leftovers: await this.options.account.leftovers(this.runId) };
        }
        const isDriver = layer === "driver";
        await Promise.all(this.closed);
        return {
            exitCode: this.drivers[0].exitCode,
            leftovers: isDriver ? await this.options.account.leftovers(this.runId) : null,
        };
    }

    private async holdAll(): Promise<void> {
        const { session } = this.options;
        const { id, layer, step } = this.cell;
        const { by, service, action, skip, when } = step;
        this.holds.step = `${id}-step`;
        await session.hold(this.holds.step, { service, action, when, skip, app: appName(by, id) });
        if (!LAYERS[layer].isDriverOff) {
            return;
        }
        for (const caller of ["driver", "engine"] as const) {
            const name = `${id}-gate-${caller}`;
            this.holds.gates.push(name);
            const app = appName(caller, id);
            const call = { service: "ec2", action: "TerminateInstances" };
            await session.hold(name, { ...call, app, when: "before", skip: 0 });
        }
    }

    /** Waits until the step's call stands still; undefined when the driver ended without it. */
    private async struck(): Promise<string | undefined> {
        for (;;) {
            this.options.signal.throwIfAborted();
            const at = await this.options.session.heldSince(this.holds.step);
            if (at !== null) {
                return at;
            }
            if (this.drivers.every(hasEnded) || (await this.atGate())) {
                // The gate may be on the very call of the step.
                return (await this.options.session.heldSince(this.holds.step)) ?? undefined;
            }
            await sleep(LOOK_MILLISECONDS);
        }
    }

    private async atGate(): Promise<boolean> {
        const since = this.holds.gates.map((name) => this.options.session.heldSince(name));
        return (await Promise.all(since)).some((at) => at !== null);
    }

    private startDriver(): ChildProcess {
        const { session, program } = this.options;
        const reports = join(session.dir, "reports", String(this.drivers.length));
        const [file, ...args] = program.command(
            this.runId,
            reports,
            this.cell.fault.market ?? "on-demand",
        );
        const child = spawn(file, args, {
            cwd: PROJECT_DIR,
            env: this.env("driver"),
            stdio: ["ignore", "pipe", "pipe"],
            detached: true,
        });
        child.stdout.on("data", (bytes) => this.keep(String(bytes)));
        child.stderr.on("data", (bytes) => this.keep(String(bytes)));
        this.drivers.push(child);
        this.closed.push(new Promise((done) => child.once("close", () => done())));
        return child;
    }

    private env(caller: "driver" | "second-job"): NodeJS.ProcessEnv {
        const { session } = this.options;
        return {
            ...session.env,
            PATH: `${join(session.dir, "bin")}:${session.env.PATH}`,
            FAULTS_ENGINE: session.tools.pulumi,
            [CELL_VARIABLE]: this.cell.id,
            // A second job has credentials and an engine of its own, which no fault of the run reaches.
            FAULTS_ENGINE_APP: appName(caller === "driver" ? "engine" : "second-job", this.cell.id),
            AWS_SDK_UA_APP_ID: appName(caller, this.cell.id),
            GPU_CI_HISTORY: join(session.dir, `history-${this.cell.id}.jsonl`),
        };
    }

    private keep(text: string): void {
        this.output = (this.output + text).slice(-KEPT_CHARACTERS);
    }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
    return exitCode !== null || signalCode !== null;
}

function sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => setTimeout(wake, milliseconds));
}
