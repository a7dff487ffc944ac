import { drawBelow, shuffled } from "../random";
import type { WrittenTurn } from "../caseSchema";

export const FAMILY_LANGUAGES = ["en", "zh"] as const;
export type FamilyLanguage = (typeof FAMILY_LANGUAGES)[number];

/** What a family makes of one seed: a case whose right answer is known by construction. */
export interface MadeCase {
    readonly title: string;
    readonly turns: WrittenTurn[];
}

/**
 * Makes cases of one kind, as many as are wanted: the same seed makes the same case. The dice are the only
 * source of chance.
 */
export interface Family {
    /** For whoever writes a case file. */
    readonly about: string;
    readonly languages: readonly FamilyLanguage[];
    make(dice: Dice, language: FamilyLanguage): MadeCase;
}

/** Draws choices from a generator of numbers in [0, 1). */
export class Dice {
    constructor(private readonly random: () => number) {}

    /** A whole number from `low` to `high`, both included. */
    between(low: number, high: number): number {
        return low + drawBelow(high - low + 1, this.random);
    }

    one<T>(choices: readonly T[]): T {
        return choices[drawBelow(choices.length, this.random)] as T;
    }

    /** Some of the choices, none twice, in an order of their own. */
    some<T>(count: number, choices: readonly T[]): T[] {
        return shuffled(choices, this.random).slice(0, count);
    }

    /** For a picture's seed. */
    seed(): number {
        return drawBelow(1_000_000, this.random);
    }
}
