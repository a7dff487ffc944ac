import { INSTANCES, type InstanceType } from "../sizing";
import { priceUsdPerHour } from "../sizing/price";
import type { Machine } from "./cloud";
import { buildReceipt, type AttemptRecord, type Receipt } from "./receipt";
import type { AttemptTags, ReleasedRegion, ReleasedRun } from "./releaseRun";
import type { HomeResults } from "./reportFolder";

export interface ReleaseReceiptInput {
    readonly runId: string;
    readonly released: ReleasedRun;
    /** What the driver brought home before it was killed, if it was on this computer. */
    readonly home: HomeResults;
    readonly account: string;
    readonly awsEndpoint: string | undefined;
    readonly engineVersion: string;
    /** Milliseconds since 1970, as `now`. */
    readonly startedAt: number;
    readonly now: number;
}

const WHY = "released by gpu-ci release; the driver's own word is not known here";

/** The receipt of a run whose driver is gone: from the cloud's side alone, what was planned is null. */
export function releaseReceipt(input: ReleaseReceiptInput): Receipt {
    const { released, home } = input;
    const { regions } = released;
    const attempts = regions.flatMap((region) => recordsOf(region, input));
    attempts.sort((one, other) => one.attempt - other.attempt);
    const empty = regions.filter((region) => region.attempts.length === 0);
    const [first] = regions.flatMap((region) => region.attempts);
    return buildReceipt({
        runId: input.runId,
        tier: home.results?.tier ?? first?.tier ?? "",
        owner: first?.owner ?? "",
        verdict: home.results?.verdict ?? "none",
        why: [home.results ? "" : home.why, WHY, ...released.problems].filter(Boolean).join("; "),
        exitCode: released.exitCode,
        estimatedMemory: undefined,
        serverMemory: undefined,
        suite: home.results && {
            startedAt: Date.parse(home.results.startedAt),
            endedAt: Date.parse(home.results.endedAt),
        },
        phases: [],
        attempts,
        writer: "release",
        furtherLeftovers: empty.flatMap(({ outcome }) => [...outcome.leftovers]),
        regions: regions.map(({ region }) => region),
        account: input.account,
        region: regions[0].region,
        awsEndpoint: input.awsEndpoint,
        engineVersion: input.engineVersion,
        now: input.now,
    });
}

/** What is the region's, and not one attempt's, stands at its last one. */
function recordsOf(
    { region, outcome, attempts }: ReleasedRegion,
    { startedAt, now }: ReleaseReceiptInput,
): AttemptRecord[] {
    return attempts.map((each, index) => {
        const isLast = index === attempts.length - 1;
        const machines = outcome.machines.filter(({ tags }) => isOf(each, tags.attempt, isLast));
        return {
            attempt: each.attempt,
            candidate: candidateOf(machines, region),
            region,
            deadlineMinutes: undefined,
            startedAt,
            releasedAt: now,
            spotUsdPerHour: undefined,
            rung: undefined,
            outcome: "unknown",
            error: "",
            stack: each.stack ?? "",
            release: {
                ...outcome,
                machines,
                leftovers: isLast ? outcome.leftovers : [],
                steps: isLast ? outcome.steps : [],
            },
        };
    });
}

/** A machine whose tag names no attempt is shown all the same. */
function isOf({ attempt }: AttemptTags, tag: string | undefined, isLast: boolean): boolean {
    return Number(tag) === attempt || (isLast && !/^[1-9]\d*$/.test(tag ?? ""));
}

function candidateOf(machines: readonly Machine[], region: string): AttemptRecord["candidate"] {
    const machine = machines.at(-1);
    const type = machine?.instanceType ?? "";
    const shape = Object.hasOwn(INSTANCES, type) ? INSTANCES[type as InstanceType] : undefined;
    return {
        instanceType: type,
        market: machine?.market ?? "",
        zone: machine?.zone ?? null,
        gpuName: shape?.gpu ?? "",
        gpuCount: shape?.gpuCount ?? 1,
        priceUsdPerHour: shape && priceUsdPerHour(type as InstanceType, "on-demand", { region }),
    };
}
