import { isNegated, Span } from "./negation";

/**
 * Where a text names a word: Latin words whole or in the plural, in any case; Chinese ones anywhere.
 *
 * @example mentionsOf("Two windows.", "window") // [{ from: 4, to: 11 }]
 */
export function mentionsOf(text: string, word: string): Span[] {
    return [...text.matchAll(patternOf(word))].map(({ index, 0: found }) => ({
        from: index,
        to: index + found.length,
    }));
}

/** How a text speaks of a word: that it is, that it is not, or never. What is affirmed once, is. */
export type Stance = "affirmed" | "denied" | "unnamed";

/** @example stanceOn("There is no dog, but a cat.", "dog") // "denied" */
export function stanceOn(text: string, word: string): Stance {
    const mentions = mentionsOf(text, word);
    if (mentions.length === 0) {
        return "unnamed";
    }
    return mentions.every((mention) => isNegated(text, mention)) ? "denied" : "affirmed";
}

function patternOf(word: string): RegExp {
    const literal = word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/\s+/g, "\\s+");
    if (/\p{Script=Han}/u.test(word)) {
        return new RegExp(literal, "giu");
    }
    const letter = "[\\p{Script=Latin}\\p{N}]";
    return new RegExp(`(?<!${letter})${literal}(?:s|es)?(?!${letter})`, "giu");
}
