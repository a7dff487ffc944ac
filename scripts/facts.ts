import { QUOTAS, type CloudFacts, type InstanceType } from "../sizing";
import { INSTANCES } from "../sizing/instances";
import { errorText } from "./awsErrors";
import type { Cloud, SpotPrice } from "./cloud";

/** What is known, and a sentence about each thing that is not. */
export interface GatheredFacts {
    readonly facts: CloudFacts;
    readonly notes: readonly string[];
}

/**
 * Asks the cloud what it has to say about these machines: zones, quotas and spot prices, side by
 * side. Nothing of it is needed to try a launch, so what is refused or fails becomes a note.
 *
 * @example const { facts } = await gatherFacts(cloud, ["g6.xlarge"]); planRun({ tier, facts: [facts] });
 */
export async function gatherFacts(
    cloud: Cloud,
    types: readonly InstanceType[],
): Promise<GatheredFacts> {
    const notes = new Set<string>();
    const ask = async <T>(what: string, right: string, nothing: T, answer: Promise<T>) => {
        try {
            return await answer;
        } catch (error) {
            notes.add(
                `${what} in ${cloud.region} are not known (${errorText(error)}); the role of this caller may lack ${right}`,
            );
            return nothing;
        }
    };
    const limits = quotaCodesOf(types).map((code) =>
        ask("quotas", "servicequotas:GetServiceQuota", undefined, cloud.quota(code)).then(
            (quota) => [code, quota] as const,
        ),
    );
    const [zones, quotas, inUse, prices] = await Promise.all([
        ask(
            "zones that offer a machine",
            "ec2:DescribeInstanceTypeOfferings",
            {},
            cloud.zonesOffering(types),
        ),
        Promise.all(limits),
        // Without it quotas are compared as if nothing ran: a limit that is too low is still seen.
        ask("vCPUs in use", "ec2:DescribeInstances", {}, cloud.vcpusInUse()),
        ask("spot prices", "ec2:DescribeSpotPriceHistory", [], cloud.spotPrices(types)),
    ]);
    const used: Readonly<Record<string, number>> = inUse;
    return {
        facts: {
            region: cloud.region,
            zones,
            quotas: Object.fromEntries(
                quotas.flatMap(([code, quota]) =>
                    quota ? [[code, { limit: quota.vcpus, used: used[code] ?? 0 }]] : [],
                ),
            ),
            spotUsdPerHour: lowest(prices),
        },
        notes: [...notes],
    };
}

function quotaCodesOf(types: readonly InstanceType[]): string[] {
    const codes = types.flatMap((type) => Object.values(QUOTAS[INSTANCES[type].quota]));
    return [...new Set(codes)].filter((code) => code !== null);
}

function lowest(prices: readonly SpotPrice[]): CloudFacts["spotUsdPerHour"] {
    const found: Record<string, number> = {};
    for (const { instanceType, usdPerHour } of prices) {
        found[instanceType] = Math.min(found[instanceType] ?? Infinity, usdPerHour);
    }
    return found;
}
