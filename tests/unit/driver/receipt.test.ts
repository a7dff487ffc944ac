import { readFileSync } from "node:fs";

import Ajv2020 from "ajv/dist/2020";
import fc from "fast-check";

import type { Machine } from "../../../scripts/cloud";
import { parseExpiresAt, parseTransitionTime } from "../../../scripts/instants";
import {
    buildReceipt,
    receiptSchema,
    spentUsd,
    type AttemptRecord,
    type ReceiptInput,
} from "../../../scripts/receipt";
import { receiptRows } from "../../../scripts/receiptRows";
import { RECEIPT_SCHEMA_PATH, receiptJsonSchema } from "../../../scripts/receiptJsonSchema";
import type { ReleaseOutcome } from "../../../scripts/release";

const LAUNCH = Date.parse("2026-11-24T06:30:00Z");
const machine: Machine = {
    instanceId: "i-1",
    state: "terminated",
    instanceType: "g6.12xlarge",
    market: "on-demand",
    launchedAt: LAUNCH,
    stateReasonCode: "Client.UserInitiatedShutdown",
    stateTransitionReason: "User initiated (2026-11-24 06:50:00 GMT)",
    tags: { "expires-at": "2026-11-24T07:00:00Z" },
};
const candidate = {
    instanceType: "g6.12xlarge",
    market: "on-demand",
    zone: null,
    gpuName: "L4",
    gpuCount: 4,
    priceUsdPerHour: 4.6,
    expectedUsd: 1.5,
    minutes: { startUp: 12, suite: 8, total: 20 },
};

function attemptOf(
    machines: readonly Machine[],
    release: Partial<ReleaseOutcome> = {},
    record: Partial<AttemptRecord> = {},
): AttemptRecord {
    return {
        attempt: 1,
        candidate,
        region: "us-east-1",
        deadlineMinutes: 30,
        startedAt: LAUNCH - 5_000,
        releasedAt: LAUNCH + 25 * 60_000,
        spotUsdPerHour: undefined,
        rung: "as-planned",
        outcome: "verdict",
        error: "",
        stack: "r-1",
        release: {
            clean: true,
            machines,
            terminateCalls: [],
            powerOffReasons: {},
            leftovers: [],
            schedule: "deleted",
            steps: [],
            ...release,
        },
        ...record,
    };
}

function receiptOf(
    machines: readonly Machine[],
    release: Partial<ReleaseOutcome> = {},
    input: Partial<ReceiptInput> = {},
) {
    return buildReceipt({
        runId: "r",
        tier: "commit",
        owner: "o",
        verdict: "passed",
        why: "",
        exitCode: 0,
        estimatedMemory: {
            loadGiB: 7.4,
            kvRoomGiB: 11,
            kvBytesPerToken: 147_456,
            maxSequences: 9,
        },
        serverMemory: {
            loadGiB: 7.1,
            kvRoomGiB: undefined,
            kvTokens: undefined,
            sequences: undefined,
            graphGiB: 0.5,
            encoderTokens: 16384,
        },
        suite: {
            startedAt: Date.parse("2026-11-24T06:42:30Z"),
            endedAt: Date.parse("2026-11-24T06:49:57.600Z"),
        },
        phases: [],
        attempts: [attemptOf(machines, release)],
        regions: ["us-east-1"],
        account: "1",
        region: "us-east-1",
        awsEndpoint: undefined,
        engineVersion: "3",
        now: Date.parse("2026-11-24T07:10:00Z"),
        ...input,
    });
}

const ended = { terminateCalls: [{ instanceId: "i-1", at: LAUNCH, wasLive: true }] };

test("seconds, GPUs and price, from the cloud's own times", () => {
    const receipt = receiptOf([machine], ended);
    expect(receipt).toMatchObject({
        releasedBy: "driver",
        launchedAt: "2026-11-24T06:30:00Z",
        leftRunningAt: "2026-11-24T06:50:00Z",
        secondsFromSuiteEndToRelease: 2.4,
        billedGpuSeconds: 1200 * 4,
        leakedGpuSeconds: 0,
        priceUsd: { estimated: 1.5, actual: 1.5333 },
        attempts: [{ seconds: 1505, usd: 1.5333, rung: "as-planned" }],
    });
});

test("estimated and actual stand side by side: minutes, memory, tokens", () => {
    const receipt = receiptOf([machine], ended);
    expect(receipt.minutes).toEqual({
        startUp: { estimated: 12, actual: 12.5 },
        suite: { estimated: 8, actual: 7.5 },
        total: { estimated: 20, actual: 20 },
    });
    expect(receipt.memoryGiB.load).toEqual({ estimated: 7.4, actual: 7.1 });
    expect(receipt.kvTokens).toEqual({ estimated: 80099, actual: null });
    expect(receipt.sequences).toEqual({ estimated: 9, actual: null });
    expect(receiptOf([], {}, { suite: undefined }).minutes.total.actual).toBeNull();
});

test("60 seconds are billed at least", () => {
    const quick = { ...machine, stateTransitionReason: "User initiated (2026-11-24 06:30:05 GMT)" };
    expect(receiptOf([quick]).billedGpuSeconds).toBe(240);
});

test("seconds past the deadline are leaked, of a machine that still runs as well", () => {
    const late = { ...machine, stateTransitionReason: "User initiated (2026-11-24 07:00:30 GMT)" };
    expect(receiptOf([late]).leakedGpuSeconds).toBe(30 * 4);
    const running = { ...machine, state: "running", stateTransitionReason: undefined } as const;
    expect(receiptOf([running])).toMatchObject({
        releasedBy: "none",
        leftRunningAt: null,
        leakedGpuSeconds: 600 * 4,
    });
});

test.each([
    ["our own call found it running", {}, ended, "driver"],
    ["the machine itself", { stateReasonCode: "Client.InstanceInitiatedShutdown" }, {}, "watchdog"],
    [
        "the machine itself, and our call came late",
        { stateReasonCode: "Client.InstanceInitiatedShutdown" },
        ended,
        "watchdog",
    ],
    ["somebody else's call, before the deadline's layers could act", {}, {}, "api"],
    [
        "a call when they act",
        { stateTransitionReason: "User initiated (2026-11-24 06:58:40 GMT)" },
        {},
        "deadline",
    ],
    [
        "a call at a time that the cloud does not tell",
        { stateTransitionReason: "" },
        {},
        "deadline",
    ],
    ["a spot notice", { stateReasonCode: "Server.SpotInstanceTermination" }, {}, "cloud"],
] as const)("released by: %s", (_name, change, release, layer) => {
    expect(receiptOf([{ ...machine, ...change }], release).releasedBy).toBe(layer);
});

test("every machine of a run counts", () => {
    expect(receiptOf([machine, { ...machine, instanceId: "i-2" }]).billedGpuSeconds).toBe(9600);
});

describe("what a spot machine cost", () => {
    const spot = { ...machine, market: "spot" } as const;

    test("is its price at the launch, where the cloud told it", () => {
        const attempt = attemptOf([spot], ended, { spotUsdPerHour: 1.2 });
        const { priceUsd } = receiptOf([], {}, { attempts: [attempt] });
        expect(priceUsd.actual).toBe(0.4);
        expect(priceUsd.note).toMatch(/spot price at the launch/);
        expect(spentUsd(attempt, LAUNCH)).toBe(0.4);
    });

    test("is not known where it did not, and then the plan's price counts against the budget", () => {
        const { priceUsd } = receiptOf([spot]);
        expect(priceUsd.actual).toBeNull();
        expect(priceUsd.note).toMatch(/not known/);
        expect(spentUsd(attemptOf([spot]), LAUNCH)).toBeCloseTo(1200 * (4.6 / 3600));
    });
});

test("an end without a time in it is not billed on while other machines are tried", () => {
    const taken = {
        ...machine,
        stateReasonCode: "Server.SpotInstanceTermination",
        stateTransitionReason: undefined,
    };
    const attempt = attemptOf([taken], {}, { releasedAt: LAUNCH + 120_000 });
    expect(receiptOf([], {}, { attempts: [attempt] })).toMatchObject({
        leftRunningAt: null,
        billedGpuSeconds: 120 * 4,
    });
});

test("no machine: nothing billed", () => {
    expect(receiptOf([])).toMatchObject({ releasedBy: "none", machine: null, billedGpuSeconds: 0 });
    expect(receiptOf([]).priceUsd.actual).toBe(0);
});

test("the published schema is current, and takes what we write", () => {
    expect(JSON.parse(readFileSync(RECEIPT_SCHEMA_PATH, "utf8"))).toEqual(
        JSON.parse(receiptJsonSchema()),
    );
    const validate = new Ajv2020().compile(JSON.parse(receiptJsonSchema()));
    const receipt = receiptOf([machine], ended);
    expect(validate(JSON.parse(JSON.stringify(receipt)))).toBe(true);
    expect(receiptSchema.parse(receipt)).toEqual(receipt);
    expect(validate({ ...receipt, verdict: "maybe" })).toBe(false);
});

describe("a receipt for people", () => {
    const rows = (attempts: readonly AttemptRecord[]) =>
        Object.fromEntries(receiptRows(receiptOf([], {}, { attempts })));

    test("puts what was estimated beside what it turned out to be", () => {
        expect(rows([attemptOf([machine], ended)])).toMatchObject({
            "Minutes together": "estimated 20.0 min, actual 20.0 min",
            "Model on each GPU": "estimated 7.4 GiB, actual 7.1 GiB",
            "Room for the KV cache": "estimated 11.0 GiB, actual unknown",
            Price: "estimated 1.5 USD, actual 1.5333 USD",
        });
    });

    test("lists attempts where there were several, and names a rung that is not the plan's", () => {
        expect(rows([attemptOf([machine], ended)])).not.toHaveProperty("Attempt 1");
        const refused = attemptOf(
            [],
            {},
            {
                outcome: "no-capacity",
                error: "creating EC2 Instance: operation error, api error Unsupported: not here",
                rung: undefined,
            },
        );
        const passed = attemptOf([machine], ended, { attempt: 2, rung: "eager" });
        expect(rows([refused, passed])).toMatchObject({
            "Attempt 1":
                "g6.12xlarge on-demand in us-east-1, no-capacity (Unsupported: not here), 1505 s, 0 USD",
            "Attempt 2":
                "g6.12xlarge on-demand in us-east-1, verdict, 1505 s, 1.5333 USD, rung eager",
        });
    });
});

describe("instants", () => {
    test.each([
        "2026-11-24T07:00:00",
        "2026-11-24T07:00:00+01:00",
        "2026-02-30T07:00:00Z",
        "2026-11-24 07:00:00Z",
        "2026-11-24T25:00:00Z",
        "never",
        "",
    ])("expires-at %p is not an instant", (text) => {
        expect(parseExpiresAt(text)).toBeUndefined();
    });

    test("what we write is read back", () => {
        fc.assert(
            fc.property(fc.integer({ min: 0, max: 4e9 }), (second) => {
                const text = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
                expect(parseExpiresAt(text)).toBe(second * 1000);
            }),
        );
    });

    test("EC2's transition reason", () => {
        const at = Date.parse("2026-11-24T07:00:00Z");
        expect(parseTransitionTime("User initiated (2026-11-24 07:00:00 GMT)")).toBe(at);
        expect(parseTransitionTime("Server.InternalError")).toBeUndefined();
        expect(parseTransitionTime(undefined)).toBeUndefined();
    });
});
