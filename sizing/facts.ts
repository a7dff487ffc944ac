import type { InstanceType } from "./instances";

/**
 * What the cloud itself said before a run, to plan with instead of the tables. Whatever is absent
 * was not asked or not answered, and the table's value stands.
 */
export interface CloudFacts {
    readonly region: string;
    /** Availability zones that offer a type; an empty list: the region does not offer it. */
    readonly zones: Partial<Record<InstanceType, readonly string[]>>;
    /** vCPUs by quota code. */
    readonly quotas: Readonly<Record<string, { readonly limit: number; readonly used: number }>>;
    /** Lowest spot price of the region's zones at this moment. */
    readonly spotUsdPerHour: Partial<Record<InstanceType, number>>;
}
