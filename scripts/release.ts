import { errorText } from "./awsErrors";
import type { Cloud, Machine } from "./cloud";
import { EngineError, type RunStack } from "./engine";
import { askPowerOffReasons } from "./powerOffReason";
import type { Progress } from "./progress";
import { Sweep, type Leftover, type SweepOptions, type TerminateCall } from "./sweep";

export interface ReleaseStep {
    readonly step: string;
    readonly outcome: "done" | "failed" | "skipped";
    readonly detail?: string;
}

export interface ReleaseOutcome {
    /** True when the cloud answered every question and nothing of the run is left. */
    readonly clean: boolean;
    readonly machines: readonly Machine[];
    readonly terminateCalls: readonly TerminateCall[];
    /** By instance id: why a machine powered itself off, where its console tells. */
    readonly powerOffReasons: Readonly<Record<string, string>>;
    readonly leftovers: readonly Leftover[];
    readonly schedule: "deleted" | "kept" | "absent";
    readonly steps: readonly ReleaseStep[];
}

export interface ReleaseOptions {
    readonly cloud: Cloud;
    readonly progress: Progress;
    readonly runId: string;
    /** Default: all of the run's. */
    readonly attempts?: readonly number[];
    readonly spare?: SweepOptions["spare"];
    readonly now?: () => number;
    readonly sleep?: (milliseconds: number) => Promise<void>;
}

/** What became of a stack's resources; lost: its state is gone or cannot be read. */
type DestroyEnd = "destroyed" | "lost" | "failed";

const DESTROY_TRIES = 3;
// The provider's own limit for the end of an instance is 15 minutes.
const DESTROY_LIMIT_MINUTES = 20;
const SETTLE_ANSWERS = 3;

/**
 * Gives back everything of a run in one region. In this order, because each step must be able to
 * fail:
 *
 * 1. End the machines by tag, directly: needs neither the engine nor its state, takes one second,
 *    and stops the bill. When it fails, destroy may still end the machine that the state knows, and
 *    the deadline schedule ends every other.
 * 2. Destroy the stacks, three tries each, the later ones after asking the cloud. When all fail, step
 *    3 removes by tag what they left.
 * 3. Ask the cloud by tag until nothing is left, ending and removing what still turns up.
 * 4. Remove the stacks, only after the cloud has said that nothing is left: a state may hold a launch
 *    of which nobody heard (a pending operation), or know more than the cloud told.
 * 5. Delete the run's deadline schedule, only after the cloud has answered that no machine of the
 *    run is left. In doubt it stays: it ends what is left, and deletes itself a day later.
 *
 * A process that dies between any two of these lines leaves the deadline schedule armed, and the
 * machine's own watchdog; `gpu-ci release --run ID` does it all again.
 *
 * Nothing here throws: a failure is a step with its detail, and `clean` is false.
 */
export class Release {
    private readonly sweep: Sweep;
    private readonly steps: ReleaseStep[] = [];
    private readonly sleep: (milliseconds: number) => Promise<void>;

    constructor(private readonly options: ReleaseOptions) {
        const { runId, attempts } = options;
        this.sweep = new Sweep({ ...options, query: { runId, attempts } });
        this.sleep =
            options.sleep ??
            ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));
    }

    /** One pass over the machines, see Sweep. */
    endMachines(): Promise<readonly Machine[] | undefined> {
        return this.sweep.endMachines();
    }

    /** Passes until `until` settles, see Sweep. */
    keepEnding(until: Promise<unknown>): Promise<void> {
        return this.sweep.keepEnding(until);
    }

    /** True once this release ended or removed something by itself, without the engine. */
    get hasActed(): boolean {
        const { calls, hasRemoved } = this.sweep;
        return hasRemoved || [...calls.values()].some(({ wasLive }) => wasLive);
    }

    /**
     * All five steps.
     *
     * @param launchUncertain true when `up` failed or was cancelled, so that a launch may have
     * happened of which nobody heard: the cloud is asked several times before "none" is believed.
     */
    async finish(stacks: readonly RunStack[], launchUncertain: boolean): Promise<ReleaseOutcome> {
        const first = await this.endMachines();
        this.step("end machines by tag", first !== undefined, this.sweep.lastProblem);

        const ends: [RunStack, DestroyEnd][] = [];
        for (const stack of stacks) {
            const end = this.destroy(stack);
            if (launchUncertain) {
                // A machine that nobody saw holds the security group, which destroy waits for.
                await this.keepEnding(end);
            }
            ends.push([stack, await end]);
        }
        const leftovers = await this.sweep.untilEmpty(launchUncertain ? SETTLE_ANSWERS : 1);
        const isEmpty = leftovers.length === 0;
        this.step("ask the cloud by tag", isEmpty, `${leftovers.length || "nothing"} left`);
        for (const [stack, end] of ends) {
            await this.settleStack(stack, end, isEmpty);
        }
        const schedule = await this.deleteSchedule();
        leftovers.push(...this.sweep.leftAlone.values(), ...schedule.leftovers);

        for (const { kind, id, detail } of leftovers) {
            this.options.progress.warn(
                `left: ${kind} ${id} (${detail}); gpu-ci release --run ${this.options.runId}`,
            );
        }
        return {
            clean: leftovers.length === 0,
            machines: [...this.sweep.seen.values()],
            terminateCalls: [...this.sweep.calls.values()],
            powerOffReasons: await askPowerOffReasons(this.options.cloud, [
                ...this.sweep.seen.values(),
            ]),
            leftovers,
            schedule: schedule.state,
            steps: this.steps,
        };
    }

    private async destroy(stack: RunStack): Promise<DestroyEnd> {
        for (let tries = 1; ; tries += 1) {
            try {
                await this.destroyOnce(stack, tries > 1);
                this.step("destroy the stack", true);
                return "destroyed";
            } catch (error) {
                const kind = error instanceof EngineError ? error.kind : "failed";
                if (kind === "no-stack" || kind === "unreadable-state") {
                    const what = kind === "no-stack" ? "gone" : "unreadable";
                    this.skip(
                        "destroy the stack",
                        `the state of ${stack.name} is ${what}: everything is released by tag alone`,
                    );
                    return "lost";
                }
                this.sweep.problem(
                    `destroy failed (${tries} of ${DESTROY_TRIES}): ${errorText(error)}`,
                );
                if (tries === DESTROY_TRIES || kind === "locked") {
                    this.step("destroy the stack", false, this.sweep.lastProblem);
                    return "failed";
                }
                await this.endMachines();
                await this.sleep(2000 * tries);
            }
        }
    }

    private async destroyOnce(stack: RunStack, afterFailure: boolean): Promise<void> {
        const limit = new AbortController();
        const timer = setTimeout(() => limit.abort(), DESTROY_LIMIT_MINUTES * 60_000);
        try {
            await stack.destroy({
                refresh: afterFailure,
                signal: limit.signal,
                onLine: (line) => this.options.progress.line(line),
            });
        } finally {
            clearTimeout(timer);
        }
    }

    /** The cloud has been swept by tag, so that a state which could not be destroyed may go too. */
    private async settleStack(stack: RunStack, end: DestroyEnd, isEmpty: boolean): Promise<void> {
        if (!isEmpty) {
            this.skip("remove the stack", `kept for pulumi destroy --stack ${stack.name}`);
            return;
        }
        try {
            await stack.remove({ force: end !== "destroyed" });
            this.step("remove the stack", true);
        } catch (error) {
            this.sweep.problem(`stack ${stack.name} could not be removed: ${errorText(error)}`);
            this.step("remove the stack", false, this.sweep.lastProblem);
        }
    }

    private async deleteSchedule() {
        const end = await this.sweep.deleteSchedules();
        if (end.why !== undefined) {
            this.skip("delete the deadline schedule", end.why);
        } else if (end.state === "deleted" || end.leftovers.some(({ id }) => id !== "?")) {
            const isDone = end.state === "deleted";
            this.step("delete the deadline schedule", isDone, end.leftovers[0]?.detail);
        }
        return end;
    }

    private skip(step: string, detail: string): void {
        this.steps.push({ step, outcome: "skipped", detail });
        this.options.progress.line(`${step}: skipped, ${detail}`);
    }

    /** What is done says no more, but for what the cloud answered. */
    private step(step: string, isDone: boolean, detail?: string): void {
        const isTold = detail !== undefined && (!isDone || detail === "nothing left");
        this.steps.push({
            step,
            outcome: isDone ? "done" : "failed",
            ...(isTold ? { detail } : {}),
        });
    }
}
