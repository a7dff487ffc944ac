import { ChatClient } from "./client";
import { Turn } from "./caseSchema";

/** Tokens left for the chat template, the question and an estimate that is a little off. */
const RESERVE_TOKENS = 96;
/** Where a server has no tokenizer to ask: English has about four characters a token. */
const CHARACTERS_PER_TOKEN = 4;
/** Chinese has one or two; the text is rather too short than refused. */
const HAN_CHARACTERS_PER_TOKEN = 1;
const SAMPLE_SENTENCES = 20;
/** Where a hidden sentence stands that does not say. */
const USUAL_DEPTH = 0.6;

/** A long text and a short description of it for the report. */
export interface Filler {
    readonly text: string;
    readonly summary: string;
}

/**
 * Builds a text that takes a share of the server's context: a sentence again and again, with hidden ones at
 * their depths.
 */
export async function buildFiller(
    spec: NonNullable<Turn["filler"]>,
    contextTokens: number,
    client: Pick<ChatClient, "countTokens">,
): Promise<Filler> {
    const sample = Array(SAMPLE_SENTENCES).fill(spec.sentence).join(" ");
    const counted = await client.countTokens(sample);
    const tokensPerSentence = (counted ?? estimateTokens(sample)) / SAMPLE_SENTENCES;
    const wanted = Math.min(spec.fractionOfContext * contextTokens, spec.atMostTokens ?? Infinity);
    const fits = spec.fractionOfContext < 1 ? contextTokens - RESERVE_TOKENS : Infinity;
    const sentences = Math.max(1, Math.floor(Math.min(wanted, fits) / tokensPerSentence));
    const all = Array<string>(sentences).fill(spec.sentence);
    const hidden =
        typeof spec.hidden === "string"
            ? [{ sentence: spec.hidden, depth: USUAL_DEPTH }]
            : [...(spec.hidden ?? [])];
    // From the end, so that no one moves another's place.
    for (const { sentence, depth } of [...hidden].sort((a, b) => b.depth - a.depth)) {
        all.splice(Math.floor(sentences * depth), 0, sentence);
    }
    const tokens = Math.round(sentences * tokensPerSentence);
    const how = counted === undefined ? "estimated" : "by the server's tokenizer";
    return {
        text: all.join(" "),
        summary:
            `[${sentences} times “${spec.sentence}”` +
            hidden
                .map(({ sentence, depth }) => `, and once “${sentence}” at depth ${depth}`)
                .join("") +
            `: about ${tokens} tokens ${how}, of a context of ${contextTokens}]`,
    };
}

function estimateTokens(text: string): number {
    const han = (text.match(/\p{Script=Han}/gu) ?? []).length;
    return han / HAN_CHARACTERS_PER_TOKEN + (text.length - han) / CHARACTERS_PER_TOKEN;
}
