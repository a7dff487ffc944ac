import { errorText } from "./awsCloud";
import {
    isLive,
    REMOVAL_ORDER,
    type Cloud,
    type CloudResource,
    type Machine,
    type ResourceAnswer,
    type ResourceKind,
} from "./cloud";
import type { RunStack } from "./engine";
import { askPowerOffReasons } from "./powerOffReason";
import type { Progress } from "./progress";

/** Something that a run left, or that the cloud did not tell about. */
export interface Leftover {
    readonly kind: "machine" | ResourceKind;
    /** "?" when the cloud did not answer: not known is not the same as none. */
    readonly id: string;
    readonly detail: string;
}

/** One machine that our own call ended. */
export interface TerminateCall {
    readonly instanceId: string;
    /** Milliseconds since 1970, when the call was answered. */
    readonly at: number;
    /** What the cloud said just before. */
    readonly wasLive: boolean;
}

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
    readonly attempts: readonly number[];
    readonly now?: () => number;
    readonly sleep?: (milliseconds: number) => Promise<void>;
}

const DESTROY_TRIES = 3;
// The provider's own limit for the end of an instance is 15 minutes.
const DESTROY_LIMIT_MINUTES = 20;
// Machines take up to two minutes to end; until then their security group cannot go.
const ASK_TRIES = 40;
const ASK_WAIT_SECONDS = 4;
// A machine can be invisible for about a second after its launch (skypilot-org/skypilot#4443).
const SETTLE_ANSWERS = 3;
const SETTLE_WAIT_SECONDS = 2;

/**
 * Gives back everything of one attempt. In this order, because each step must be able to fail:
 *
 * 1. End the machines by tag, directly: needs neither the engine nor its state, takes one second,
 *    and stops the bill. When it fails, destroy may still end the machine that the state knows, and
 *    the deadline schedule ends every other.
 * 2. Destroy the stack, three tries, the later ones after asking the cloud. When all fail, step 4
 *    removes by tag what they left.
 * 3. Remove the stack, only after a destroy that succeeded: a state that knows more than the cloud
 *    told is worth keeping.
 * 4. Ask the cloud by tag until nothing is left, ending and removing what still turns up.
 * 5. Delete the run's deadline schedule, only after the cloud has answered that no machine of the
 *    run is left. In doubt it stays: it ends what is left, and deletes itself a day later.
 *
 * A process that dies between any two of these lines leaves the deadline schedule armed, and the
 * machine's own watchdog; `gpu-ci reap --run ID --yes` does steps 1, 4 and 5 again.
 *
 * Nothing here throws: a failure is a step with its detail, and `clean` is false.
 */
export class Release {
    private readonly calls = new Map<string, TerminateCall>();
    private readonly steps: ReleaseStep[] = [];
    /** Each machine as the cloud described it last. */
    private readonly seen = new Map<string, Machine>();
    private readonly now: () => number;
    private readonly sleep: (milliseconds: number) => Promise<void>;
    private lastProblem: string | undefined;

    constructor(private readonly options: ReleaseOptions) {
        this.now = options.now ?? Date.now;
        this.sleep =
            options.sleep ??
            ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));
    }

    /**
     * One pass: asks for the machines by tag and ends each that is live. Never throws.
     *
     * @returns the machines as the cloud described them before, undefined when it did not answer or
     * one could not be ended.
     */
    async endMachines(): Promise<readonly Machine[] | undefined> {
        let machines: Machine[];
        try {
            machines = await this.list();
        } catch (error) {
            this.problem(`the cloud did not list the machines: ${errorText(error)}`);
            return undefined;
        }
        const ended = await Promise.all(
            machines.filter(isLive).map((machine) => this.end(machine)),
        );
        return ended.every(Boolean) ? machines : undefined;
    }

    /**
     * Passes once a second until `until` settles: a cancelled launch may still be on its way, and
     * its machine becomes visible when the engine has long been told to stop.
     */
    async keepEnding(until: Promise<unknown>): Promise<void> {
        let settled = false;
        const over = until.then(
            () => (settled = true),
            () => (settled = true),
        );
        while (!settled) {
            await this.endMachines();
            await Promise.race([over, this.sleep(1000)]);
        }
    }

    /**
     * All five steps.
     *
     * @param launchUncertain true when `up` failed or was cancelled, so that a launch may have
     * happened of which nobody heard: the cloud is asked several times before "none" is believed.
     */
    async finish(stack: RunStack | undefined, launchUncertain: boolean): Promise<ReleaseOutcome> {
        const first = await this.endMachines();
        this.step("end machines by tag", first !== undefined, first ? undefined : this.lastProblem);

        const destroyed = stack !== undefined && (await this.destroy(stack));
        if (destroyed) {
            await this.removeStack(stack);
        }
        const leftovers = await this.askUntilEmpty(launchUncertain ? SETTLE_ANSWERS : 1);
        if (stack !== undefined && !destroyed) {
            await this.settleStack(stack, leftovers.length === 0);
        }
        const schedule = await this.deleteSchedule();
        leftovers.push(...schedule.leftovers);

        for (const leftover of leftovers) {
            this.options.progress.warn(
                `left: ${leftover.kind} ${leftover.id} (${leftover.detail}); ` +
                    `gpu-ci reap --run ${this.options.runId} --yes`,
            );
        }
        return {
            clean: leftovers.length === 0,
            machines: [...this.seen.values()],
            terminateCalls: [...this.calls.values()],
            powerOffReasons: await askPowerOffReasons(this.options.cloud, [...this.seen.values()]),
            leftovers,
            schedule: schedule.state,
            steps: this.steps,
        };
    }

    private get query() {
        return { runId: this.options.runId, attempts: this.options.attempts };
    }

    private async list(): Promise<Machine[]> {
        const machines = await this.options.cloud.machines(this.query);
        for (const machine of machines) {
            this.seen.set(machine.instanceId, machine);
        }
        return machines;
    }

    private resources(): Promise<ResourceAnswer> {
        return this.options.cloud.resources(this.query).catch((error: unknown) => ({
            found: [],
            unanswered: REMOVAL_ORDER.map((kind) => ({ kind, reason: errorText(error) })),
        }));
    }

    private async end(machine: Machine): Promise<boolean> {
        const { instanceId } = machine;
        try {
            const outcome = await this.options.cloud.terminate(instanceId);
            if (!this.calls.has(instanceId)) {
                const wasLive = outcome === "ended";
                this.calls.set(instanceId, { instanceId, at: this.now(), wasLive });
                this.options.progress.line(
                    outcome === "ended"
                        ? `machine ${instanceId} ended by tag (it was ${machine.state})`
                        : `machine ${instanceId} was already gone`,
                );
            }
            return true;
        } catch (error) {
            this.problem(`machine ${instanceId} could not be ended: ${errorText(error)}`);
            return false;
        }
    }

    private async destroy(stack: RunStack): Promise<boolean> {
        for (let tries = 1; tries <= DESTROY_TRIES; tries += 1) {
            try {
                await this.destroyOnce(stack, tries > 1);
                this.step("destroy the stack", true);
                return true;
            } catch (error) {
                const text = `destroy failed (${tries} of ${DESTROY_TRIES}): ${errorText(error)}`;
                this.problem(text);
                if (tries < DESTROY_TRIES) {
                    await this.endMachines();
                    await this.sleep(2000 * tries);
                }
            }
        }
        this.step("destroy the stack", false, this.lastProblem);
        return false;
    }

    private async destroyOnce(stack: RunStack, afterFailure: boolean): Promise<void> {
        const limit = new AbortController();
        const timer = setTimeout(() => limit.abort(), DESTROY_LIMIT_MINUTES * 60_000);
        try {
            await stack.destroy({
                refresh: afterFailure,
                unlock: afterFailure,
                signal: limit.signal,
                onLine: (line) => this.options.progress.line(line),
            });
        } finally {
            clearTimeout(timer);
        }
    }

    private async removeStack(stack: RunStack, force = false): Promise<void> {
        try {
            await stack.remove({ force });
            this.step("remove the stack", true);
        } catch (error) {
            this.problem(`stack ${stack.name} could not be removed: ${errorText(error)}`);
            this.step("remove the stack", false, this.lastProblem);
        }
    }

    /** After a destroy that failed: the cloud has been swept by tag, so a state may go with it. */
    private async settleStack(stack: RunStack, cloudIsEmpty: boolean): Promise<void> {
        if (cloudIsEmpty) {
            await this.removeStack(stack, true);
            return;
        }
        this.steps.push({
            step: "remove the stack",
            outcome: "skipped",
            detail: `kept for pulumi destroy --stack ${stack.name}`,
        });
    }

    /** Asks, ends and removes until the cloud has answered `emptyAnswers` times that nothing is left. */
    private async askUntilEmpty(emptyAnswers: number): Promise<Leftover[]> {
        let left: Leftover[] = [];
        let empty = 0;
        for (let tries = 1; tries <= ASK_TRIES; tries += 1) {
            const live = await this.liveMachines();
            const others = await this.sweepResources();
            left = [...live, ...others];
            empty = left.length === 0 ? empty + 1 : 0;
            if (empty >= emptyAnswers) {
                this.step("ask the cloud by tag", true, "nothing left");
                return [];
            }
            // Forbidden stays forbidden; a machine that is still ending does not.
            if (left.length > 0 && tries >= 3 && left.every(({ id }) => id === "?")) {
                break;
            }
            const wait = empty > 0 ? SETTLE_WAIT_SECONDS : ASK_WAIT_SECONDS;
            await this.sleep(wait * 1000);
        }
        this.step("ask the cloud by tag", false, `${left.length} left`);
        return left;
    }

    private async liveMachines(): Promise<Leftover[]> {
        const before = await this.endMachines();
        if (before?.some(isLive) === false) {
            return [];
        }
        // Something was live a moment ago, or the cloud did not answer: only its word counts.
        try {
            const now = await this.list();
            return now.filter(isLive).map((machine) => ({
                kind: "machine",
                id: machine.instanceId,
                detail: machine.state,
            }));
        } catch (error) {
            return [{ kind: "machine", id: "?", detail: errorText(error) }];
        }
    }

    private async sweepResources(): Promise<Leftover[]> {
        const answer = await this.resources();
        const found = answer.found.filter(({ kind }) => kind !== "schedule");
        const left: Leftover[] = answer.unanswered
            .filter(({ kind }) => kind !== "schedule")
            .map(({ kind, reason }) => ({ kind, id: "?", detail: reason }));
        for (const resource of inRemovalOrder(found)) {
            const detail = await this.options.cloud.remove(resource).then(
                () => "removal asked for",
                (error: unknown) => errorText(error),
            );
            left.push({ kind: resource.kind, id: resource.id, detail });
        }
        return left;
    }

    private async deleteSchedule(): Promise<{
        state: ReleaseOutcome["schedule"];
        leftovers: Leftover[];
    }> {
        const noMachine = await this.list().then(
            (machines) => !machines.some(isLive),
            () => false,
        );
        const answer = await this.resources();
        const schedules = answer.found.filter(({ kind }) => kind === "schedule");
        const unanswered = answer.unanswered.filter(({ kind }) => kind === "schedule");
        if (unanswered.length > 0) {
            const leftovers = unanswered.map(({ kind, reason }) => ({
                kind,
                id: "?",
                detail: reason,
            }));
            return { state: "kept", leftovers };
        }
        if (schedules.length === 0) {
            return { state: "absent", leftovers: [] };
        }
        if (!noMachine) {
            this.steps.push({
                step: "delete the deadline schedule",
                outcome: "skipped",
                detail: "kept: it ends what is left",
            });
            return { state: "kept", leftovers: [] };
        }
        const leftovers: Leftover[] = [];
        for (const schedule of schedules) {
            await this.options.cloud.remove(schedule).catch((error: unknown) => {
                leftovers.push({ kind: "schedule", id: schedule.id, detail: errorText(error) });
            });
        }
        this.step("delete the deadline schedule", leftovers.length === 0, leftovers[0]?.detail);
        return { state: leftovers.length === 0 ? "deleted" : "kept", leftovers };
    }

    private problem(text: string): void {
        if (text !== this.lastProblem) {
            this.options.progress.warn(text);
        }
        this.lastProblem = text;
    }

    private step(step: string, isDone: boolean, detail?: string): void {
        this.steps.push({
            step,
            outcome: isDone ? "done" : "failed",
            ...(detail ? { detail } : {}),
        });
    }
}

/** What uses another thing comes before it. */
export function inRemovalOrder<T extends Pick<CloudResource, "kind">>(
    resources: readonly T[],
): T[] {
    return [...resources].sort(
        (one, other) => REMOVAL_ORDER.indexOf(one.kind) - REMOVAL_ORDER.indexOf(other.kind),
    );
}
