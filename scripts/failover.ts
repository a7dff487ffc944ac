/** What the cloud's refusal of a launch says about the next candidate. */
export type Refusal = "capacity" | "unsupported" | "quota" | "throttled" | "fatal" | "unknown";

/** Why an attempt ended without a verdict although the run itself may go on. */
export type Setback = Refusal | "interrupted" | "out-of-memory";

/** What failing over has to know of a candidate. */
export interface FailoverCandidate {
    readonly instanceType: string;
    readonly market: string;
    /** Null: the run's own region. */
    readonly region: string | null;
    /** Null: the cloud chooses. */
    readonly zone: string | null;
    readonly quotaCode: string;
    readonly gpuMemoryGiB: number;
    readonly tensorParallel: number;
}

// Codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html. The provider
// passes on code and message, or the message alone. The order decides: whoever may not launch at all
// is told so, whatever else the text holds.
const REFUSALS: readonly (readonly [Refusal, RegExp])[] = [
    [
        "fatal",
        /\b(UnauthorizedOperation|AccessDenied(Exception)?|AuthFailure|OptInRequired|Invalid[A-Z]\w*(\.\w+)*)\b/,
    ],
    [
        "quota",
        /\b(VcpuLimitExceeded|InstanceLimitExceeded|MaxSpotInstanceCountExceeded)\b|Max spot instance count exceeded|more vCPU capacity than your current vCPU limit/,
    ],
    [
        "capacity",
        /\b(InsufficientInstanceCapacity|InsufficientHostCapacity|InsufficientCapacity|UnfulfillableCapacity)\b|do not have sufficient \S+ capacity|no Spot capacity available/,
    ],
    [
        "unsupported",
        /\bUnsupported:|requested configuration is currently not supported|is not supported in your requested Availability Zone/,
    ],
    ["throttled", /\b(RequestLimitExceeded|Throttling(Exception)?)\b/],
];

/**
 * The class of a launch that was refused. What no rule knows is "unknown": another candidate would
 * most likely meet the same, at a price.
 *
 * @param errors what the engine reported.
 * @example refusalOf(["api error VcpuLimitExceeded: You have requested ..."]) // "quota"
 */
export function refusalOf(errors: readonly string[]): Refusal {
    const text = errors.join("\n");
    return REFUSALS.find(([, pattern]) => pattern.test(text))?.[0] ?? "unknown";
}

/**
 * The candidates that are still worth a try after one failed, in the order in which to try them. The
 * list only ever gets shorter, so a rule once applied holds for the rest of the run.
 *
 * @example nextCandidates("quota", failed, rest) // those that count against another quota
 */
export function nextCandidates<T extends FailoverCandidate>(
    setback: Setback,
    failed: T,
    rest: readonly T[],
): readonly T[] {
    switch (setback) {
        case "capacity":
        case "throttled":
            return rest;
        case "unsupported":
            // The machine is not built there: what is paid for it changes nothing.
            return rest.filter(
                ({ instanceType, zone, region }) =>
                    instanceType !== failed.instanceType ||
                    zone !== failed.zone ||
                    region !== failed.region,
            );
        case "quota":
            // A quota counts vCPUs of a family and market, in a region.
            return rest.filter(
                ({ quotaCode, region }) =>
                    quotaCode !== failed.quotaCode || region !== failed.region,
            );
        case "interrupted":
            // One gamble a run: on-demand machines are not taken back.
            return [
                ...rest.filter(({ market }) => market !== "spot"),
                ...rest.filter(({ market }) => market === "spot"),
            ];
        case "out-of-memory":
            return rest.filter((next) => serverMemoryGiB(next) > serverMemoryGiB(failed));
        case "fatal":
        case "unknown":
            return [];
    }
}

/** Memory of all GPUs that the server uses. */
function serverMemoryGiB({ gpuMemoryGiB, tensorParallel }: FailoverCandidate): number {
    return gpuMemoryGiB * tensorParallel;
}
