import { z } from "zod";

import { deadlineMargins } from "../machine/margins";
import { DEADLINE_MINUTES, MARKETS, type MemoryEstimate } from "../sizing";
import { GIB } from "../sizing/memory";
import { isLive, REMOVAL_ORDER, type Machine } from "./cloud";
import type { RunVerdict } from "./exitCodes";
import { formatInstant, parseExpiresAt, parseTransitionTime } from "./instants";
import { OWN_SHUTDOWN } from "./powerOffReason";
import type { Phase } from "./progress";
import { withChecksum } from "./receiptChecksum";
import type { ReleaseOutcome } from "./release";
import type { ServerMemory } from "./serverLog";
import type { Leftover, TerminateCall } from "./sweep";

const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const releasedBy = z
    .enum(["driver", "release", "api", "watchdog", "deadline", "cloud", "none"])
    .describe(
        "Which layer ended the machine: the driver's own call, that of gpu-ci release, another's " +
            "before the deadline's layers could act (api: a driver that was killed, a person), the " +
            "machine itself, the account's terminator at the deadline, the cloud (spot notice, host " +
            "failure); none: no machine was launched, or one is still there",
    );

const machine = z.strictObject({
    instanceId: z.string(),
    instanceType: z.string(),
    market: z.enum(MARKETS),
    zone: z.string().nullable(),
    gpuName: z.string(),
    gpuCount: z.int().nonnegative(),
    state: z.string().describe("State in the cloud when the receipt was written"),
    launchedAt: instant.nullable(),
    leftRunningAt: instant
        .nullable()
        .describe("When billing ended; null while it runs, or where the cloud gave no time"),
    expiresAt: instant.nullable().describe("The run's deadline, from the machine's own tag"),
    releasedBy,
    powerOffReason: z
        .string()
        .nullable()
        .describe(
            "Why the machine powered itself off, or was about to when it was ended, as its console or " +
                "its report says; null: it was not",
        ),
    billedGpuSeconds: z.number().nonnegative().describe("max(60, seconds running) x GPUs"),
    leakedGpuSeconds: z.number().nonnegative().describe("Seconds running past expiresAt x GPUs"),
    actualUsd: z.number().nonnegative().nullable(),
});

const attemptOutcome = z.enum([
    "verdict",
    "no-capacity",
    "no-quota",
    "throttled",
    "interrupted",
    "out-of-memory",
    "failed",
    "cancelled",
    "unknown",
]);

const compared = z.strictObject({
    estimated: z.number().nullable(),
    actual: z.number().nullable(),
});

/** The proof of a run, from the cloud's side. */
export const receiptSchema = z.strictObject({
    schemaVersion: z.literal(1),
    runId: z.string(),
    attempt: z.int().positive().describe("The last attempt"),
    tier: z.string(),
    owner: z.string(),
    verdict: z
        .enum(["passed", "failed", "none", "interrupted"])
        .describe(
            "The suite's; interrupted: the cloud took the spot machine back, and no other machine " +
                "could be had within deadline and budget",
        ),
    why: z.string().describe("Why there is no verdict, or what went wrong beside it; else empty"),
    exitCode: z.int().nonnegative().describe("Of the command that wrote the receipt"),
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
    asked: z
        .strictObject({ regions: z.array(z.string()), kinds: z.array(z.string()) })
        .describe("Where the cloud was asked what is left, in every state, and for what"),
    leftovers: z
        .array(z.strictObject({ kind: z.string(), id: z.string(), detail: z.string() }))
        .describe("What is left in the cloud; id ? where the cloud did not answer. Empty: clean"),
    priceUsd: z.strictObject({
        estimated: z.number().nonnegative().nullable(),
        actual: z.number().nonnegative().nullable(),
        note: z.string(),
    }),
    minutes: z
        .strictObject({
            startUp: compared.describe("From the launch to the suite's first case"),
            suite: compared,
            total: compared.describe("Both together; the last attempt's, as the others are"),
        })
        .describe(
            "Actual: null where the run did not get so far; estimated: null where the plan is not known",
        ),
    memoryGiB: z
        .strictObject({
            load: compared.describe("Weights and the engine's buffers"),
            kvRoom: compared.describe("Room for the KV cache"),
        })
        .describe("On each GPU; actual from the server's log, null where it did not say"),
    kvTokens: compared.describe("Tokens that the KV cache holds"),
    sequences: compared.describe("Sequences of the full context at once"),
    graphGiB: z.number().nullable().describe("CUDA graphs, as the server's log says"),
    encoderTokens: z.number().nullable().describe("Visual tokens of the encoder's cache"),
    phases: z.array(z.strictObject({ name: z.string(), seconds: z.number().nonnegative() })),
    attempts: z.array(
        z.strictObject({
            attempt: z.int().positive(),
            instanceType: z.string(),
            market: z.string(),
            region: z.string(),
            zone: z.string().nullable().describe("As asked for; null: the cloud's choice"),
            deadlineMinutes: z
                .int()
                .positive()
                .nullable()
                .describe("What was left of the run's deadline; null: not known here"),
            outcome: attemptOutcome,
            error: z.string(),
            seconds: z.number().nonnegative().describe("From the stack's making to its release"),
            usd: z.number().nonnegative().nullable().describe("Null: the price is not known"),
            rung: z
                .string()
                .nullable()
                .describe("Last rung of the out-of-memory ladder; null: the server never started"),
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
    sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .describe("SHA-256 of everything else: JSON without white space, keys sorted, as UTF-8"),
});

export type Receipt = z.output<typeof receiptSchema>;
type ReceiptAttempt = Receipt["attempts"][number];
type ReceiptMachine = ReceiptAttempt["machines"][number];

/** One attempt, as the run's life-cycle left it. */
export interface AttemptRecord {
    readonly attempt: number;
    readonly candidate: AttemptCandidate;
    /** The candidate's, or the run's own. */
    readonly region: string;
    /** Undefined: not known here. */
    readonly deadlineMinutes: number | undefined;
    /** Milliseconds since 1970. */
    readonly startedAt: number;
    /** When the cloud had said for the last time what is left of it. */
    readonly releasedAt: number;
    /** Of a spot machine and its address when it was asked for; undefined: not known. */
    readonly spotUsdPerHour: number | undefined;
    readonly rung: string | undefined;
    readonly outcome: AttemptOutcome;
    readonly error: string;
    readonly stack: string;
    readonly release: ReleaseOutcome;
}

export type AttemptOutcome = z.output<typeof attemptOutcome>;

export interface AttemptCandidate {
    readonly instanceType: string;
    readonly market: string;
    readonly zone: string | null;
    readonly gpuName: string;
    readonly gpuCount: number;
    /** Machine and public address, US dollars an hour. */
    readonly priceUsdPerHour: number | undefined;
    /** Undefined where the plan is not known, as `minutes`. */
    readonly expectedUsd?: number;
    readonly minutes?: EstimatedMinutes;
}

interface EstimatedMinutes {
    readonly startUp: number;
    readonly suite: number;
    readonly total: number;
}

export interface ReceiptInput {
    readonly runId: string;
    readonly tier: string;
    readonly owner: string;
    readonly verdict: RunVerdict;
    readonly why: string;
    readonly exitCode: number;
    /** Of the last attempt's candidate; undefined: the plan is not known. */
    readonly estimatedMemory:
        | Pick<MemoryEstimate, "loadGiB" | "kvRoomGiB" | "kvBytesPerToken" | "maxSequences">
        | undefined;
    readonly serverMemory: ServerMemory | undefined;
    /** When the suite ran, milliseconds since 1970, by its own report. */
    readonly suite: { readonly startedAt: number; readonly endedAt: number } | undefined;
    readonly phases: readonly Phase[];
    readonly attempts: readonly AttemptRecord[];
    /** Who writes the receipt: whose calls the attempts' terminate calls are. Default: the driver. */
    readonly writer?: "driver" | "release";
    /** What is left beside that of the attempts. */
    readonly furtherLeftovers?: readonly Leftover[];
    /** Where the cloud was asked. */
    readonly regions: readonly string[];
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
    const attempts = input.attempts.map((attempt) =>
        receiptAttempt(attempt, input.now, input.writer),
    );
    const machines = attempts.flatMap((attempt) => attempt.machines);
    const last = machines.at(-1);
    const tried = input.attempts.at(-1);
    return withChecksum({
        schemaVersion: 1,
        runId: input.runId,
        attempt: tried?.attempt ?? 1,
        tier: input.tier,
        owner: input.owner,
        verdict: input.verdict,
        why: input.why,
        exitCode: input.exitCode,
        releasedBy: last?.releasedBy ?? "none",
        launchedAt: last?.launchedAt ?? null,
        leftRunningAt: last?.leftRunningAt ?? null,
        secondsFromSuiteEndToRelease: secondsBetween(input.suite?.endedAt, last?.leftRunningAt),
        billedGpuSeconds: sum(machines.map(({ billedGpuSeconds }) => billedGpuSeconds)),
        leakedGpuSeconds: sum(machines.map(({ leakedGpuSeconds }) => leakedGpuSeconds)),
        asked: { regions: [...input.regions], kinds: ["machine", ...REMOVAL_ORDER] },
        leftovers: [
            ...input.attempts.flatMap(({ release }) => [...release.leftovers]),
            ...(input.furtherLeftovers ?? []),
        ],
        priceUsd: {
            estimated: tried?.candidate.expectedUsd ?? null,
            actual: usdOf(machines),
            note: priceNote(machines),
        },
        minutes: comparedMinutes(input, attempts.at(-1)),
        ...comparedMemory(input),
        phases: [...input.phases],
        attempts,
        machine: last ?? null,
        account: input.account,
        region: input.region,
        awsEndpoint: input.awsEndpoint ?? null,
        engineVersion: input.engineVersion,
        writtenAt: formatInstant(input.now),
    });
}

/**
 * What an attempt's machines cost, USD; where the price of one is not known, what the plan expected
 * it to cost an hour.
 *
 * @param now milliseconds since 1970: a machine that still runs has cost something up to then.
 */
export function spentUsd(attempt: AttemptRecord, now: number): number {
    const { machines } = receiptAttempt(attempt, now);
    const hourly = attempt.candidate.priceUsdPerHour ?? 0;
    return sum(
        machines.map(
            ({ actualUsd, billedGpuSeconds, gpuCount }) =>
                actualUsd ?? (billedGpuSeconds / Math.max(1, gpuCount) / 3600) * hourly,
        ),
    );
}

function receiptAttempt(
    attempt: AttemptRecord,
    now: number,
    writer: ReceiptInput["writer"] = "driver",
): ReceiptAttempt {
    const { candidate, release } = attempt;
    const machines = release.machines.map((found) => receiptMachine(found, attempt, writer, now));
    return {
        attempt: attempt.attempt,
        instanceType: candidate.instanceType,
        market: candidate.market,
        region: attempt.region,
        zone: candidate.zone,
        deadlineMinutes: attempt.deadlineMinutes ?? null,
        outcome: attempt.outcome,
        error: attempt.error,
        seconds: Math.round((attempt.releasedAt - attempt.startedAt) / 100) / 10,
        usd: usdOf(machines),
        rung: attempt.rung ?? null,
        stack: attempt.stack,
        schedule: release.schedule,
        machines,
        release: [...release.steps],
    };
}

/** Null where the price of one of them is not known. */
function usdOf(machines: readonly ReceiptMachine[]): number | null {
    const each = machines.map(({ actualUsd }) => actualUsd);
    return each.includes(null) ? null : roundUsd(sum(each.map((usd) => usd ?? 0)));
}

function comparedMinutes(
    { attempts, suite }: ReceiptInput,
    last: ReceiptAttempt | undefined,
): Receipt["minutes"] {
    const estimated = attempts.at(-1)?.candidate.minutes;
    const launchedAt = last?.machines.at(-1)?.launchedAt ?? null;
    const between = (from: number | undefined, to: number | undefined) =>
        from === undefined || to === undefined
            ? null
            : Math.round(Math.max(0, to - from) / 6_000) / 10;
    const launched = launchedAt === null ? undefined : Date.parse(launchedAt);
    return {
        startUp: {
            estimated: estimated?.startUp ?? null,
            actual: between(launched, suite?.startedAt),
        },
        suite: {
            estimated: estimated?.suite ?? null,
            actual: between(suite?.startedAt, suite?.endedAt),
        },
        total: { estimated: estimated?.total ?? null, actual: between(launched, suite?.endedAt) },
    };
}

function comparedMemory({ estimatedMemory, serverMemory }: ReceiptInput) {
    const tokens =
        estimatedMemory &&
        Math.floor((estimatedMemory.kvRoomGiB * GIB) / estimatedMemory.kvBytesPerToken);
    const pair = (estimated: number | undefined, actual: number | undefined) => ({
        estimated: estimated ?? null,
        actual: actual ?? null,
    });
    return {
        memoryGiB: {
            load: pair(estimatedMemory?.loadGiB, serverMemory?.loadGiB),
            kvRoom: pair(estimatedMemory?.kvRoomGiB, serverMemory?.kvRoomGiB),
        },
        kvTokens: pair(tokens && Math.max(0, tokens), serverMemory?.kvTokens),
        sequences: pair(estimatedMemory?.maxSequences, serverMemory?.sequences),
        graphGiB: serverMemory?.graphGiB ?? null,
        encoderTokens: serverMemory?.encoderTokens ?? null,
    };
}

function receiptMachine(
    found: Machine,
    { candidate, spotUsdPerHour, releasedAt, release }: AttemptRecord,
    writer: "driver" | "release",
    now: number,
): ReceiptMachine {
    const call = release.terminateCalls.find(({ instanceId }) => instanceId === found.instanceId);
    const leftAt = leftRunningAt(found, call);
    // EC2 gives no time for an end of its own; the release found the machine ended.
    const until = leftAt ?? (isLive(found) ? now : Math.min(now, releasedAt));
    const runningSeconds =
        found.launchedAt === undefined ? 0 : Math.max(0, (until - found.launchedAt) / 1000);
    const billedSeconds = Math.max(BILLED_SECONDS_MIN, Math.ceil(runningSeconds));
    const hourly = found.market === "spot" ? spotUsdPerHour : candidate.priceUsdPerHour;
    const expiresAt = parseExpiresAt(found.tags["expires-at"]);
    const leakedSeconds = expiresAt === undefined ? 0 : Math.max(0, (until - expiresAt) / 1000);
    return {
        instanceId: found.instanceId,
        instanceType: found.instanceType,
        market: found.market,
        zone: found.zone ?? null,
        gpuName: candidate.gpuName,
        gpuCount: candidate.gpuCount,
        state: found.state,
        launchedAt: found.launchedAt === undefined ? null : formatInstant(found.launchedAt),
        leftRunningAt: leftAt === undefined ? null : formatInstant(leftAt),
        expiresAt: expiresAt === undefined ? null : formatInstant(expiresAt),
        releasedBy: releaseLayer(found, call, writer),
        powerOffReason: release.powerOffReasons[found.instanceId] ?? null,
        billedGpuSeconds: billedSeconds * candidate.gpuCount,
        leakedGpuSeconds: Math.ceil(leakedSeconds) * candidate.gpuCount,
        actualUsd: hourly === undefined ? null : roundUsd((billedSeconds / 3600) * hourly),
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

/** No schedule acts earlier than this before its deadline. */
const SCHEDULE_MARGIN_MS = deadlineMargins(DEADLINE_MINUTES.max).scheduleSeconds * 1000;

function releaseLayer(
    found: Machine,
    call: TerminateCall | undefined,
    writer: "driver" | "release",
): Receipt["releasedBy"] {
    if (isLive(found)) {
        return "none";
    }
    const code = found.stateReasonCode ?? "";
    if (code === OWN_SHUTDOWN) {
        return "watchdog";
    }
    if (code.startsWith("Server.")) {
        return "cloud";
    }
    if (call?.wasLive) {
        return writer;
    }
    const leftAt = parseTransitionTime(found.stateTransitionReason);
    const expiresAt = parseExpiresAt(found.tags["expires-at"]);
    const isEarly =
        leftAt !== undefined && expiresAt !== undefined && leftAt < expiresAt - SCHEDULE_MARGIN_MS;
    return isEarly ? "api" : "deadline";
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
    const spot = machines.filter(({ market }) => market === "spot");
    const notes = [
        spot.length < machines.length &&
            "billed seconds at the on-demand price of the plan's table, with the public address",
        spot.some(({ actualUsd }) => actualUsd !== null) &&
            "billed seconds at the spot price at the launch, with the public address (AWS charges " +
                "nothing for a machine that it takes back within its first hour)",
        spot.some(({ actualUsd }) => actualUsd === null) &&
            "spot: the price actually paid is not known here, at most the on-demand price",
    ];
    return notes.filter(Boolean).join("; ");
}

function sum(values: readonly number[]): number {
    return values.reduce((total, value) => total + value, 0);
}

function roundUsd(usd: number): number {
    return Math.round(usd * 10_000) / 10_000;
}
