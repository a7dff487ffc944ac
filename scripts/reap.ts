import { UserError } from "../common/userError";
import { PRODUCT } from "../components/names";
import { errorText } from "./awsCloud";
import { isLive, type Cloud, type CloudResource, type Machine } from "./cloud";
import { EXIT } from "./exitCodes";
import { parseExpiresAt } from "./instants";
import { inRemovalOrder } from "./release";

export interface ReapRequest {
    /** Only this run's things, whether or not their deadline has passed. */
    readonly runId?: string;
    /** Only things past their deadline. */
    readonly expired?: boolean;
    /** Really end them; else only list. */
    readonly yes?: boolean;
}

export interface ReapOptions {
    readonly cloud: Cloud;
    readonly print: (line: string) => void;
    readonly now?: () => number;
    readonly sleep?: (milliseconds: number) => Promise<void>;
}

/** What is done about one thing, and why. */
export interface Decision {
    readonly action: "end" | "keep" | "report";
    readonly reason: string;
}

const END_TRIES = 40;
const END_WAIT_SECONDS = 4;

/**
 * Whether a thing may be ended. Ownership needs proof: product, owner, run and attempt, not one tag
 * (live work of others was ended that way: github-aws-runners#4391, pytorch/test-infra#6473). A
 * deadline that cannot be read is reported and ended by nobody: what wrote it is not known.
 */
export function decide(
    tags: Readonly<Record<string, string>>,
    request: ReapRequest,
    now: number,
): Decision {
    const missing = ["owner", "run", "attempt"].filter((tag) => !tags[tag]);
    if (tags.product !== PRODUCT || missing.length > 0) {
        const what = tags.product === PRODUCT ? `no tag ${missing.join(", ")}` : "not ours";
        return { action: "report", reason: `not proven ours: ${what}` };
    }
    if (request.runId !== undefined && tags.run !== request.runId) {
        return { action: "keep", reason: "another run" };
    }
    const expiresAt = parseExpiresAt(tags["expires-at"]);
    if (expiresAt === undefined) {
        return {
            action: "report",
            reason: `its expires-at ${JSON.stringify(tags["expires-at"] ?? "")} is not an instant`,
        };
    }
    const isExpired = expiresAt <= now;
    const isNamed = request.runId !== undefined && !request.expired;
    if (!isExpired && !isNamed) {
        return { action: "keep", reason: `its deadline is ${tags["expires-at"]}` };
    }
    return { action: "end", reason: isExpired ? `past ${tags["expires-at"]}` : "its run is named" };
}

/**
 * Finds everything of ours by tag, in every state, and ends it with `yes`. Needs no Pulumi state, no
 * checkout of the run and nothing of the machine that started it.
 *
 * @returns exit code 0, or 3 when something could not be ended or the cloud did not answer.
 * @throws UserError for `yes` without saying what.
 */
export async function reap(request: ReapRequest, options: ReapOptions): Promise<number> {
    if (request.yes && request.runId === undefined && !request.expired) {
        throw new UserError(
            "--yes alone would end the machines of every run, those at work included",
            "--run ID, or --expired",
            "run gpu-ci reap without --yes to see the runs",
        );
    }
    return new Reaper(request, options).reap();
}

class Reaper {
    private readonly now: number;
    private failures = 0;

    constructor(
        private readonly request: ReapRequest,
        private readonly options: ReapOptions,
    ) {
        this.now = (options.now ?? Date.now)();
    }

    async reap(): Promise<number> {
        const { cloud, print } = this.options;
        const query = { runId: this.request.runId };
        const machines = (await cloud.machines(query)).filter(isLive);
        const answer = await cloud.resources(query);
        for (const { kind, reason } of answer.unanswered) {
            this.failures += 1;
            print(`?       ${kind}: the cloud did not answer: ${reason}`);
        }

        const doomed = machines.filter((machine) =>
            this.judge(`machine ${machine.instanceId}`, machine.tags, machineDetail(machine)),
        );
        const others = answer.found.filter(({ kind }) => kind !== "schedule");
        const doomedOthers = others.filter((resource) =>
            this.judge(`${resource.kind} ${resource.id}`, resource.tags, resource.name ?? ""),
        );
        const schedules = answer.found.filter(({ kind }) => kind === "schedule");
        for (const { id } of schedules) {
            print(
                `keep    schedule ${id}: goes when no machine of its run is left, else by itself`,
            );
        }
        if (machines.length + answer.found.length === 0) {
            print("Nothing of ours is there.");
        }
        if (!this.request.yes) {
            const count = doomed.length + doomedOthers.length;
            const isChosen = this.request.runId !== undefined || this.request.expired;
            if (count > 0) {
                const add = isChosen ? "--yes" : "--expired --yes (or --run ID --yes)";
                print(`${count} would be ended. Nothing was done; add ${add} to do it.`);
            }
            return this.exitCode();
        }
        await this.endMachines(doomed);
        await this.removeAll(doomedOthers);
        await this.removeSchedules(schedules);
        await this.verify([...doomed, ...doomedOthers].map(idOf));
        return this.exitCode();
    }

    /** Prints the decision; true for "end". */
    private judge(what: string, tags: Readonly<Record<string, string>>, detail: string): boolean {
        const { action, reason } = decide(tags, this.request, this.now);
        const whose = `run ${tags.run ?? "?"} attempt ${tags.attempt ?? "?"} of ${tags.owner ?? "?"}`;
        const parts = [what, detail, whose].filter(Boolean).join(", ");
        this.options.print(`${action.padEnd(6)}  ${parts}: ${reason}`);
        return action === "end";
    }

    /** One id a call, and one error never spares the others; then waits until none is live. */
    private async endMachines(doomed: readonly Machine[]): Promise<void> {
        const { cloud, print } = this.options;
        const ended: string[] = [];
        for (const { instanceId } of doomed) {
            try {
                const outcome = await cloud.terminate(instanceId);
                print(
                    `ended   machine ${instanceId}${outcome === "ended" ? "" : " (already gone)"}`,
                );
                ended.push(instanceId);
            } catch (error) {
                this.fail(`machine ${instanceId}`, error);
            }
        }
        for (let tries = 0; ended.length > 0 && tries < END_TRIES; tries += 1) {
            const left = (await cloud.machines({ runId: this.request.runId })).filter(
                ({ instanceId, state }) => ended.includes(instanceId) && state !== "terminated",
            );
            if (left.length === 0) {
                return;
            }
            await this.sleep();
        }
    }

    /** In the order in which they can go; a security group only goes when its machine is gone. */
    private async removeAll(resources: readonly CloudResource[]): Promise<void> {
        for (const resource of inRemovalOrder(resources)) {
            try {
                await this.options.cloud.remove(resource);
                this.options.print(`removed ${resource.kind} ${resource.id}`);
            } catch (error) {
                this.fail(`${resource.kind} ${resource.id}`, error);
            }
        }
    }

    /** Only a named run's, and only when the cloud says that no machine of it is live. */
    private async removeSchedules(schedules: readonly CloudResource[]): Promise<void> {
        const { runId } = this.request;
        if (runId === undefined || schedules.length === 0) {
            return;
        }
        const live = (await this.options.cloud.machines({ runId })).filter(isLive);
        if (live.length === 0) {
            await this.removeAll(schedules);
        }
    }

    /** The cloud's own word that it is gone, not the answer to our request. */
    private async verify(doomed: readonly string[]): Promise<void> {
        const query = { runId: this.request.runId };
        const live = (await this.options.cloud.machines(query)).filter(isLive);
        const { found } = await this.options.cloud.resources(query);
        const left = [...live, ...found].map(idOf).filter((id) => doomed.includes(id));
        for (const id of left) {
            this.fail(id, new Error("still there after its removal was asked for"));
        }
    }

    private fail(what: string, error: unknown): void {
        this.failures += 1;
        this.options.print(`FAILED  ${what}: ${errorText(error)}`);
    }

    private sleep(): Promise<void> {
        const milliseconds = END_WAIT_SECONDS * 1000;
        return (
            this.options.sleep?.(milliseconds) ??
            new Promise((resolve) => setTimeout(resolve, milliseconds))
        );
    }

    private exitCode(): number {
        return this.failures === 0 ? EXIT.passed : EXIT.maybeRunning;
    }
}

function idOf(thing: Machine | CloudResource): string {
    return "instanceId" in thing ? thing.instanceId : thing.id;
}

function machineDetail(machine: Machine): string {
    return `${machine.state}, ${machine.instanceType}`;
}
