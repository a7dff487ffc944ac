import { z } from "zod";

/** A token of an answer, and how sure the model was of it. */
export interface Token {
    readonly text: string;
    /** Natural logarithm of its probability. */
    readonly logprob: number;
}

/** So many tokens of an answer are kept. */
export const MOST_TOKENS = 256;

// A picture of the ASCII separator: the control character itself would be six bytes in JSON.
const SEPARATOR = "␟";

/** An answer's tokens as results keep them: one string each, as arrays would take a line a token. */
export const keptTokensSchema = z.strictObject({
    texts: z.string().describe(`Joined by ${SEPARATOR}`),
    logprobs: z.string().describe("Of each text, to three decimals, joined by a space"),
    count: z.int().min(0).optional().describe("Of the whole answer, where not all are kept"),
});
export type KeptTokens = z.infer<typeof keptTokensSchema>;

/** @example keepTokens([{ text: "Red", logprob: -0.0123 }]) // { texts: "Red", logprobs: "-0.012" } */
export function keepTokens(tokens: readonly Token[]): KeptTokens {
    const kept = tokens.slice(0, MOST_TOKENS);
    return {
        texts: kept.map(({ text }) => text.replaceAll(SEPARATOR, "\ufffd")).join(SEPARATOR),
        logprobs: kept.map(({ logprob }) => String(Number(logprob.toFixed(3)))).join(" "),
        ...(kept.length < tokens.length && { count: tokens.length }),
    };
}

/** The tokens that were kept. */
export function readTokens({ texts, logprobs }: KeptTokens): Token[] {
    if (logprobs === "") {
        return [];
    }
    const numbers = logprobs.split(" ").map(Number);
    return texts.split(SEPARATOR).map((text, index) => ({ text, logprob: numbers[index] ?? NaN }));
}

/**
 * The tokens of a completion's `logprobs.content`; undefined where the server gives none, or not of
 * every token. A probability of 0 arrives as -9999 from vLLM and stays that.
 */
export function tokensOf(logprobs: unknown): Token[] | undefined {
    const content = (logprobs as { content?: unknown } | null | undefined)?.content;
    if (!Array.isArray(content) || content.length === 0) {
        return undefined;
    }
    const tokens = (content as { token?: unknown; logprob?: unknown }[]).map((each) => ({
        text: each?.token,
        logprob: each?.logprob,
    }));
    const isToken = (each: { text: unknown; logprob: unknown }): each is Token =>
        typeof each.text === "string" && Number.isFinite(each.logprob);
    return tokens.every(isToken) ? tokens : undefined;
}
