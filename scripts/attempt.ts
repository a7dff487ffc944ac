import { SPLIT_CASES_RUNG } from "../common/rungNames";
import { guardSettingsWithin } from "../guardRequest";
import { environmentName } from "../settings";
import type { Candidate } from "../sizing";
import { errorText } from "./awsErrors";
import { isBrokenWait } from "./brokenWait";
import { bringFromBucket } from "./bucketReport";
import { type Cloud, type Machine } from "./cloud";
import { EngineError, type Engine, type RunStack, type StackOrder } from "./engine";
import { refusalOf, type Refusal, type Setback } from "./failover";
import { MachineWatch } from "./machineWatch";
import { isSpotNotice, withReason } from "./powerOffReason";
import type { PreparedRun } from "./prepare";
import type { Progress } from "./progress";
import type { AttemptOutcome, AttemptRecord } from "./receipt";
import { Release, type ReleaseOutcome } from "./release";
import type { HomeResults, Ladder, ReportFolder } from "./reportFolder";
import { stackName } from "./runIdentity";
import type { Signals, StopReason } from "./signals";
import { askSpotPrices, spotUsdPerHour } from "./spotPrice";
import { Stop } from "./stop";

export interface AttemptOptions {
    readonly run: PreparedRun;
    readonly candidate: Candidate;
    readonly attempt: number;
    /** Of the candidate's region, as `cloud` is. */
    readonly region: string;
    readonly cloud: Cloud;
    /** Minutes that this attempt's own deadline is away: what is left of the run's. */
    readonly deadlineMinutes: number;
    readonly folder: ReportFolder;
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
    readonly home: HomeResults;
    /** Why another candidate may do better; undefined: the run ends with this attempt. */
    readonly setback: Setback | undefined;
}

/** How an `up` came to its end, before anything was released. */
interface UpEnd {
    readonly outputs: Record<string, unknown> | undefined;
    readonly failure: unknown;
    readonly stopped: StopReason | undefined;
}

// The deadline's layers act within a minute or two; a driver that still waits then waits for a
// machine that is gone.
const MINUTES_AFTER_DEADLINE = 3;
const UP_TRIES = 3;

// State reasons of an instance: AWS, API reference of EC2, type StateReason.
const TAKEN_BACK = ["Server.SpotInstanceTermination", "Server.SpotInstanceShutdown"];
/** The cloud took the order, and found no host for it: the machine never ran. */
const NEVER_RAN = "Server.InsufficientInstanceCapacity";

/**
 * One candidate: up, and whatever comes of it, release. Never throws: an attempt that fails is a
 * record that says so.
 *
 * What happens when the process dies: before `up`, nothing exists but an empty stack. From then on
 * the machine's watchdog and the deadline schedule, which exists before the machine, end it; the
 * stack's state and settings file stay behind, and `gpu-ci release --run ID` cleans up by tag.
 */
export async function runAttempt(options: AttemptOptions): Promise<AttemptEnd> {
    const { run, candidate, attempt, cloud, signals, progress, folder } = options;
    const startedAt = options.now();
    const release = new Release({
        cloud,
        progress,
        runId: run.runId,
        attempts: [attempt],
        now: options.now,
        sleep: options.sleep,
    });
    let stack: RunStack | undefined;
    let outputs: Record<string, unknown> | undefined;
    let failure: unknown;
    signals.endRelease();
    const stop = new Stop(signals);
    const spotPrices =
        candidate.market === "spot" ? askSpotPrices(cloud, candidate.instanceType) : [];
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
    const released = await release.finish(stack ? [stack] : [], launchUncertain);

    const end: UpEnd = { outputs, failure, stopped: stop.reason };
    const home = await bringHome(end, released, options);
    const ladder = folder.readLadder();
    const powerOffReasons = withReason(
        released.powerOffReasons,
        released.machines,
        folder.powerOffReason(),
    );
    const reasons = [folder.powerOffReason(), ...Object.values(powerOffReasons)];
    const notice = reasons.find(isSpotNotice);
    const setback = setbackOf(end, released, { home, ladder, notice });
    return {
        record: {
            attempt,
            candidate,
            region: options.region,
            deadlineMinutes: options.deadlineMinutes,
            startedAt,
            releasedAt: options.now(),
            spotUsdPerHour: spotUsdPerHour(await spotPrices, released.machines.at(0)?.zone),
            rung: ladder?.rungs.at(-1)?.name,
            outcome: outcomeOf(end, setback),
            error: errorOf(end, released, { setback, notice }),
            stack: stackName({ ...run.settings, runId: run.runId, attempt }),
            release: { ...released, powerOffReasons },
        },
        stackVerdict: outputs === undefined ? undefined : String(outputs.verdict),
        home,
        // What is left of this machine comes first: no other one is rented beside it.
        setback: released.clean ? setback : undefined,
    };
}

/** The suite's results as they came home during `up`; else from the report bucket, where there is one. */
async function bringHome(
    { stopped }: UpEnd,
    { machines }: ReleaseOutcome,
    { run, cloud, folder, attempt, progress }: AttemptOptions,
): Promise<HomeResults> {
    const home = folder.readResults();
    const bucket = run.settings.reportBucket;
    // Who cancels waits for nothing; a CI then leaves 10 s.
    const isCancelled = stopped?.kind === "signal";
    const isWanted = home.results === undefined && machines.length > 0 && !isCancelled;
    if (bucket === undefined || !isWanted) {
        return home;
    }
    const from = { cloud, bucket, runId: run.runId, folder, progress };
    const hasCome = await bringFromBucket(from, { attempt, machines });
    return hasCome ? folder.readResults() : home;
}

async function up(
    stack: RunStack,
    stop: Stop,
    release: Release,
    options: AttemptOptions,
): Promise<Record<string, unknown>> {
    const { progress, run, cloud, deadlineMinutes } = options;
    stop.throwIfStopped();
    await stack.create();
    stop.throwIfStopped();
    progress.phase("up");
    progress.line(`stack ${stack.name} on ${candidateText(options.candidate)}`);
    const watch = new MachineWatch(cloud, query(options), progress, stop);
    stop.after(
        (deadlineMinutes + MINUTES_AFTER_DEADLINE) * 60,
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
async function canWaitAgain(error: unknown, options: AttemptOptions): Promise<boolean> {
    if (!(error instanceof EngineError) || !isBrokenWait(error.errors)) {
        return false;
    }
    const machines = await options.cloud.machines(query(options)).catch((): Machine[] => []);
    return machines.some(({ state }) => state === "running");
}

function query({ run, attempt }: AttemptOptions) {
    return { runId: run.runId, attempts: [attempt] };
}

/** `g6.xlarge spot in us-east-1a`: what tells two candidates of a run apart. */
export function candidateText({ instanceType, market, region, zone }: Candidate): string {
    const where = zone ?? region;
    return [instanceType, market, ...(where ? ["in", where] : [])].join(" ");
}

function stackOrder(options: AttemptOptions): StackOrder {
    const { run, candidate, attempt, region } = options;
    const settings: Record<string, string> = {
        ...run.stackSettings,
        attempt: String(attempt),
        instanceType: candidate.instanceType,
        market: candidate.market,
        ...(candidate.zone === null ? {} : { zone: candidate.zone }),
        deadlineMinutes: String(options.deadlineMinutes),
        ...guardSettingsWithin(run.settings, options.deadlineMinutes),
        reportDir: options.folder.path,
    };
    // In the stack's settings a region wins over the environment.
    const config =
        region === run.region ? run.base.config : { ...run.base.config, "aws:region": region };
    return {
        name: stackName({ ...run.settings, runId: run.runId, attempt }),
        base: { ...run.base, config },
        settings,
        // The environment wins in the program, so it has to say the same as the settings.
        env: {
            ...Object.fromEntries(
                Object.entries(settings).map(([key, value]) => [environmentName(key), value]),
            ),
            AWS_REGION: region,
        },
    };
}

function setbackOf(
    { failure, stopped }: UpEnd,
    { machines }: ReleaseOutcome,
    { home, ladder, notice }: { home: HomeResults; ladder?: Ladder; notice?: string },
): Setback | undefined {
    const hasVerdict = home.results !== undefined && home.results.verdict !== "none";
    if (hasVerdict || (stopped !== undefined && stopped.kind !== "machine-ended")) {
        return undefined;
    }
    // Cases were left out: a bigger machine could judge them too.
    if (ladder?.ended === "exhausted" || isSplit(ladder)) {
        return "out-of-memory";
    }
    // The machine may be quicker to end itself than the cloud that has told it so.
    if (notice !== undefined || machines.some(isTakenBack)) {
        return "interrupted";
    }
    // Once a machine ran, another one would pay for the same failure again.
    const neverRan = machines.every(({ stateReasonCode }) => stateReasonCode === NEVER_RAN);
    if (failure === undefined || !neverRan) {
        return undefined;
    }
    const errors = failure instanceof EngineError ? [...failure.errors, failure.message] : [];
    return machines.length > 0 ? "capacity" : refusalOf(errors);
}

function isSplit(ladder: Ladder | undefined): boolean {
    return ladder?.rungs.at(-1)?.name === SPLIT_CASES_RUNG;
}

function isTakenBack({ stateReasonCode }: Machine): boolean {
    return TAKEN_BACK.includes(stateReasonCode ?? "");
}

const OUTCOME_OF_REFUSAL: Readonly<Record<Refusal, AttemptOutcome>> = {
    capacity: "no-capacity",
    unsupported: "no-capacity",
    quota: "no-quota",
    throttled: "throttled",
    fatal: "failed",
    unknown: "failed",
};

function outcomeOf({ failure, stopped }: UpEnd, setback: Setback | undefined): AttemptOutcome {
    if (stopped?.kind === "signal") {
        return "cancelled";
    }
    if (setback === "interrupted" || setback === "out-of-memory") {
        return setback;
    }
    if (setback !== undefined) {
        return OUTCOME_OF_REFUSAL[setback];
    }
    return failure === undefined ? "verdict" : "failed";
}

function errorOf(
    { failure, stopped }: UpEnd,
    { machines }: ReleaseOutcome,
    { setback, notice }: { setback?: Setback; notice?: string },
): string {
    const taken = machines.find(isTakenBack);
    if (setback === "interrupted" && taken) {
        return `the cloud took the spot machine ${taken.instanceId} back (${taken.stateReasonCode})`;
    }
    if (setback === "interrupted" && notice !== undefined) {
        return `the cloud takes the spot machine back, and the machine ended itself (${notice})`;
    }
    if (setback === "out-of-memory") {
        return "the server ran out of memory on every rung of its ladder";
    }
    return stopped?.text ?? (failure === undefined ? "" : errorText(failure));
}
