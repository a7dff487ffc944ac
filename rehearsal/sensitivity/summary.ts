import { median } from "simple-statistics";

import { clopperPearson } from "../../suite/statistics/clopperPearson";
import type { Interval } from "../../suite/statistics/interval";
import type { Tier } from "../../suite/tiers";
import { isClean, ROWS, Row } from "./rows";
import type { Trial } from "./trial";

/** Wanted of a fault on the list, in the merge tier. */
export const LEAST_FOUND = 0.95;
/** Allowed of clean runs. */
export const MOST_ALARMS = 0.01;

/** What all runs of a row came to in a tier. */
export interface RowSummary {
    readonly row: Row;
    readonly tier: Tier;
    readonly runs: number;
    /** Failed by the comparison. */
    readonly found: number;
    readonly rate: number;
    readonly interval: Interval;
    readonly medianLost: number;
    readonly medianWon: number;
    readonly pairs: number;
}

/** A summary for each row that was run in a tier, in the order of the rows. */
export function summarise(trials: readonly Trial[], tier: Tier): RowSummary[] {
    return ROWS.flatMap((row) => {
        const own = trials.filter((each) => each.row === row.id && each.tier === tier);
        if (own.length === 0) {
            return [];
        }
        const found = own.filter(({ isFailed }) => isFailed).length;
        return {
            ...{ row, tier, runs: own.length, found, rate: found / own.length },
            interval: clopperPearson(found, own.length),
            medianLost: median(own.map(({ lost }) => lost)),
            medianWon: median(own.map(({ won }) => won)),
            pairs: Math.max(...own.map(({ pairs }) => pairs)),
        };
    });
}

/** What falls short: a fault on the list that is found too seldom, or clean runs that alarm too often. */
export function shortcomings(merge: readonly RowSummary[]): string[] {
    return merge.flatMap(({ row, found, runs, rate }) => {
        if (!row.isHeld) {
            return [];
        }
        if (isClean(row)) {
            return rate > MOST_ALARMS ? [`${row.what}: ${found} false alarms in ${runs} runs`] : [];
        }
        return rate < LEAST_FOUND ? [`${row.what}: found in ${found} of ${runs} runs`] : [];
    });
}

/** The smallest noise that is found often enough, as a share; undefined where none is. */
export function smallestNoise(summaries: readonly RowSummary[]): number | undefined {
    const shares = summaries
        .filter(({ row, rate }) => row.id.startsWith("noise:") && rate >= LEAST_FOUND)
        .map(({ row }) => Number(row.id.split(":")[1]));
    return shares.length > 0 ? Math.min(...shares) : undefined;
}
