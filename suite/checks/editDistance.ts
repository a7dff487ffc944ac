import { distance } from "fastest-levenshtein";
import { z } from "zod";
import { Judgement } from "./judgement";
import { strictShape } from "./strictShape";

export const editDistanceSchema = strictShape({
    kind: z.literal("edit-distance"),
    to: z.array(z.string().min(1)).min(1).describe("Texts that are right; the nearest counts"),
    atMost: z
        .number()
        .min(0)
        .lt(1)
        .describe("Edits as a share of the longer text: 0 is the same, 0.5 is half of it"),
}).describe(
    "The answer is one of these texts but for a few characters (OCR); case, spaces and outer punctuation do not count",
);

/** Judges the nearest text. */
export function judgeEditDistance(
    { to, atMost }: z.infer<typeof editDistanceSchema>,
    text: string,
): Judgement {
    const [nearest] = to
        .map((wanted) => ({ wanted, share: normalisedDistance(text, wanted) }))
        .sort((a, b) => a.share - b.share);
    const { wanted, share } = nearest as { wanted: string; share: number };
    return {
        passed: share <= atMost,
        message: `edit distance ${share.toFixed(2)} to "${wanted}", at most ${atMost} wanted`,
    };
}

/**
 * Levenshtein's distance over the length of the longer text, 0 (the same) to 1; both made comparable.
 * Source: "NL" in Biten et al. 2019, "Scene Text Visual Question Answering", section 4
 * (https://arxiv.org/abs/1905.13648).
 *
 * @example normalisedDistance("Stop!", "SHOP") // 0.25
 */
export function normalisedDistance(a: string, b: string): number {
    const [one, other] = [comparable(a), comparable(b)];
    const longer = Math.max(one.length, other.length);
    return longer === 0 ? 0 : distance(one, other) / longer;
}

/** Case, width, runs of spaces and what stands around the words do not matter. */
export function comparable(text: string): string {
    return text
        .normalize("NFKC")
        .toLowerCase()
        .replace(/\s+/g, " ")
        .replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");
}
