import { ChatClient } from "./client";
import { Turn } from "./caseSchema";

/** Tokens left for the chat template, the question and an estimate that is a little off. */
const RESERVE_TOKENS = 96;
/** Where a server has no tokenizer to ask: English has about four characters a token. */
const CHARACTERS_PER_TOKEN = 4;
const SAMPLE_SENTENCES = 20;

/** A long text and a short description of it for the report. */
export interface Filler {
    readonly text: string;
    readonly summary: string;
}

/**
 * Builds a text that takes a share of the server's context: a sentence again and again, with a
 * hidden one a little past the middle.
 */
export async function buildFiller(
    spec: NonNullable<Turn["filler"]>,
    contextTokens: number,
    client: Pick<ChatClient, "countTokens">,
): Promise<Filler> {
    const sample = Array(SAMPLE_SENTENCES).fill(spec.sentence).join(" ");
    const counted = await client.countTokens(sample);
    const tokensPerSentence = (counted ?? sample.length / CHARACTERS_PER_TOKEN) / SAMPLE_SENTENCES;
    const wanted = Math.min(spec.fractionOfContext * contextTokens, spec.atMostTokens ?? Infinity);
    const fits = spec.fractionOfContext < 1 ? contextTokens - RESERVE_TOKENS : Infinity;
    const sentences = Math.max(1, Math.floor(Math.min(wanted, fits) / tokensPerSentence));
    const all = Array<string>(sentences).fill(spec.sentence);
    if (spec.hidden !== undefined) {
        all.splice(Math.floor(sentences * 0.6), 0, spec.hidden);
    }
    const tokens = Math.round(sentences * tokensPerSentence);
    const how = counted === undefined ? "estimated" : "by the server's tokenizer";
    return {
        text: all.join(" "),
        summary:
            `[${sentences} times “${spec.sentence}”` +
            (spec.hidden === undefined ? "" : `, and once “${spec.hidden}”`) +
            `: about ${tokens} tokens ${how}, of a context of ${contextTokens}]`,
    };
}
