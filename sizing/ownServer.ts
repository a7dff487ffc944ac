import { UserError } from "../common/userError";

/** Hours of an average month: 365 x 24 / 12. */
const HOURS_PER_MONTH = 730;

/** What a comparison with a server of one's own is computed from; nothing else goes in. */
export interface OwnServerInputs {
    /** Share of the month in which the tests would keep the own server busy, 0 to 1. */
    readonly utilisation: number;
    /** What the own server costs in a month: rent, or purchase spread over its life, power, space. */
    readonly ownUsdPerMonth: number;
    /** Expected minutes and price of one rented run. */
    readonly minutesPerRun: number;
    readonly usdPerRun: number;
}

export interface OwnServerComparison extends OwnServerInputs {
    readonly runsPerMonth: number;
    readonly rentedUsdPerMonth: number;
    /** Negative where the own server is cheaper. */
    readonly savedUsdPerMonth: number;
    readonly savedPercent: number;
    /** At this utilisation both cost the same; above 1 renting is always cheaper. */
    readonly breakEvenUtilisation: number;
}

/**
 * Compares renting by the run with a server of the same GPU that costs its price all month.
 *
 * Runs a month = utilisation x 730 h / minutes of a run: as many as would keep the own server busy
 * for that share. Rented = runs x price of a run. Start-up minutes are counted as busy on both.
 *
 * @throws UserError for a utilisation outside 0 to 1 or a cost that is not above 0.
 * @example compareWithOwnServer({ utilisation: 0.05, ownUsdPerMonth: 600, minutesPerRun: 20, usdPerRun: 0.3 }).savedPercent; // 94.5
 */
export function compareWithOwnServer(inputs: OwnServerInputs): OwnServerComparison {
    const { utilisation, ownUsdPerMonth, minutesPerRun, usdPerRun } = inputs;
    if (!(utilisation > 0 && utilisation <= 1))
        throw new UserError(
            `The utilisation is ${utilisation * 100} %.`,
            "above 0 and up to 100 %",
            "give the share of a month in which tests would keep your own server busy, such as 5",
        );
    if (!(ownUsdPerMonth > 0))
        throw new UserError(
            `An own server at ${ownUsdPerMonth} USD a month.`,
            "an amount above 0",
            "leave it out for the price of the same machine rented all month",
        );
    const runsPerMonth = (utilisation * HOURS_PER_MONTH * 60) / minutesPerRun;
    const rented = runsPerMonth * usdPerRun;
    const saved = ownUsdPerMonth - rented;
    return {
        ...inputs,
        runsPerMonth: Math.round(runsPerMonth),
        rentedUsdPerMonth: cents(rented),
        savedUsdPerMonth: cents(saved),
        savedPercent: Math.round((saved / ownUsdPerMonth) * 1000) / 10,
        breakEvenUtilisation: Math.round((utilisation * ownUsdPerMonth * 1000) / rented) / 1000,
    };
}

/** The cost of the same machine when it is never given back. */
export function alwaysOnUsdPerMonth(priceUsdPerHour: number): number {
    return cents(priceUsdPerHour * HOURS_PER_MONTH);
}

function cents(usd: number): number {
    return Math.round(usd * 100) / 100;
}
