import { PUBLIC_IPV4_USD_PER_HOUR } from "../sizing/price";
import type { Cloud, SpotPrice } from "./cloud";

/** Spot prices of a type at this moment; none where the cloud does not tell: no reason to fail a run. */
export function askSpotPrices(
    cloud: Pick<Cloud, "spotPrices">,
    instanceType: string,
): Promise<readonly SpotPrice[]> {
    return cloud.spotPrices([instanceType]).catch(() => []);
}

/**
 * A spot machine and its public address, USD an hour. Where the zone is not known, the dearest: what
 * is paid is at most that.
 *
 * @example spotUsdPerHour([{ zone: "us-east-1a", usdPerHour: 0.3 }], "us-east-1a") // 0.305
 */
export function spotUsdPerHour(
    prices: readonly Pick<SpotPrice, "zone" | "usdPerHour">[],
    zone: string | undefined,
): number | undefined {
    const here = prices.filter((price) => price.zone === zone);
    const known = (here.length > 0 ? here : prices).map(({ usdPerHour }) => usdPerHour);
    return known.length === 0 ? undefined : Math.max(...known) + PUBLIC_IPV4_USD_PER_HOUR;
}
