import type { CloudFacts } from "./facts";
import { INSTANCES, type InstanceType, type Market } from "./instances";
import { interruptionChance, REGION_PRICE_FACTOR, spotShare } from "./spot";

/** An address at the machine costs this in every region. Source: AWS, public IPv4 charge. */
export const PUBLIC_IPV4_USD_PER_HOUR = 0.005;

/** Where a machine would be rented; the cloud's own answers win over the tables. */
export interface Where {
    /** Null: nobody named one, and the prices are those of the table's region. */
    readonly region: string | null;
    readonly facts?: CloudFacts;
}

/**
 * Machine and address, in USD per hour; undefined where no price is known. On-demand is the table's
 * price times the region's factor; spot is what the cloud said, else the family's usual share.
 */
export function priceUsdPerHour(
    type: InstanceType,
    market: Market,
    where: Where,
): number | undefined {
    const listed = INSTANCES[type].usdPerHour;
    if (listed === null) return undefined;
    const onDemand = listed * regionFactor(where.region);
    const spot = where.facts?.spotUsdPerHour[type] ?? onDemand * spotShare(type);
    return round((market === "spot" ? spot : onDemand) + PUBLIC_IPV4_USD_PER_HOUR);
}

/** 1 where the region is the table's, or unknown to it. */
export function regionFactor(region: string | null): number {
    const factors: Readonly<Record<string, number>> = REGION_PRICE_FACTOR;
    return region === null ? 1 : (factors[region] ?? 1);
}

/**
 * Expected price of a run of so many minutes. EC2 bills by the second, and at least one minute.
 *
 * The risk of a spot machine is part of its price: with chance p it is taken away, half-way on
 * average, and the run starts again on demand. So (1 - p) x spot + p x (spot / 2 + on demand).
 */
export function expectedUsd(
    type: InstanceType,
    market: Market,
    minutes: number,
    where: Where,
): number | undefined {
    const hours = Math.max(1, minutes) / 60;
    const onDemand = priceUsdPerHour(type, "on-demand", where);
    const hourly = priceUsdPerHour(type, market, where);
    if (onDemand === undefined || hourly === undefined) return undefined;
    if (market === "on-demand") return round(hourly * hours);
    const chance = interruptionChance(type, minutes);
    const spot = hourly * hours;
    return round((1 - chance) * spot + chance * (spot / 2 + onDemand * hours));
}

/** Most that a run can cost: on-demand until its deadline. */
export function ceilingUsd(type: InstanceType, deadlineMinutes: number, where: Where): number {
    return round(((priceUsdPerHour(type, "on-demand", where) ?? 0) * deadlineMinutes) / 60);
}

function round(usd: number): number {
    return Math.round(usd * 10_000) / 10_000;
}
