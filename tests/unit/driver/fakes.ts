import { EventEmitter } from "node:events";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type {
    Cloud,
    CloudResource,
    DescribedType,
    Machine,
    Quota,
    ResourceAnswer,
    RunQuery,
    StoredObject,
} from "../../../scripts/cloud";
import {
    EngineError,
    type DestroyOptions,
    type Engine,
    type RunStack,
    type StackOrder,
    type UpOptions,
} from "../../../scripts/engine";
import { formatInstant } from "../../../scripts/instants";
import { Progress } from "../../../scripts/progress";
import type { RunOptions } from "../../../scripts/run";
import { Signals } from "../../../scripts/signals";
import type { SuiteResults } from "../../../suite/results";

/** An error as the AWS SDK throws it. */
export function awsError(code: string, message = `the cloud says ${code}`): Error {
    return Object.assign(new Error(message), { name: code });
}

type FailingCall =
    "machines" | "terminate" | "resources" | "remove" | "quota" | "zonesOffering" | "spotPrices";
export type Failures = Partial<Record<FailingCall, Error[]>>;

/** A cloud in memory: machines and resources with tags, a log of calls, failures on demand. */
export class FakeCloud implements Cloud {
    readonly calls: string[] = [];
    readonly all = new Map<string, Machine>();
    readonly things = new Map<string, CloudResource>();
    failures: Failures = {};
    missing = new Set<string>();
    /** vCPUs by quota code, where they are not 192. */
    quotas: Record<string, number> = {};
    inUse: Record<string, number> = {};
    /** Zones by type, where they are not a and b. */
    zones: Record<string, string[]> = {};
    /** Spot prices by type, one a zone. */
    spotUsd: Record<string, number[]> = {};
    types: DescribedType[] = [];
    onDemandUsd: Record<string, number | undefined> = {};
    /** What machines have written to their consoles, by instance id. */
    consoles: Record<string, string> = {};
    /** What machines have pushed, by `bucket/key`; an error is what the bucket answers. */
    stored: Record<string, StoredObject | Error> = {};
    noCredentials = false;
    /** How many listings of machines are still to be of before any launch. */
    listingsBehind = 0;
    /** By how much this computer's clock is ahead. */
    aheadSeconds: number | undefined = 0;
    /** Machines of which the cloud refuses the end for ever. */
    protectedFromEnd = false;
    now: () => number = Date.now;
    private launched = 0;

    constructor(readonly region = "us-east-1") {}

    launch(order: StackOrder, lifeMinutes = Number(order.settings.deadlineMinutes)): Machine {
        this.launched += 1;
        const machine: Machine = {
            instanceId: `i-${String(this.launched).padStart(8, "0")}`,
            state: "running",
            instanceType: order.settings.instanceType,
            market: order.settings.market as Machine["market"],
            zone: order.settings.zone ?? `${this.region}a`,
            launchedAt: Math.floor(this.now() / 1000) * 1000,
            stateReasonCode: undefined,
            stateTransitionReason: undefined,
            tags: tagsOf(order, this.now() + lifeMinutes * 60_000),
        };
        this.all.set(machine.instanceId, machine);
        return machine;
    }

    add(kind: CloudResource["kind"], order: StackOrder): void {
        const id = `${kind}-${order.settings.runId}-${order.settings.attempt}`;
        this.things.set(id, { kind, id, tags: tagsOf(order, this.now() + 60_000) });
    }

    /** Takes a spot machine back; EC2 gives no time for that. */
    takeBack(instanceId: string): void {
        this.end(instanceId, "Server.SpotInstanceTermination");
        const machine = this.all.get(instanceId) as Machine;
        this.all.set(instanceId, { ...machine, stateTransitionReason: undefined });
    }

    end(instanceId: string, code = "Client.UserInitiatedShutdown", at = this.now()): void {
        const machine = this.all.get(instanceId);
        if (machine && machine.state !== "terminated") {
            const time = new Date(at).toISOString().slice(0, 19).replace("T", " ");
            this.all.set(instanceId, {
                ...machine,
                state: "terminated",
                stateReasonCode: code,
                stateTransitionReason: `User initiated (${time} GMT)`,
            });
        }
    }

    get live(): Machine[] {
        return [...this.all.values()].filter(({ state }) => state !== "terminated");
    }

    async caller() {
        if (this.noCredentials) {
            throw awsError("CredentialsProviderError");
        }
        return { account: "123456789012", arn: "arn:aws:iam::123456789012:user/tester" };
    }

    async clockAheadSeconds() {
        return this.aheadSeconds;
    }

    async consoleOutput(instanceId: string): Promise<string> {
        this.calls.push("consoleOutput");
        return this.consoles[instanceId] ?? "";
    }

    async machines(query: RunQuery): Promise<Machine[]> {
        this.calls.push("machines");
        this.failOn("machines");
        if (this.listingsBehind > 0) {
            this.listingsBehind -= 1;
            return [];
        }
        return [...this.all.values()].filter(({ tags }) => matches(query, tags));
    }

    async terminate(instanceId: string) {
        this.calls.push(`terminate ${instanceId}`);
        this.failOn("terminate");
        if (this.protectedFromEnd) {
            throw awsError("OperationNotPermitted");
        }
        this.end(instanceId);
        return "ended" as const;
    }

    async resources(query: RunQuery): Promise<ResourceAnswer> {
        this.calls.push("resources");
        this.failOn("resources");
        const found = [...this.things.values()].filter(({ tags }) => matches(query, tags));
        return { found, unanswered: [] };
    }

    async remove(resource: CloudResource): Promise<void> {
        this.calls.push(`remove ${resource.kind}`);
        this.failOn("remove");
        this.things.delete(resource.id);
    }

    roleExists = async (name: string) => !this.missing.has(name);
    instanceProfileExists = async (name: string) => !this.missing.has(name);
    stateMachineExists = async (name: string) => !this.missing.has(name);
    scheduleExists = async (name: string) => !this.missing.has(name);
    parameter = async (name: string) => (this.missing.has(name) ? undefined : "ami-0123456789");

    quota = async (code: string): Promise<Quota | undefined> => {
        this.failOn("quota");
        const vcpus = this.quotas[code] ?? 192;
        return { name: `quota ${code}`, vcpus };
    };
    vcpusInUse = async () => this.inUse;
    zonesOffering = async (types: readonly string[]) => {
        this.failOn("zonesOffering");
        const zones = [`${this.region}a`, `${this.region}b`];
        return Object.fromEntries(types.map((type) => [type, this.zones[type] ?? zones]));
    };
    spotPrices = async (types: readonly string[]) => {
        this.failOn("spotPrices");
        return types.flatMap((instanceType) =>
            (this.spotUsd[instanceType] ?? []).map((usdPerHour, index) => ({
                instanceType,
                zone: `${this.region}${"abc"[index]}`,
                usdPerHour,
            })),
        );
    };
    describeTypes = async (types: readonly string[]) =>
        this.types.filter(({ instanceType }) => types.includes(instanceType));
    onDemandUsdPerHour = async (type: string) => this.onDemandUsd[type];
    storedObject = async (bucket: string, key: string) => {
        this.calls.push(`storedObject ${bucket}/${key}`);
        const found = this.stored[`${bucket}/${key}`];
        if (found instanceof Error) {
            throw found;
        }
        return found;
    };
    storedKeys = async (bucket: string, prefix: string) =>
        Object.keys(this.stored)
            .filter((path) => path.startsWith(`${bucket}/${prefix}`))
            .map((path) => path.slice(bucket.length + 1));

    private failOn(call: keyof Failures): void {
        const error = this.failures[call]?.shift();
        if (error) {
            throw error;
        }
    }
}

function matches(query: RunQuery, tags: Readonly<Record<string, string>>): boolean {
    return (
        (query.runId === undefined || tags.run === query.runId) &&
        (query.attempts === undefined || query.attempts.includes(Number(tags.attempt)))
    );
}

function tagsOf(order: StackOrder, expiresAt: number): Record<string, string> {
    return {
        product: "ephemeral-gpu-ci",
        owner: order.settings.owner,
        run: order.settings.runId,
        attempt: order.settings.attempt,
        tier: order.settings.tier,
        "expires-at": formatInstant(expiresAt),
    };
}

/** What one `up` of the fake engine does. */
export interface UpScript {
    /** Error before anything is launched. */
    readonly failBefore?: string;
    /** Verdict of the suite; its report comes home. */
    readonly verdict?: SuiteResults["verdict"];
    /** What came home differs from what that verdict alone would bring. */
    readonly results?: Partial<SuiteResults>;
    /** Error after the launch. */
    readonly failAfter?: string;
    /** What happens to the machine just before that error. */
    readonly meanwhile?: (machine: Machine, cloud: FakeCloud) => void;
    /** Rungs that the server climbed down, and how it ended; comes home with the report. */
    readonly ladder?: { readonly rungs: readonly string[]; readonly ended: string };
    /** Called once the machine runs; `up` then waits for the cancel. */
    readonly hang?: (machine: Machine) => void;
    /** After the cancel, a launch that was on its way comes through. */
    readonly lateLaunch?: boolean;
    /** Throws something that is not an EngineError. */
    readonly throws?: unknown;
}

export interface EngineScript {
    readonly ups: readonly UpScript[];
    readonly createFails?: string;
    readonly destroyFailures?: number;
    readonly removeFails?: boolean;
    /** Destroy ends no sooner than the last machine, which its state does not know. */
    readonly destroyWaits?: boolean;
    /** Kind of every error of destroy. Default: failed. */
    readonly destroyErrorKind?: EngineError["kind"];
    /** Names of stacks that an earlier process left. */
    readonly left?: readonly string[];
    /** There is no engine, or no state of it. */
    readonly isAbsent?: boolean;
}

/** An engine whose operations follow a script and act on the fake cloud. */
export class FakeEngine implements Engine {
    readonly calls: string[] = [];
    readonly orders: StackOrder[] = [];
    private ups = 0;

    constructor(
        cloud: FakeCloud,
        private readonly script: EngineScript,
        private readonly cloudIn: (region: string) => FakeCloud = () => cloud,
    ) {}

    async describe() {
        if (this.script.isAbsent) {
            throw new Error("there is no pulumi on PATH");
        }
        return { version: "3.248.0", backend: "file:///state" };
    }

    async stackNames() {
        return [...(this.script.left ?? [])];
    }

    stack(order: StackOrder): RunStack {
        this.orders.push(order);
        const { script, calls } = this;
        const cloud = this.cloudIn(order.env.AWS_REGION);
        let destroyFailures = script.destroyFailures ?? 0;
        let machine: Machine | undefined;
        return {
            name: order.name,
            create: async () => {
                calls.push(`create ${order.name}`);
                if (script.createFails) {
                    throw new EngineError(script.createFails, []);
                }
            },
            open: async () => (script.left?.includes(order.name) ? "opened" : "absent"),
            region: async () => undefined,
            up: async (options: UpOptions) => {
                calls.push(`up ${order.name}`);
                const step = script.ups[this.ups++] ?? {};
                if (step.throws !== undefined) {
                    throw step.throws;
                }
                const isFirst = machine === undefined;
                if (isFirst) {
                    cloud.add("schedule", order);
                    cloud.add("key-pair", order);
                    cloud.add("security-group", order);
                }
                if (step.failBefore) {
                    throw new EngineError(step.failBefore, [step.failBefore]);
                }
                if (isFirst && !step.lateLaunch) {
                    machine = cloud.launch(order);
                }
                if (step.hang) {
                    await cancelled(options, () => step.hang?.(machine as Machine));
                    if (step.lateLaunch) {
                        machine = cloud.launch(order);
                    }
                    throw new EngineError("update was cancelled", ["update was cancelled"]);
                }
                if (step.verdict) {
                    writeResults(order.settings.reportDir, step.verdict, step.results);
                }
                if (step.ladder) {
                    writeLadder(order.settings.reportDir, step.ladder);
                }
                if (step.failAfter) {
                    step.meanwhile?.(machine as Machine, cloud);
                    throw new EngineError(step.failAfter, [step.failAfter]);
                }
                options.onSuccess?.();
                return { verdict: step.verdict ?? "none", instanceId: machine?.instanceId };
            },
            destroy: async (options: DestroyOptions) => {
                calls.push(`destroy${options.refresh ? " with refresh" : ""}`);
                if (destroyFailures > 0) {
                    destroyFailures -= 1;
                    throw new EngineError("DependencyViolation", [], script.destroyErrorKind);
                }
                while (script.destroyWaits && cloud.live.length > 0) {
                    await new Promise((wake) => setTimeout(wake, 1));
                }
                for (const [id, { kind, tags }] of cloud.things) {
                    const isOwn = tags.attempt === order.settings.attempt;
                    if (isOwn && kind !== "schedule") {
                        cloud.things.delete(id);
                    }
                }
                if (machine && !cloud.protectedFromEnd) {
                    cloud.end(machine.instanceId);
                }
            },
            remove: async (options) => {
                calls.push(`remove${options?.force ? " by force" : ""}`);
                if (script.removeFails) {
                    throw new EngineError("stack still has resources", []);
                }
            },
        };
    }
}

function cancelled(options: UpOptions, started: () => void): Promise<void> {
    return new Promise((resolve) => {
        options.signal?.addEventListener("abort", () => setTimeout(resolve, 5), { once: true });
        setTimeout(started, 1);
    });
}

export function suiteResults(verdict: SuiteResults["verdict"], endedAt = Date.now()): SuiteResults {
    return {
        schemaVersion: 1,
        tier: "commit",
        model: "m",
        server: { url: "http://127.0.0.1:8000", standIn: true },
        startedAt: new Date(endedAt - 12_000).toISOString(),
        endedAt: new Date(endedAt).toISOString(),
        seconds: 12,
        verdict,
        why: verdict === "passed" ? "all passed" : "1 case failed",
        totals: { passed: 1, failed: verdict === "failed" ? 1 : 0, errored: 0, skipped: 0 },
        cases: [],
        performance: { latency: [], throughput: [] },
    };
}

function writeResults(
    dir: string,
    verdict: SuiteResults["verdict"],
    other: Partial<SuiteResults> = {},
): void {
    mkdirSync(dir, { recursive: true });
    const results = { ...suiteResults(verdict), ...other };
    writeFileSync(join(dir, "results.json"), JSON.stringify(results));
    writeFileSync(join(dir, "junit.xml"), "<testsuites/>");
}

function writeLadder(dir: string, { rungs, ended }: NonNullable<UpScript["ladder"]>): void {
    mkdirSync(dir, { recursive: true });
    const named = rungs.map((name) => ({ name, note: "", failure: "no-room-for-cache" }));
    writeFileSync(join(dir, "ladder.json"), JSON.stringify({ rungs: named, ended }));
}

export interface World {
    /** The cloud of the run's own region. */
    readonly cloud: FakeCloud;
    readonly cloudIn: (region: string) => FakeCloud;
    readonly engine: FakeEngine;
    readonly options: RunOptions;
    readonly lines: string[];
    /** Where signals come from. */
    readonly source: EventEmitter;
    readonly reports: string;
}

/** Everything that `run` needs, without a cloud, an engine or waiting. */
export function world(script: EngineScript, env: NodeJS.ProcessEnv = {}): World {
    const dir = mkdtempSync(join(tmpdir(), "gpu-ci-driver-"));
    writeFileSync(join(dir, "Pulumi.yaml"), "name: ephemeral-gpu-ci\n");
    const clouds = new Map<string, FakeCloud>();
    const cloudIn = (region: string) => {
        const known = clouds.get(region) ?? new FakeCloud(region);
        clouds.set(region, known);
        return known;
    };
    const cloud = cloudIn("us-east-1");
    const engine = new FakeEngine(cloud, script, cloudIn);
    const lines: string[] = [];
    const progress = new Progress({ write: (line) => lines.push(line) });
    const source = new EventEmitter();
    const reports = join(dir, "reports");
    return {
        cloud,
        cloudIn,
        engine,
        lines,
        source,
        reports,
        options: {
            projectDir: dir,
            reportsRoot: reports,
            env: { GPU_CI_CALLER_CIDR: "203.0.113.7/32", GPU_CI_OWNER: "tests", ...env },
            engine,
            openCloud: cloudIn,
            resolveRegion: async () => "us-east-1",
            signals: new Signals(progress, source),
            progress,
            now: Date.now,
            sleep: () => new Promise((resolve) => setTimeout(resolve, 0)),
        },
    };
}
