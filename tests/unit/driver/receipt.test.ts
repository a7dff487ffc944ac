import { readFileSync } from "node:fs";

import Ajv2020 from "ajv/dist/2020";
import fc from "fast-check";

import type { Machine } from "../../../scripts/cloud";
import { parseExpiresAt, parseTransitionTime } from "../../../scripts/instants";
import { buildReceipt, receiptSchema, type ReceiptInput } from "../../../scripts/receipt";
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
    gpuName: "L4",
    gpuCount: 4,
    priceUsdPerHour: 4.6,
    expectedUsd: 1.5,
};

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
        expectedUsd: 1.5,
        estimatedMemory: { loadGiB: 7.4, kvRoomGiB: 11 },
        serverMemory: { loadGiB: 7.1, kvRoomGiB: undefined },
        suiteEndedAt: Date.parse("2026-11-24T06:49:57.600Z"),
        phases: [],
        attempts: [
            {
                attempt: 1,
                candidate,
                outcome: "verdict",
                error: "",
                stack: "r-1",
                release: {
                    clean: true,
                    machines,
                    terminateCalls: [],
                    leftovers: [],
                    schedule: "deleted",
                    steps: [],
                    ...release,
                },
            },
        ],
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
    });
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
    ["somebody else's call", {}, {}, "deadline"],
    ["a spot notice", { stateReasonCode: "Server.SpotInstanceTermination" }, {}, "cloud"],
] as const)("released by: %s", (_name, change, release, layer) => {
    expect(receiptOf([{ ...machine, ...change }], release).releasedBy).toBe(layer);
});

test("every machine of a run counts", () => {
    expect(receiptOf([machine, { ...machine, instanceId: "i-2" }]).billedGpuSeconds).toBe(9600);
});

test("a spot price is not known, and said so", () => {
    const { priceUsd } = receiptOf([{ ...machine, market: "spot" }]);
    expect(priceUsd.actual).toBeNull();
    expect(priceUsd.note).toMatch(/spot/);
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
