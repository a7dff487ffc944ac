import { createHash } from "node:crypto";
import { UserError } from "../common/userError";
import { TestCase } from "./caseSchema";
import { ImageSpec } from "./images";
import { Concurrency, DEFAULT_CONCURRENCY } from "./concurrency";
import { requestRounds } from "./requestRounds";
import { Placed, schedule } from "./schedule";
import { repeatsWanted } from "./runRepeats";
import { Shard, sayShard } from "./shard";

/** What a request costs beside its answer, in tokens of an answer. */
const TOKENS_A_REQUEST = 10;
/** Reading a prompt is about that much quicker than writing an answer. */
const PROMPT_TOKENS_A_TOKEN = 50;
const CHARACTERS_A_TOKEN = 4;
/** Qwen3-VL: patches of 16 pixels, merged by 2 x 2 (its preprocessor_config.json). */
const PIXELS_A_TOKEN = 32 * 32;
/** Of a text that fills a share of the context, where nothing limits it. */
const USUAL_PIXELS = 1_000_000;
const USUAL_CONTEXT_TOKENS = 16_384;

/**
 * The positions of a shard's cases among all, in their order. Cases are dealt out by what they cost, the
 * dearest first, each to the shard that has least so far (Graham's LPT rule); the same on every machine.
 *
 * @throws UserError where a shard would have no case.
 */
export function positionsOfShard(
    cases: readonly TestCase[],
    { index, of }: Shard,
    tierRepeats: number,
): number[] {
    if (of > cases.length) {
        throw new UserError(
            `--shard ${sayShard({ index, of })}: the tier has ${cases.length} cases.`,
            `up to ${cases.length} shards`,
            "take fewer shards",
        );
    }
    const sizes = Array<number>(of).fill(0);
    const dealt = Array.from({ length: of }, (): number[] => []);
    const weights = weightsOf(cases, tierRepeats);
    const dearestFirst = cases
        .map((_, position) => position)
        .sort((a, b) => (weights[b] as number) - (weights[a] as number) || a - b);
    for (const position of dearestFirst) {
        const lightest = sizes.indexOf(Math.min(...sizes));
        dealt[lightest]?.push(position);
        sizes[lightest] = (sizes[lightest] as number) + (weights[position] as number);
    }
    return (dealt[index - 1] as number[]).sort((a, b) => a - b);
}

/** What each case costs, in tokens of an answer; cases that are asked side by side share the time. */
export function weightsOf(
    cases: readonly TestCase[],
    tierRepeats: number,
    concurrency: Concurrency = DEFAULT_CONCURRENCY,
): number[] {
    const weights: number[] = [];
    for (const { queues } of schedule(cases, new Set(), concurrency)) {
        for (const { limit, cases: own } of queues) {
            own.forEach(({ testCase, position }: Placed) => {
                weights[position] =
                    (costOf(testCase) * repeatsWanted(testCase, tierRepeats)) / limit;
            });
        }
    }
    return weights;
}

/** Of a picture of one's own only the file knows. */
function pixelsOf(image: ImageSpec): number {
    const { copies = 1 } = image;
    return (image.draw === "file" ? USUAL_PIXELS : image.width * image.height) * copies;
}

function costOf(testCase: TestCase): number {
    const once = testCase.turns.reduce((sum, { prompt = "", images = [], filler, maxTokens }) => {
        const pixels = images.reduce((all, image) => all + pixelsOf(image), 0);
        const filled = filler
            ? Math.min(
                  filler.fractionOfContext * USUAL_CONTEXT_TOKENS,
                  filler.atMostTokens ?? Infinity,
              )
            : 0;
        const read = prompt.length / CHARACTERS_A_TOKEN + pixels / PIXELS_A_TOKEN + filled;
        return sum + TOKENS_A_REQUEST + read / PROMPT_TOKENS_A_TOKEN + maxTokens;
    }, 0);
    return requestRounds(testCase) * once;
}

/** Of all cases of a tier: shards with another digest do not belong together. */
export function digestOfCases(cases: readonly TestCase[]): string {
    const hash = createHash("sha256");
    cases.forEach(({ id, digest }) => hash.update(`${id} ${digest}\n`));
    return hash.digest("hex").slice(0, 16);
}
