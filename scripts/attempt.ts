import { environmentName } from "../settings";
import type { Candidate } from "../sizing";
import { errorText } from "./awsCloud";
import { isBrokenWait } from "./brokenWait";
import { isLive, type Machine } from "./cloud";
import { EngineError, type Engine, type RunStack } from "./engine";
import { failoverOf, type Failover } from "./failover";
import type { PreparedRun } from "./prepare";
import type { Progress } from "./progress";
import type { AttemptRecord } from "./receipt";
import { Release } from "./release";
import { stackName } from "./runIdentity";
import type { Signals, StopReason } from "./signals";

export interface AttemptOptions {
    readonly run: PreparedRun;
    readonly candidate: Candidate;
    readonly attempt: number;
    readonly reportDir: string;
    readonly engine: Engine;
    readonly signals: Signals;
    readonly progress: Progress;
    readonly now: () => number;
    readonly sleep?: (milliseconds: number) => Promise<void>;
}

export interface AttemptEnd {
    readonly record: AttemptRecord;
    /** What the stack said of the suite, undefined when `up` did not succeed. */
    readonly stackVerdict: string | undefined;
    readonly failover: Failover;
}

// The deadline's layers act within a minute or two; a driver that still waits then waits for a
// machine that is gone.
const MINUTES_AFTER_DEADLINE = 3;
const WATCH_SECONDS = 10;
const UP_TRIES = 3;

/**
 * One candidate: up, and whatever comes of it, release. Never throws: an attempt that fails is a
 * record that says so.
 *
 * What happens when the process dies: before `up`, nothing exists but an empty stack. From then on
 * the machine's watchdog and the deadline schedule, which exists before the machine, end it; the
 * stack's state and settings file stay behind, and `gpu-ci reap --run ID --yes` cleans up by tag.
 */
export async function runAttempt(options: AttemptOptions): Promise<AttemptEnd> {
    const { run, candidate, attempt, signals, progress } = options;
    const { cloud, runId } = run;
    const release = new Release({
        cloud,
        progress,
        runId,
        attempts: [attempt],
        now: options.now,
        sleep: options.sleep,
    });
    let stack: RunStack | undefined;
    let outputs: Record<string, unknown> | undefined;
    let failure: unknown;
    signals.endRelease();
    const stop = new Stop(signals);
    try {
        stack = options.engine.stack(stackOrder(options));
        outputs = await up(stack, stop, release, options);
    } catch (error) {
        failure = error;
    } finally {
        stop.close();
        signals.beginRelease();
    }

    progress.phase("release");
    const launchUncertain = stop.isLaunchPossible && outputs === undefined;
    const outcome = await release.finish(stack, launchUncertain);

    const errors = failure instanceof EngineError ? [...failure.errors, failure.message] : [];
    const launched = outcome.machines.length > 0;
    const failover =
        failure === undefined || stop.reason !== undefined || launched || !outcome.clean
            ? "stop"
            : failoverOf(errors);
    return {
        record: {
            attempt,
            candidate,
            outcome: outcomeOf(failure, stop.reason, failover),
            error: stop.reason?.text ?? (failure === undefined ? "" : errorText(failure)),
            stack: stackName({ ...run.settings, runId, attempt }),
            release: outcome,
        },
        stackVerdict: outputs === undefined ? undefined : String(outputs.verdict),
        failover,
    };
}

async function up(
    stack: RunStack,
    stop: Stop,
    release: Release,
    options: AttemptOptions,
): Promise<Record<string, unknown>> {
    const { progress, run } = options;
    stop.throwIfStopped();
    await stack.create();
    stop.throwIfStopped();
    progress.phase("up");
    progress.line(`stack ${stack.name} on ${options.candidate.instanceType}`);
    const watch = new MachineWatch(options, stop);
    stop.after(
        (run.plan.deadlineMinutes + MINUTES_AFTER_DEADLINE) * 60,
        `the run's deadline of ${run.plan.deadlineMinutes} minutes has passed`,
    );
    stop.isLaunchPossible = true;
    let ending: Promise<unknown> | undefined;
    let operation: Promise<Record<string, unknown>> | undefined;
    // Cancelled: the machine is ended by tag at once, beside the engine's own way down, again and
    // again until the engine has stopped, because its launch may still be on the way.
    stop.onStop(() => {
        watch.close();
        ending = release.keepEnding(operation ?? Promise.resolve());
    });
    try {
        for (let tries = 1; ; tries += 1) {
            operation = stack.up({
                signal: stop.signal,
                onLine: (line) => progress.line(line),
                onPhase: (name, seconds) => {
                    if (seconds >= 1) {
                        progress.record(`up: ${name}`, seconds);
                    }
                },
                // The report is home: every further second of the machine is wasted.
                onSuccess: () => {
                    watch.close();
                    ending = release.endMachines();
                },
            });
            try {
                return await operation;
            } catch (error) {
                if (stop.reason || tries === UP_TRIES || !(await canWaitAgain(error, options))) {
                    throw error;
                }
                progress.warn(
                    "the connection to the machine broke; the suite goes on, waiting again",
                );
            }
        }
    } finally {
        watch.close();
        await ending;
    }
}

/** Whether the connection broke while the machine lives: then the suite has not noticed. */
async function canWaitAgain(error: unknown, { run, attempt }: AttemptOptions): Promise<boolean> {
    if (!(error instanceof EngineError) || !isBrokenWait(error.errors)) {
        return false;
    }
    const query = { runId: run.runId, attempts: [attempt] };
    const machines = await run.cloud.machines(query).catch((): Machine[] => []);
    return machines.some(({ state }) => state === "running");
}

function stackOrder({ run, candidate, attempt, reportDir }: AttemptOptions) {
    const settings: Record<string, string> = {
        ...run.stackSettings,
        attempt: String(attempt),
        instanceType: candidate.instanceType,
        market: candidate.market,
        reportDir,
    };
    return {
        name: stackName({ ...run.settings, runId: run.runId, attempt }),
        base: run.base,
        settings,
        // The environment wins in the program, so it has to say the same as the settings.
        env: {
            ...Object.fromEntries(
                Object.entries(settings).map(([key, value]) => [environmentName(key), value]),
            ),
            AWS_REGION: run.region,
        },
    };
}

function outcomeOf(
    failure: unknown,
    stopped: StopReason | undefined,
    failover: Failover,
): AttemptRecord["outcome"] {
    if (stopped?.kind === "signal") {
        return "cancelled";
    }
    if (failure === undefined) {
        return "verdict";
    }
    return failover === "stop" ? "failed" : "no-capacity";
}

/** The reasons that end an `up` early, joined into one AbortSignal that fires once. */
class Stop {
    reason: StopReason | undefined;
    /** From the moment at which the engine was asked for an `up`. */
    isLaunchPossible = false;
    private readonly controller = new AbortController();
    private readonly timers: NodeJS.Timeout[] = [];
    private readonly listeners: (() => void)[] = [];
    private readonly forget: () => void;

    constructor(signals: Signals) {
        this.forget = signals.onStop((reason) => this.now(reason));
    }

    throwIfStopped(): void {
        if (this.reason) {
            throw new Error(this.reason.text);
        }
    }

    get signal(): AbortSignal {
        return this.controller.signal;
    }

    now(reason: StopReason): void {
        if (this.reason === undefined) {
            this.reason = reason;
            // The terminate calls go out before the engine hears of it.
            this.listeners.forEach((listener) => listener());
            this.controller.abort();
        }
    }

    onStop(listener: () => void): void {
        this.listeners.push(listener);
        if (this.reason) {
            listener();
        }
    }

    after(seconds: number, text: string): void {
        const timer = setTimeout(() => this.now({ kind: "deadline", text }), seconds * 1000);
        this.timers.push(timer);
    }

    close(): void {
        this.forget();
        this.timers.forEach(clearTimeout);
    }
}

/**
 * Looks at the machine from outside while `up` waits inside an SSH session: that session has no
 * keepalive (command 1.2), so a machine that its watchdog or a spot notice ended would be waited for
 * until the deadline.
 */
class MachineWatch {
    private readonly timer: NodeJS.Timeout;
    private state = "";
    private isBusy = false;
    private isClosed = false;

    constructor(
        private readonly options: AttemptOptions,
        private readonly stop: Stop,
    ) {
        this.timer = setInterval(() => void this.look(), WATCH_SECONDS * 1000);
    }

    close(): void {
        this.isClosed = true;
        clearInterval(this.timer);
    }

    private async look(): Promise<void> {
        if (this.isBusy) {
            return;
        }
        this.isBusy = true;
        const { run, attempt } = this.options;
        const query = { runId: run.runId, attempts: [attempt] };
        // An answer that does not come is no news: the next look is in ten seconds.
        const machines = await run.cloud.machines(query).catch((): Machine[] => []);
        this.isBusy = false;
        if (!this.isClosed && machines.length > 0) {
            this.tell(machines);
        }
    }

    private tell(machines: readonly Machine[]): void {
        const machine = machines.find(isLive) ?? machines[0];
        if (machine.state !== this.state) {
            this.state = machine.state;
            this.options.progress.line(`machine ${machine.instanceId} is ${machine.state}`);
        }
        if (!machines.some(isLive)) {
            const why =
                machine.stateReasonCode ?? machine.stateTransitionReason ?? "no reason given";
            const text = `machine ${machine.instanceId} ended during the run (${why})`;
            this.stop.now({ kind: "machine-ended", text });
        }
    }
}
