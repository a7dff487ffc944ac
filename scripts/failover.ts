/** What an attempt that failed says about the next candidate. */
export type Failover = "next" | "other-market" | "stop";

// From EC2's error codes and RunInstances' messages; the provider passes on both, or the text alone.
const NO_CAPACITY =
    /InsufficientInstanceCapacity|InsufficientHostCapacity|UnfulfillableCapacity|do not have sufficient \S+ capacity|\bUnsupported\b(?!Operation)|requested configuration is currently not supported|is not supported in your requested Availability Zone/;
const QUOTA =
    /VcpuLimitExceeded|InstanceLimitExceeded|MaxSpotInstanceCountExceeded|Max spot instance count exceeded|more vCPU capacity than your current vCPU limit/;

/**
 * Whether another candidate may do better. Only for a launch that was refused: once a machine ran,
 * another one would pay for the same failure again.
 *
 * @param errors what the engine reported.
 */
export function failoverOf(errors: readonly string[]): Failover {
    const text = errors.join("\n");
    if (NO_CAPACITY.test(text)) {
        return "next";
    }
    return QUOTA.test(text) ? "other-market" : "stop";
}

/**
 * The candidates that are still worth a try after one failed, in their order. After a quota error
 * only those that count against another quota.
 */
export function nextCandidates<T extends { readonly quotaCode: string }>(
    failover: Failover,
    failed: T,
    rest: readonly T[],
): readonly T[] {
    switch (failover) {
        case "next":
            return rest;
        case "other-market":
            return rest.filter(({ quotaCode }) => quotaCode !== failed.quotaCode);
        case "stop":
            return [];
    }
}
