import { binomial } from "jstat";

/** Pairs in which only one of two passed; those that agree say nothing about a difference. */
export interface Discordant {
    /** Passed before, fails now. */
    readonly lost: number;
    /** Failed before, passes now. */
    readonly won: number;
}

/**
 * Exact McNemar test of paired outcomes: how likely a split at least this uneven is, when losing and
 * winning are equally likely. Two-sided.
 *
 * p = min(1, 2 · P(X ≤ min(lost, won))), X ~ Binomial(lost + won, 1/2).
 * Source: Fagerland, Lydersen and Laake 2013, "exact conditional test",
 * https://doi.org/10.1186/1471-2288-13-91.
 *
 * @example exactMcNemar({ lost: 7, won: 1 }) // 0.0703
 */
export function exactMcNemar({ lost, won }: Discordant): number {
    const pairs = lost + won;
    return pairs === 0 ? 1 : Math.min(1, 2 * binomial.cdf(Math.min(lost, won), pairs, 0.5));
}

/**
 * The smallest p-value that so many discordant pairs can give: all of them on one side. Where it is
 * above the level, the test could not have rejected whatever had come.
 */
export function smallestMcNemar({ lost, won }: Discordant): number {
    return exactMcNemar({ lost: lost + won, won: 0 });
}
