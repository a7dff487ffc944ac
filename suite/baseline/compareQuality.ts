import { DIMENSIONS } from "../caseSchema";
import { clusterBootstrap } from "../statistics/clusterBootstrap";
import { holm } from "../statistics/holm";
import { Discordant, exactMcNemar, smallestMcNemar } from "../statistics/mcnemar";
import { Change, LEVEL, QualityTest } from "./comparison";
import { Pair } from "./pairCases";

export const ALL_CASES = "all cases";

interface Question {
    readonly of: string;
    readonly counts: Discordant & { readonly pairs: number };
    /** What is drawn for the interval; a sampled case alone has but one cluster. */
    readonly pairs?: readonly Pair[];
}

/**
 * Tests whether pass rates have changed: of all cases, of each dimension, of each sampled case by itself.
 *
 * An exact McNemar test each, corrected by Holm together. Tests in which so few pairs differ that no
 * split of them would be significant cannot give a false alarm and are left out of the correction
 * (Tarone 1990, https://doi.org/10.2307/2531456). McNemar takes cases for independent, and those about one
 * picture are not; so the interval of the difference, drawn by cluster, has to leave out 0 as well.
 *
 * Of a deterministic case the first try counts: later ones repeat it, or were made because it failed.
 */
export function compareQuality(pairs: readonly Pair[]): QualityTest[] {
    const asked = questionsOf(pairs);
    const pValues = asked.map(({ counts }) => exactMcNemar(counts));
    const family = asked.flatMap(({ counts }, index) =>
        smallestMcNemar(counts) <= LEVEL ? index : [],
    );
    const corrected = holm(family.map((index) => pValues[index] as number));
    return asked.map(({ of, counts, pairs: drawn }, index) => {
        const place = family.indexOf(index);
        const correctedPValue = place < 0 ? undefined : corrected[place];
        const drawnBy = drawn && clusterBootstrap(drawn.map(toRates));
        return {
            of,
            ...counts,
            pValue: pValues[index] as number,
            ...(correctedPValue !== undefined && { correctedPValue }),
            ...drawnBy,
            outcome: changeOf(counts, correctedPValue, drawnBy?.interval),
        };
    });
}

function questionsOf(pairs: readonly Pair[]): Question[] {
    const about = (of: string, own: readonly Pair[]): Question[] =>
        own.length === 0 ? [] : [{ of, counts: countFirst(own), pairs: own }];
    const dimensions = DIMENSIONS.flatMap((dimension) =>
        about(
            dimension,
            pairs.filter((each) => each.dimension === dimension),
        ),
    );
    const sampled = pairs
        .filter((each) => each.sampled && each.now.length > 1)
        .map((each) => ({ of: each.id, counts: countDiscordant(each.before, each.now) }));
    return [...about(ALL_CASES, pairs), ...dimensions, ...sampled];
}

/** Lost and won pairs, by the first try of each case. */
export function countFirst(pairs: readonly Pair[]): Discordant & { pairs: number } {
    const first = (tries: readonly boolean[]): boolean => tries[0] ?? false;
    return countDiscordant(
        pairs.map(({ before }) => first(before)),
        pairs.map(({ now }) => first(now)),
    );
}

function countDiscordant(
    before: readonly boolean[],
    now: readonly boolean[],
): Discordant & { pairs: number } {
    return {
        pairs: now.length,
        lost: before.filter((passed, index) => passed && !now[index]).length,
        won: before.filter((passed, index) => !passed && now[index]).length,
    };
}

function toRates({ cluster, before, now }: Pair) {
    const rate = (tries: readonly boolean[]): number => tries.filter(Boolean).length / tries.length;
    return { cluster, before: rate(before), now: rate(now) };
}

function changeOf(
    { lost, won }: Discordant,
    correctedPValue = 1,
    interval: { readonly low: number; readonly high: number } | undefined,
): Change {
    if (correctedPValue > LEVEL) {
        return "no-evidence";
    }
    if (lost > won) {
        return interval === undefined || interval.high < 0 ? "regression" : "no-evidence";
    }
    return interval === undefined || interval.low > 0 ? "improvement" : "no-evidence";
}
