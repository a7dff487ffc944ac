import { EventEmitter } from "node:events";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type {
    Cloud,
    CloudResource,
    Machine,
    ResourceAnswer,
    RunQuery,
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

export type Failures = Partial<Record<"machines" | "terminate" | "resources" | "remove", Error[]>>;

/** A cloud in memory: machines and resources with tags, a log of calls, failures on demand. */
export class FakeCloud implements Cloud {
    readonly region = "us-east-1";
    readonly calls: string[] = [];
    readonly all = new Map<string, Machine>();
    readonly things = new Map<string, CloudResource>();
    failures: Failures = {};
    missing = new Set<string>();
    noCredentials = false;
    /** Machines of which the cloud refuses the end for ever. */
    protectedFromEnd = false;
    now: () => number = Date.now;
    private launched = 0;

    launch(order: StackOrder, lifeMinutes = 45): Machine {
        this.launched += 1;
        const machine: Machine = {
            instanceId: `i-${String(this.launched).padStart(8, "0")}`,
            state: "running",
            instanceType: order.settings.instanceType,
            market: "on-demand",
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

    async machines(query: RunQuery): Promise<Machine[]> {
        this.calls.push("machines");
        this.failOn("machines");
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
    parameter = async (name: string) => (this.missing.has(name) ? undefined : "ami-0123456789");

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
    readonly verdict?: "passed" | "failed";
    /** Error after the launch. */
    readonly failAfter?: string;
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
}

/** An engine whose operations follow a script and act on the fake cloud. */
export class FakeEngine implements Engine {
    readonly calls: string[] = [];
    readonly orders: StackOrder[] = [];
    private ups = 0;

    constructor(
        private readonly cloud: FakeCloud,
        private readonly script: EngineScript,
    ) {}

    async describe() {
        return { version: "3.248.0", backend: "file:///state" };
    }

    stack(order: StackOrder): RunStack {
        this.orders.push(order);
        const { cloud, script, calls } = this;
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
                    writeResults(order.settings.reportDir, step.verdict);
                }
                if (step.failAfter) {
                    throw new EngineError(step.failAfter, [step.failAfter]);
                }
                options.onSuccess?.();
                return { verdict: step.verdict ?? "none", instanceId: machine?.instanceId };
            },
            destroy: async (options: DestroyOptions) => {
                calls.push(`destroy${options.refresh ? " with refresh" : ""}`);
                if (destroyFailures > 0) {
                    destroyFailures -= 1;
                    throw new EngineError("DependencyViolation", ["DependencyViolation"]);
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

function writeResults(dir: string, verdict: "passed" | "failed"): void {
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "results.json"), JSON.stringify(suiteResults(verdict)));
    writeFileSync(join(dir, "junit.xml"), "<testsuites/>");
}

export interface World {
    readonly cloud: FakeCloud;
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
    const cloud = new FakeCloud();
    const engine = new FakeEngine(cloud, script);
    const lines: string[] = [];
    const progress = new Progress({ write: (line) => lines.push(line) });
    const source = new EventEmitter();
    const reports = join(dir, "reports");
    return {
        cloud,
        engine,
        lines,
        source,
        reports,
        options: {
            projectDir: dir,
            reportsRoot: reports,
            env: { GPU_CI_CALLER_CIDR: "203.0.113.7/32", GPU_CI_OWNER: "tests", ...env },
            engine,
            openCloud: () => cloud,
            resolveRegion: async () => "us-east-1",
            signals: new Signals(progress, source),
            progress,
            now: Date.now,
            sleep: () => new Promise((resolve) => setTimeout(resolve, 0)),
        },
    };
}
