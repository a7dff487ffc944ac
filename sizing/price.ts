import { INSTANCES, type InstanceType, type Market } from "./instances";

/**
 * Spot prices move by the hour and none is in the table: half of on-demand is assumed, and a tenth
 * is added for runs that are interrupted and start again. A spot machine never costs more than
 * on-demand, which is what the ceiling counts with.
 */
export const ASSUMED_SPOT_SHARE = 0.5;
export const ASSUMED_SPOT_REPEAT = 1.1;

/** An address at the machine costs this in every region. Source: AWS, public IPv4 charge. */
export const PUBLIC_IPV4_USD_PER_HOUR = 0.005;

/** Machine and address, in USD per hour; undefined where no price is known. */
export function usdPerHour(type: InstanceType, market: Market): number | undefined {
    const listed = INSTANCES[type].usdPerHour;
    if (listed === null) return undefined;
    const machine = market === "spot" ? listed * ASSUMED_SPOT_SHARE : listed;
    return round(machine + PUBLIC_IPV4_USD_PER_HOUR);
}

/** Expected price of a run. EC2 bills by the second, and at least one minute. */
export function expectedUsd(hourly: number, market: Market, minutes: number): number {
    const repeats = market === "spot" ? ASSUMED_SPOT_REPEAT : 1;
    return round((hourly * repeats * Math.max(1, minutes)) / 60);
}

/** Most that a run can cost: on-demand until its deadline. */
export function ceilingUsd(type: InstanceType, deadlineMinutes: number): number {
    return round(((usdPerHour(type, "on-demand") ?? 0) * deadlineMinutes) / 60);
}

function round(usd: number): number {
    return Math.round(usd * 10_000) / 10_000;
}
