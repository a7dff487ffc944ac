import { createHash } from "node:crypto";
import { FamilyOfCases, WrittenCase } from "../caseSchema";
import { seededRandom } from "../random";
import { Dice, Family } from "./family";
import { FAMILIES } from "./index";

/**
 * The cases of a family as a case file would have them. The n-th case depends on the seed and on n only, so
 * that more cases of a family leave the first ones as they are.
 *
 * @example expandFamily({ family: "count-shapes", id: "count", seed: 1, cases: 2, ... })[1]?.id // "count-002"
 */
export function expandFamily(spec: FamilyOfCases): WrittenCase[] {
    const { family, id, language, seed, lane } = spec;
    const { make }: Family = FAMILIES[family];
    return Array.from({ length: spec.cases }, (_, index): WrittenCase => {
        const dice = new Dice(seededRandom(seedOf(family, language, seed, index)));
        return {
            id: `${id}-${String(index + 1).padStart(3, "0")}`,
            language,
            tags: [
                ...(index < spec.smoke ? (["smoke"] as const) : []),
                ...(index < spec.core ? (["core"] as const) : []),
            ],
            lane,
            ...make(dice, language),
        };
    });
}

function seedOf(...parts: readonly (string | number)[]): number {
    return createHash("sha256").update(JSON.stringify(parts)).digest().readUInt32LE(0);
}
