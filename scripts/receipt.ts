import { z } from "zod";

import { MARKETS, type MemoryEstimate } from "../sizing";
import type { Verdict } from "../suite/results";
import { isLive, type Machine } from "./cloud";
import { formatInstant, parseExpiresAt, parseTransitionTime } from "./instants";
import type { Phase } from "./progress";
import type { ReleaseOutcome, TerminateCall } from "./release";
import type { ServerMemory } from "./serverLog";

const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const releasedBy = z
    .enum(["driver", "watchdog", "deadline", "cloud", "none"])
    .describe(
        "Which layer ended the machine: the driver's own call, the machine itself, the account's " +
            "terminator at the deadline, the cloud (spot notice, host failure); none: no machine " +
            "was launched, or one is still there",
    );

const machine = z.strictObject({
    instanceId: z.string(),
    instanceType: z.string(),
    market: z.enum(MARKETS),
    gpuName: z.string(),
    gpuCount: z.int().nonnegative(),
    state: z.string().describe("State in the cloud when the receipt was written"),
    launchedAt: instant.nullable(),
    leftRunningAt: instant.nullable().describe("When billing ended; null while it runs"),
    expiresAt: instant.nullable().describe("The run's deadline, from the machine's own tag"),
    releasedBy,
    billedGpuSeconds: z.number().nonnegative().describe("max(60, seconds running) x GPUs"),
    leakedGpuSeconds: z.number().nonnegative().describe("Seconds running past expiresAt x GPUs"),
    actualUsd: z.number().nonnegative().nullable(),
});

const compared = z.strictObject({ estimated: z.number(), actual: z.number().nullable() });

/** The proof of a run, from the cloud's side. */
export const receiptSchema = z.strictObject({
    schemaVersion: z.literal(1),
    runId: z.string(),
    attempt: z.int().positive().describe("The last attempt"),
    tier: z.string(),
    owner: z.string(),
    verdict: z.enum(["passed", "failed", "none"]),
    why: z.string().describe("Why there is no verdict, or what went wrong beside it; else empty"),
    exitCode: z.int().nonnegative(),
    releasedBy,
    launchedAt: instant.nullable(),
    leftRunningAt: instant.nullable(),
    secondsFromSuiteEndToRelease: z
        .number()
        .nullable()
        .describe(
            "From the suite's own end to the machine leaving running; EC2 tells whole seconds",
        ),
    billedGpuSeconds: z.number().nonnegative().describe("Of all machines of the run"),
    leakedGpuSeconds: z.number().nonnegative().describe("Of all machines of the run; promised 0"),
    leftovers: z
        .array(z.strictObject({ kind: z.string(), id: z.string(), detail: z.string() }))
        .describe("What is left in the cloud; id ? where the cloud did not answer. Empty: clean"),
    priceUsd: z.strictObject({
        estimated: z.number().nonnegative().nullable(),
        actual: z.number().nonnegative().nullable(),
        note: z.string(),
    }),
    memoryGiB: z
        .strictObject({
            load: compared.describe("Weights and the engine's buffers"),
            kvRoom: compared.describe("Room for the KV cache"),
        })
        .describe("On each GPU; actual from the server's log, null where it did not say"),
    phases: z.array(z.strictObject({ name: z.string(), seconds: z.number().nonnegative() })),
    attempts: z.array(
        z.strictObject({
            attempt: z.int().positive(),
            instanceType: z.string(),
            market: z.string(),
            outcome: z.enum(["verdict", "no-capacity", "failed", "cancelled"]),
            error: z.string(),
            stack: z.string(),
            schedule: z.enum(["deleted", "kept", "absent"]),
            machines: z.array(machine),
            release: z.array(
                z.strictObject({
                    step: z.string(),
                    outcome: z.enum(["done", "failed", "skipped"]),
                    detail: z.string().optional(),
                }),
            ),
        }),
    ),
    machine: machine.nullable().describe("The last machine that was launched"),
    account: z.string(),
    region: z.string(),
    awsEndpoint: z
        .string()
        .nullable()
        .describe("What answered in place of AWS (AWS_ENDPOINT_URL); null: AWS itself"),
    engineVersion: z.string(),
    writtenAt: instant,
});

export type Receipt = z.output<typeof receiptSchema>;
type ReceiptMachine = Receipt["attempts"][number]["machines"][number];

/** One attempt, as the run's life-cycle left it. */
export interface AttemptRecord {
    readonly attempt: number;
    readonly candidate: AttemptCandidate;
    readonly outcome: Receipt["attempts"][number]["outcome"];
    readonly error: string;
    readonly stack: string;
    readonly release: ReleaseOutcome;
}

export interface AttemptCandidate {
    readonly instanceType: string;
    readonly market: string;
    readonly gpuName: string;
    readonly gpuCount: number;
    /** Machine and public address, US dollars an hour. */
    readonly priceUsdPerHour: number;
    readonly expectedUsd: number;
}

export interface ReceiptInput {
    readonly runId: string;
    readonly tier: string;
    readonly owner: string;
    readonly verdict: Verdict;
    readonly why: string;
    readonly exitCode: number;
    readonly expectedUsd: number | undefined;
    readonly estimatedMemory: Pick<MemoryEstimate, "loadGiB" | "kvRoomGiB">;
    readonly serverMemory: ServerMemory | undefined;
    /** When the suite ended, milliseconds since 1970, by its own report. */
    readonly suiteEndedAt: number | undefined;
    readonly phases: readonly Phase[];
    readonly attempts: readonly AttemptRecord[];
    readonly account: string;
    readonly region: string;
    readonly awsEndpoint: string | undefined;
    readonly engineVersion: string;
    /** Milliseconds since 1970. */
    readonly now: number;
}

// Billed per second, 60 s at least for each start (AWS, EC2 on-demand pricing).
const BILLED_SECONDS_MIN = 60;

/** Makes a run's receipt from what the cloud said about its machines. */
export function buildReceipt(input: ReceiptInput): Receipt {
    const attempts = input.attempts.map((attempt) => ({
        attempt: attempt.attempt,
        instanceType: attempt.candidate.instanceType,
        market: attempt.candidate.market,
        outcome: attempt.outcome,
        error: attempt.error,
        stack: attempt.stack,
        schedule: attempt.release.schedule,
        machines: attempt.release.machines.map((found) =>
            receiptMachine(found, attempt.candidate, attempt.release.terminateCalls, input.now),
        ),
        release: [...attempt.release.steps],
    }));
    const machines = attempts.flatMap((attempt) => attempt.machines);
    const last = machines.at(-1);
    const actuals = machines.map(({ actualUsd }) => actualUsd);
    return {
        schemaVersion: 1,
        runId: input.runId,
        attempt: input.attempts.at(-1)?.attempt ?? 1,
        tier: input.tier,
        owner: input.owner,
        verdict: input.verdict,
        why: input.why,
        exitCode: input.exitCode,
        releasedBy: last?.releasedBy ?? "none",
        launchedAt: last?.launchedAt ?? null,
        leftRunningAt: last?.leftRunningAt ?? null,
        secondsFromSuiteEndToRelease: secondsBetween(input.suiteEndedAt, last?.leftRunningAt),
        billedGpuSeconds: sum(machines.map(({ billedGpuSeconds }) => billedGpuSeconds)),
        leakedGpuSeconds: sum(machines.map(({ leakedGpuSeconds }) => leakedGpuSeconds)),
        leftovers: input.attempts.flatMap(({ release }) => [...release.leftovers]),
        priceUsd: {
            estimated: input.expectedUsd ?? null,
            actual: actuals.includes(null) ? null : roundUsd(sum(actuals.map((usd) => usd ?? 0))),
            note: priceNote(machines),
        },
        memoryGiB: {
            load: {
                estimated: input.estimatedMemory.loadGiB,
                actual: input.serverMemory?.loadGiB ?? null,
            },
            kvRoom: {
                estimated: input.estimatedMemory.kvRoomGiB,
                actual: input.serverMemory?.kvRoomGiB ?? null,
            },
        },
        phases: [...input.phases],
        attempts,
        machine: last ?? null,
        account: input.account,
        region: input.region,
        awsEndpoint: input.awsEndpoint ?? null,
        engineVersion: input.engineVersion,
        writtenAt: formatInstant(input.now),
    };
}

function receiptMachine(
    found: Machine,
    candidate: AttemptCandidate,
    calls: readonly TerminateCall[],
    now: number,
): ReceiptMachine {
    const call = calls.find(({ instanceId }) => instanceId === found.instanceId);
    const leftAt = leftRunningAt(found, call);
    const runningSeconds =
        found.launchedAt === undefined
            ? 0
            : Math.max(0, ((leftAt ?? now) - found.launchedAt) / 1000);
    const billedSeconds = Math.max(BILLED_SECONDS_MIN, Math.ceil(runningSeconds));
    const expiresAt = parseExpiresAt(found.tags["expires-at"]);
    const leakedSeconds =
        expiresAt === undefined ? 0 : Math.max(0, ((leftAt ?? now) - expiresAt) / 1000);
    return {
        instanceId: found.instanceId,
        instanceType: found.instanceType,
        market: found.market,
        gpuName: candidate.gpuName,
        gpuCount: candidate.gpuCount,
        state: found.state,
        launchedAt: found.launchedAt === undefined ? null : formatInstant(found.launchedAt),
        leftRunningAt: leftAt === undefined ? null : formatInstant(leftAt),
        expiresAt: expiresAt === undefined ? null : formatInstant(expiresAt),
        releasedBy: releaseLayer(found, call),
        billedGpuSeconds: billedSeconds * candidate.gpuCount,
        leakedGpuSeconds: Math.ceil(leakedSeconds) * candidate.gpuCount,
        // What a spot machine costs changes by the hour and is not in this description.
        actualUsd:
            found.market === "spot"
                ? null
                : roundUsd((billedSeconds / 3600) * candidate.priceUsdPerHour),
    };
}

/** The cloud's own time; where it gives none, the time at which our call was answered. */
function leftRunningAt(found: Machine, call: TerminateCall | undefined): number | undefined {
    if (isLive(found)) {
        return undefined;
    }
    return (
        parseTransitionTime(found.stateTransitionReason) ?? (call?.wasLive ? call.at : undefined)
    );
}

function releaseLayer(found: Machine, call: TerminateCall | undefined): Receipt["releasedBy"] {
    if (isLive(found)) {
        return "none";
    }
    const code = found.stateReasonCode ?? "";
    if (code === "Client.InstanceInitiatedShutdown") {
        return "watchdog";
    }
    if (code.startsWith("Server.")) {
        return "cloud";
    }
    return call?.wasLive ? "driver" : "deadline";
}

function secondsBetween(from: number | undefined, to: string | null | undefined): number | null {
    if (from === undefined || !to) {
        return null;
    }
    // EC2 cuts its time to the second, so a quick release can seem to precede the suite's end.
    return Math.max(0, Math.round((Date.parse(to) - from) / 100) / 10);
}

function priceNote(machines: readonly ReceiptMachine[]): string {
    if (machines.length === 0) {
        return "no machine was launched";
    }
    const spot = machines.some(({ market }) => market === "spot");
    return spot
        ? "spot: the price actually paid is not known here, at most the on-demand price"
        : "billed seconds at the on-demand price of the plan's table, with the public address";
}

function sum(values: readonly number[]): number {
    return values.reduce((total, value) => total + value, 0);
}

function roundUsd(usd: number): number {
    return Math.round(usd * 10_000) / 10_000;
}
