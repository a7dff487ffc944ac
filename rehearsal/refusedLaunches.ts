import type { Fault } from "./session";

/** What a plan says of a candidate, as far as launches and quotas go. */
export interface PlannedMachine {
    readonly instanceType: string;
    readonly market: string;
    readonly region: string | null;
    readonly zone: string | null;
    readonly quotaCode: string;
}

/** A refusal of RunInstances, in AWS's words, and what is still worth a try after it. */
export interface RefusedLaunch {
    readonly code: string;
    readonly message: string;
    readonly httpStatus: number;
    readonly leaves: (failed: PlannedMachine, next: PlannedMachine) => boolean;
}

const everything = () => true;
const nothing = () => false;
const otherPlaceOrType = (failed: PlannedMachine, next: PlannedMachine) =>
    next.instanceType !== failed.instanceType ||
    next.region !== failed.region ||
    next.zone !== failed.zone;
const otherQuota = (failed: PlannedMachine, next: PlannedMachine) =>
    next.quotaCode !== failed.quotaCode || next.region !== failed.region;

function refused(
    code: string,
    httpStatus: number,
    leaves: RefusedLaunch["leaves"],
    message: string,
): RefusedLaunch {
    return { code, httpStatus, leaves, message };
}

/** Refusals by class; within a class they take turns. */
export const REFUSALS = {
    capacity: [
        refused(
            "InsufficientInstanceCapacity",
            500,
            everything,
            "We currently do not have sufficient capacity in the Availability Zone you requested.",
        ),
        refused(
            "Unsupported",
            400,
            otherPlaceOrType,
            "The requested configuration is currently not supported. Please check the documentation.",
        ),
        refused("UnfulfillableCapacity", 500, everything, "Unable to fulfill capacity."),
    ],
    quota: [
        refused(
            "MaxSpotInstanceCountExceeded",
            400,
            otherQuota,
            "Max spot instance count exceeded",
        ),
        refused(
            "VcpuLimitExceeded",
            400,
            otherQuota,
            "You have requested more vCPU capacity than your current vCPU limit of 0 allows.",
        ),
    ],
    throttling: [refused("RequestLimitExceeded", 503, everything, "Request limit exceeded.")],
    fatal: [
        refused(
            "UnauthorizedOperation",
            403,
            nothing,
            "You are not authorized to perform this operation; InsufficientInstanceCapacity is none.",
        ),
        refused("InvalidParameterCombination", 400, nothing, "The parameters do not go together."),
    ],
    unknown: [refused("SomethingElse", 400, nothing, "An error that nobody has seen before.")],
} as const satisfies Record<string, readonly RefusedLaunch[]>;

export type RefusalClass = keyof typeof REFUSALS;
export const REFUSAL_CLASSES = Object.keys(REFUSALS) as RefusalClass[];

/** The first `count` launches of a run are refused in the ways of one class, in turn. */
export function refusals(kind: RefusalClass, count: number): RefusedLaunch[] {
    const ways: readonly RefusedLaunch[] = REFUSALS[kind];
    return Array.from({ length: count }, (_, index) => ways[index % ways.length]);
}

/**
 * What a run has to try, by the rule, when its launches are refused so: `refused` each with its
 * refusal, then `last`, which can be had; undefined where no candidate is left that is worth a try.
 */
export function expectedTries<T extends PlannedMachine>(
    candidates: readonly T[],
    ways: readonly RefusedLaunch[],
): { refused: { machine: T; way: RefusedLaunch }[]; last: T | undefined } {
    const refusedOnes: { machine: T; way: RefusedLaunch }[] = [];
    let left = [...candidates];
    for (const way of ways) {
        const [machine, ...rest] = left;
        if (machine === undefined) {
            break;
        }
        refusedOnes.push({ machine, way });
        left = rest.filter((next) => way.leaves(machine, next));
    }
    return { refused: refusedOnes, last: left[0] };
}

/** Lets the emulated cloud refuse every launch of this machine, and of no other. */
export function refuseLaunch({
    machine,
    way,
}: {
    machine: PlannedMachine;
    way: RefusedLaunch;
}): Fault {
    const { code, message, httpStatus } = way;
    const spot = {
        MarketType: "spot",
        SpotOptions: { InstanceInterruptionBehavior: "terminate", SpotInstanceType: "one-time" },
    };
    return {
        ...{ service: "ec2", action: "RunInstances", kind: "error", times: 99 },
        ...{ code, message, httpStatus },
        match: {
            InstanceType: machine.instanceType,
            InstanceMarketOptions: machine.market === "spot" ? spot : null,
            Placement: machine.zone === null ? null : { AvailabilityZone: machine.zone },
        },
    };
}
