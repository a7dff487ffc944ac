import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { deployFoundation } from "../foundation";
import { Session } from "../session";
import type { Tools } from "../tools";
import { Account } from "./account";
import type { Cell, Observation } from "./cell";
import { CellRun, type Program } from "./cellRun";
import { GRACE_SECONDS, judge, type CellResult } from "./judge";
import { LAYERS, type LayerName } from "./layer";
import { SleepingMachines } from "./sleepingMachines";
import { appName, stepsOf, type Step } from "./step";

const SUITE_SECONDS = 2;
// What a machine needs to end once it has been told to.
const SETTLE_SECONDS = 60;
const WATCHDOG_LATE_SECONDS = 30;

export interface BatchOptions {
    readonly tools: Tools;
    readonly program: Program;
    readonly deadlineMinutes: number;
    /** Default: `sleeping`. A fault of a machine needs `docker`. */
    readonly machines?: "docker" | "sleeping";
    /** How many runs at the same time. */
    readonly sideBySide: number;
    /** Ends everything; the cells that are left are not run. */
    readonly signal: AbortSignal;
    readonly onCell?: (seen: Observation) => void;
}

export interface BatchResult {
    readonly cells: readonly CellResult[];
    /** Foreign machines that did not survive, by what they were. */
    readonly foreignEnded: readonly string[];
}

/**
 * Cells of one layer in one emulated cloud, whose machines sleep: all runs first, then the clock is
 * put forward past every deadline and two rounds of the sweeper, then the meter is read. A cell's
 * faults reach its own calls only.
 */
export async function runBatch(
    layer: LayerName,
    cells: readonly Cell[],
    options: BatchOptions,
): Promise<BatchResult> {
    return inCloud(options, async (session, account) => {
        await session.muteSchedules(LAYERS[layer].muted);
        const foreign = await account.launchForeign(options.machines !== "docker");
        const seen = await sideBySide(cells, options.sideBySide, async (cell) => {
            const { program, signal } = options;
            signal.throwIfAborted();
            const observation = await new CellRun(cell, {
                session,
                account,
                program,
                signal,
            }).run();
            options.onCell?.(observation);
            return observation;
        });
        if (layer === "watchdog") {
            await watchdogsAct(session, options);
        }
        await passDeadlines(session, options.deadlineMinutes);
        const meter = await session.meter();
        const results = seen.map((observation) => {
            const apps = (["driver", "engine"] as const).map((by) =>
                appName(by, observation.cell.id),
            );
            const machines = meter.machines.filter(({ launchedBy }) => apps.includes(launchedBy));
            return judge(observation, machines, options.deadlineMinutes, meter.now);
        });
        const foreignEnded = meter.machines
            .filter(({ instanceId, state }) => foreign.has(instanceId) && state !== "running")
            .map(({ instanceId }) => foreign.get(instanceId)!);
        const fired = await firedDeadlines(session);
        return {
            cells: results.map((result) =>
                layer === "schedule" ? withOwnSchedule(result, fired, meter.machines) : result,
            ),
            foreignEnded,
        };
    });
}

/** The moments of a run, from the recorded calls of a clean one. */
export async function recordSteps(options: BatchOptions): Promise<Step[]> {
    return inCloud(options, async (session, account) => {
        const id = "clean";
        const step: Step = {
            ...{ by: "driver", service: "none", action: "None", skip: 0, when: "before", place: 0 },
        };
        const fault = {
            ...{ name: "none", kind: "call" as const, layers: [], fits: () => true },
            act: () => undefined,
        };
        const cell: Cell = { id, layer: "driver", fault, step };
        const { program, signal } = options;
        const seen = await new CellRun(cell, { session, account, program, signal }).run();
        if (seen.exitCode !== 0) {
            throw new Error(`the clean run ended with ${seen.exitCode}:\n${seen.output}`);
        }
        return stepsOf(await session.calls(), id);
    });
}

async function inCloud<T>(
    { tools, machines = "sleeping" }: BatchOptions,
    act: (session: Session, account: Account) => Promise<T>,
): Promise<T> {
    const session = await Session.start(tools, { machines });
    const sleepers =
        machines === "sleeping" ? new SleepingMachines(session.dir, SUITE_SECONDS) : undefined;
    try {
        await deployFoundation(session);
        mkdirSync(join(session.dir, "bin"));
        symlinkSync(join(__dirname, "namedEngine.sh"), join(session.dir, "bin", "pulumi"));
        return await act(session, new Account(session));
    } finally {
        sleepers?.close();
        await session.stop();
    }
}

/** A machine has a clock of its own: its layer gets real time until the deadline. */
async function watchdogsAct(session: Session, { signal }: BatchOptions): Promise<void> {
    for (;;) {
        const { machines, now } = await session.meter();
        const late = Date.parse(now) - WATCHDOG_LATE_SECONDS * 1000;
        const waiting = machines.filter(
            ({ state, launchedBy, expiresAt }) =>
                launchedBy && expiresAt && state === "running" && Date.parse(expiresAt) > late,
        );
        if (waiting.length === 0) {
            return;
        }
        signal.throwIfAborted();
        await new Promise((wake) => setTimeout(wake, 1000));
    }
}

async function passDeadlines(session: Session, deadlineMinutes: number): Promise<void> {
    const { machines, now } = await session.meter();
    // A machine of a plain program has no deadline: what it would have been counts.
    const atMost = Date.parse(now) + deadlineMinutes * 60_000;
    const ours = machines.filter(({ expiresAt, launchedBy }) => expiresAt && launchedBy);
    const last = Math.max(atMost, ...ours.map(({ expiresAt }) => Date.parse(expiresAt!)));
    const seconds = (last - Date.parse(now)) / 1000 + GRACE_SECONDS + SETTLE_SECONDS;
    await session.advanceClock(seconds);
}

/** The deadlines that the scheduler has told the terminator. */
async function firedDeadlines(session: Session): Promise<Set<string>> {
    const calls = await session.calls();
    const inputs = calls
        .filter(({ action, caller }) => action === "StartExecution" && caller === "scheduler")
        .map(({ params }) => JSON.parse((params as { input: string }).input));
    return new Set(inputs.map(({ now }) => now));
}

/** A machine that another run's schedule ended, because it came too late itself, is no proof. */
function withOwnSchedule(
    result: CellResult,
    fired: ReadonlySet<string>,
    machines: readonly { run: string | null; expiresAt: string | null }[],
): CellResult {
    const own = machines.filter(({ run }) => run === result.runId);
    const silent = own.some(({ expiresAt }) => expiresAt !== null && !fired.has(expiresAt));
    return silent && result.stillRunning === 0
        ? { ...result, holds: false, problem: "its own schedule did not fire" }
        : result;
}

async function sideBySide<In, Out>(
    items: readonly In[],
    count: number,
    act: (item: In) => Promise<Out>,
): Promise<Out[]> {
    const results: Out[] = [];
    const entries = items.entries();
    const work = async () => {
        for (const [index, item] of entries) {
            results[index] = await act(item);
        }
    };
    await Promise.all(Array.from({ length: count }, work));
    return results;
}
