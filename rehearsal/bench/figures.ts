import { median } from "simple-statistics";

import { columns } from "../../common/columns";

/** Seconds of one measurement, all rounds of it. */
export interface Spread {
    readonly median: number;
    readonly min: number;
    readonly max: number;
    /** In the order of the rounds. */
    readonly rounds: readonly number[];
}

/** Ours against the minimal program's. */
export interface Comparison {
    readonly name: string;
    readonly oursSeconds: Spread;
    readonly minimalSeconds: Spread;
    /** Ours / minimal; each round compares what was measured next to each other. */
    readonly ratio: Spread;
    /** The highest median ratio that is promised; null: none is. */
    readonly limit: number | null;
    readonly holds: boolean;
}

export function spread(values: readonly number[]): Spread {
    if (values.length === 0) {
        throw new Error("nothing was measured");
    }
    return {
        median: median([...values]),
        min: Math.min(...values),
        max: Math.max(...values),
        rounds: [...values],
    };
}

/**
 * Compares rounds in pairs: the computer's other work slows both of a pair, and leaves their ratio.
 *
 * @example compare("up", [12, 11], [10, 10], 1.25).ratio.median // 1.15
 */
export function compare(
    name: string,
    ours: readonly number[],
    minimal: readonly number[],
    limit: number | null,
): Comparison {
    if (ours.length !== minimal.length) {
        throw new Error(
            `${name}: ${ours.length} of ours, ${minimal.length} of the minimal program`,
        );
    }
    const ratio = spread(ours.map((seconds, round) => seconds / minimal[round]));
    return {
        name,
        oursSeconds: spread(ours),
        minimalSeconds: spread(minimal),
        ratio,
        limit,
        holds: limit === null || ratio.median <= limit,
    };
}

/** The comparisons as a plain table: seconds are medians, with the lowest and highest behind. */
export function comparisonTable(comparisons: readonly Comparison[]): string {
    return columns([
        ["", "ours", "minimal", "ratio", "limit", ""],
        ...comparisons.map(({ name, oursSeconds, minimalSeconds, ratio, limit, holds }) => [
            name,
            secondsText(oursSeconds),
            secondsText(minimalSeconds),
            spreadText(ratio, 2),
            limit === null ? "none" : limit.toFixed(2),
            limit === null ? "" : holds ? "holds" : "BROKEN",
        ]),
    ]).join("\n");
}

export function secondsText(seconds: Spread): string {
    return `${spreadText(seconds, 1)} s`;
}

function spreadText({ median: middle, min, max }: Spread, digits: number): string {
    return `${middle.toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`;
}
