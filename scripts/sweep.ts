import { errorText } from "./awsErrors";
import {
    isLive,
    REMOVAL_ORDER,
    type Cloud,
    type CloudResource,
    type Machine,
    type ResourceAnswer,
    type ResourceKind,
    type RunQuery,
} from "./cloud";
import { missingProof } from "./ownership";
import { isHopeless } from "./awsErrors";
import type { Progress } from "./progress";

/** Something that is left, or that the cloud did not tell about. */
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

export interface SweepOptions {
    readonly cloud: Cloud;
    readonly progress: Pick<Progress, "line" | "warn">;
    /** Whose things. */
    readonly query: RunQuery;
    /**
     * Why a thing with these tags is left alone; undefined: it may be ended.
     * Default: whatever is not proven ours.
     */
    readonly spare?: (tags: CloudResource["tags"]) => string | undefined;
    readonly now?: () => number;
    readonly sleep?: (milliseconds: number) => Promise<void>;
}

export interface ScheduleEnd {
    readonly state: "deleted" | "kept" | "absent";
    readonly leftovers: readonly Leftover[];
    /** Why it was kept although it could have been deleted. */
    readonly why?: string;
}

// Machines take up to two minutes to end; until then their security group cannot go.
const ASK_TRIES = 40;
const ASK_WAIT_SECONDS = 4;
// A machine can be invisible for about a second after its launch (skypilot-org/skypilot#4443).
const SETTLE_WAIT_SECONDS = 2;
const HOPELESS_TRIES = 3;

/**
 * Ends machines and removes everything else of ours by tag alone: no engine, no state, nothing of
 * the computer that made them. What the driver's release, `gpu-ci release` and `gpu-ci reap` share.
 *
 * Nothing here throws; a process that dies between any two lines leaves the deadline schedule armed,
 * since that goes last.
 */
export class Sweep {
    /** The first call that ended each machine. */
    readonly calls = new Map<string, TerminateCall>();
    /** Each machine as the cloud described it last. */
    readonly seen = new Map<string, Machine>();
    /** What carries tags of ours, but not all that prove it; ended by nobody. */
    readonly leftAlone = new Map<string, Leftover>();
    /** True once something other than a machine was removed. */
    hasRemoved = false;
    lastProblem: string | undefined;
    private readonly now: () => number;
    private readonly sleep: (milliseconds: number) => Promise<void>;
    private readonly spare: (tags: CloudResource["tags"]) => string | undefined;

    constructor(private readonly options: SweepOptions) {
        this.now = options.now ?? Date.now;
        this.spare = options.spare ?? missingProof;
        this.sleep =
            options.sleep ??
            ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));
    }

    /**
     * One pass: asks for the machines and ends each that is live, one id a call.
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

    /** Asks, ends and removes until the cloud has answered `emptyAnswers` times that nothing is left. */
    async untilEmpty(emptyAnswers: number): Promise<Leftover[]> {
        let left: Leftover[] = [];
        let empty = 0;
        for (let tries = 1; tries <= ASK_TRIES; tries += 1) {
            left = [...(await this.liveMachines()), ...(await this.removeResources())];
            empty = left.length === 0 ? empty + 1 : 0;
            if (empty >= emptyAnswers) {
                return [];
            }
            // An outage passes, a machine that is still ending ends; forbidden stays forbidden.
            const isHopelessNow = left.length > 0 && left.every(({ detail }) => isHopeless(detail));
            if (isHopelessNow && tries >= HOPELESS_TRIES) {
                break;
            }
            await this.sleep((empty > 0 ? SETTLE_WAIT_SECONDS : ASK_WAIT_SECONDS) * 1000);
        }
        return left;
    }

    /** Only when the cloud has answered that no machine is live: a schedule ends what is left. */
    async deleteSchedules(): Promise<ScheduleEnd> {
        const noMachine = await this.listAll().then(
            (machines) => !machines.some(isLive),
            () => false,
        );
        const answer = await this.resources();
        const unanswered = answer.unanswered.filter(({ kind }) => kind === "schedule");
        if (unanswered.length > 0) {
            const leftovers = unanswered.map(({ kind, reason }) => ({
                kind,
                id: "?",
                detail: reason,
            }));
            return { state: "kept", leftovers };
        }
        const schedules = answer.found.filter(({ kind }) => kind === "schedule");
        if (schedules.length === 0) {
            return { state: "absent", leftovers: [] };
        }
        if (!noMachine) {
            return { state: "kept", leftovers: [], why: "kept: it ends what is left" };
        }
        const leftovers: Leftover[] = [];
        for (const schedule of schedules) {
            const failure = await this.remove(schedule);
            if (failure !== undefined) {
                leftovers.push({ kind: "schedule", id: schedule.id, detail: failure });
            }
        }
        return { state: leftovers.length === 0 ? "deleted" : "kept", leftovers };
    }

    /** Tells of a failure, once. */
    problem(text: string): void {
        if (text !== this.lastProblem) {
            this.options.progress.warn(text);
        }
        this.lastProblem = text;
    }

    /** Those that are spared too: a schedule stays for them. */
    private async listAll(): Promise<Machine[]> {
        const machines = await this.options.cloud.machines(this.options.query);
        for (const machine of machines) {
            this.seen.set(machine.instanceId, machine);
        }
        return machines;
    }

    private async list(): Promise<Machine[]> {
        const machines = await this.listAll();
        this.forgetLeftAlone((kind) => kind === "machine");
        return machines.filter(
            (machine) =>
                !isLive(machine) || this.isOurs("machine", machine.instanceId, machine.tags),
        );
    }

    /** What is left alone is what the cloud told last. */
    private forgetLeftAlone(isAskedAgain: (kind: Leftover["kind"]) => boolean): void {
        for (const [id, { kind }] of this.leftAlone) {
            if (isAskedAgain(kind)) {
                this.leftAlone.delete(id);
            }
        }
    }

    private resources(): Promise<ResourceAnswer> {
        return this.options.cloud.resources(this.options.query).catch((error: unknown) => ({
            found: [],
            unanswered: REMOVAL_ORDER.map((kind) => ({ kind, reason: errorText(error) })),
        }));
    }

    private isOurs(kind: Leftover["kind"], id: string, tags: CloudResource["tags"]): boolean {
        const reason = this.spare(tags);
        if (reason !== undefined) {
            this.leftAlone.set(id, { kind, id, detail: `${reason}; left alone` });
        }
        return reason === undefined;
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

    private async removeResources(): Promise<Leftover[]> {
        const answer = await this.resources();
        this.forgetLeftAlone((kind) => kind !== "machine");
        const left: Leftover[] = answer.unanswered
            .filter(({ kind }) => kind !== "schedule")
            .map(({ kind, reason }) => ({ kind, id: "?", detail: reason }));
        const ours = answer.found.filter(
            ({ kind, id, tags }) => kind !== "schedule" && this.isOurs(kind, id, tags),
        );
        for (const resource of inRemovalOrder(ours)) {
            const detail = (await this.remove(resource)) ?? "removal asked for";
            left.push({ kind: resource.kind, id: resource.id, detail });
        }
        return left;
    }

    /** Undefined, or why not. */
    private async remove(resource: CloudResource): Promise<string | undefined> {
        try {
            await this.options.cloud.remove(resource);
            this.hasRemoved = true;
            return undefined;
        } catch (error) {
            return errorText(error);
        }
    }
}

/** What uses another thing comes before it. */
function inRemovalOrder<T extends Pick<CloudResource, "kind">>(resources: readonly T[]): T[] {
    return [...resources].sort(
        (one, other) => REMOVAL_ORDER.indexOf(one.kind) - REMOVAL_ORDER.indexOf(other.kind),
    );
}
