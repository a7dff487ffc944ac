import { SPLIT_CASES_RUNG } from "../common/rungNames";
import { imageTokens } from "./memory";
import { IMAGE } from "./models";
import { TEXT_BESIDE_IMAGE_TOKENS } from "./request";
import { serverArgs, type ServerOptions } from "./serverArgs";

/** What a server that ran out of memory said, and so which rungs can help. */
export const OOM_FAILURES = [
    "weights-too-big",
    "no-room-for-cache",
    "context-too-long",
    "gpu-in-use",
    "cuda-out-of-memory",
    "host-out-of-memory",
] as const;
export type OomFailure = (typeof OOM_FAILURES)[number];

/** What a rung changes for whoever reads the results: the gentlest first. */
export const RUNG_EFFECTS = ["speed", "limits", "answers"] as const;
export type RungEffect = (typeof RUNG_EFFECTS)[number];

/** One step down when memory runs out: a whole set of arguments for the server. */
export interface Rung {
    readonly name: string;
    /** All that is different from what was planned, for the report. */
    readonly note: string;
    /** The worst of what is different. */
    readonly effect: RungEffect;
    /**
     * Failures after which this rung is worth a try. With `-in-case`: only where the suite was at work,
     * and no rung further down helps with the failure itself.
     */
    readonly helps: readonly (OomFailure | `${OomFailure}-in-case`)[];
    /** Worth a try only when the server has named a context of at least so many tokens. */
    readonly leastLength?: number;
    /**
     * Arguments of the server, the model first; none: those that it was started with last.
     * `@SERVER_LENGTH:8192@` in them stands for the context that the server named last, or 8192 where
     * it named none.
     */
    readonly args: readonly string[];
}

const SERVER_LENGTH = "server-length";
/**
 * "limits", since fewer requests are answered, but no answer is another one. Every tier has it, even one
 * that allows only "speed": a case that is left out counts as not judged, so that such a run never
 * passes, and the answers to the other cases are those of the rung above.
 */
const SPLIT_CASES: Rung = {
    name: SPLIT_CASES_RUNG,
    note: "without the cases in which it ran out of memory",
    effect: "limits",
    helps: ["cuda-out-of-memory-in-case"],
    args: [],
};
/** A mega-pixel, which the quick tiers plan with from the start. */
const FEWER_PIXELS = 1_048_576;
/** vLLM's own default on cards below 70 GiB. */
const FEWER_BATCHED_TOKENS = 2048;
/**
 * Below this compute capability vLLM refuses an FP8 cache. Source: vLLM 0.32,
 * v1/attention/backends/triton_attn.py.
 */
const FP8_CACHE_CAPABILITY = 8.9;

/** Memory is short beside the weights: whatever makes the server's working memory smaller helps. */
const BESIDE_WEIGHTS: readonly OomFailure[] = [
    "no-room-for-cache",
    "context-too-long",
    "cuda-out-of-memory",
];

/** A change to what was planned; several are put on top of one another. */
interface Step extends Pick<Rung, "name" | "note" | "effect" | "helps" | "leastLength"> {
    readonly change: Partial<ServerOptions>;
}

/**
 * What to try, in this order, when the server runs out of memory. Each rung keeps what the rungs above
 * it gave up, so none needs more memory than the one above.
 *
 * The order is that of the harm to the results, so that no answer is changed while something gentler is
 * untried, and so that a tier's limit is simply how far down it may go: first what costs only time
 * (fewer sequences, no CUDA graphs), then what refuses more requests (the context that the server
 * itself names), then what may change an answer (fewer pixels, FP8 cache, weights of lower precision).
 * Video, whose reserve would be the first thing to give up, is off from the start. When a case uses up
 * the memory on the last of these rungs, that case is left out. Below that there is only a bigger
 * machine, as there is when the host's memory runs out or something else holds the GPU.
 *
 * @param lowest the worst that a rung may change; rungs that change more are left out, but for the last.
 * @param lowerPrecision the same server with weights of lower precision, where there are such.
 * @example ladderOf(options, "speed").map(({ name }) => name); // ["fewer-sequences", "eager", "split-cases"]
 */
export function ladderOf(
    options: ServerOptions,
    lowest: RungEffect,
    lowerPrecision?: ServerOptions,
): Rung[] {
    const worst = RUNG_EFFECTS.indexOf(lowest);
    const steps = stepsOf(options, lowerPrecision).filter(
        ({ effect }) => RUNG_EFFECTS.indexOf(effect) <= worst,
    );
    const rungs = steps.map(({ change: _, ...rung }, index): Rung => {
        const taken = steps.slice(0, index + 1);
        const changed: ServerOptions = Object.assign({}, options, ...taken.map((s) => s.change));
        return {
            ...rung,
            note: taken.map(({ note }) => note).join("; "),
            args: withServerLength(changed, taken),
        };
    });
    return [...rungs, SPLIT_CASES];
}

function stepsOf(options: ServerOptions, lowerPrecision?: ServerOptions): Step[] {
    return [
        ...fewerSequences(options),
        ...eager(options),
        {
            name: SERVER_LENGTH,
            note: `the context that the server itself named, where it did, instead of ${options.maxModelLen} tokens`,
            effect: "limits",
            helps: ["context-too-long"],
            leastLength:
                imageTokens(options.maxImagePixels) + IMAGE.extraTokens + TEXT_BESIDE_IMAGE_TOKENS,
            change: {},
        },
        ...fewerPixels(options),
        ...fp8Cache(options),
        ...lowerWeights(options, lowerPrecision),
    ];
}

function fewerSequences({ maxNumSeqs, maxNumBatchedTokens }: ServerOptions): Step[] {
    const sequences = Math.ceil(maxNumSeqs / 4);
    // vLLM wants at least a token of each sequence in a batch.
    const batched = Math.max(sequences, Math.min(maxNumBatchedTokens, FEWER_BATCHED_TOKENS));
    if (sequences === maxNumSeqs && batched === maxNumBatchedTokens) return [];
    return [
        {
            name: "fewer-sequences",
            note: `${sequences} instead of ${maxNumSeqs} requests and ${batched} instead of ${maxNumBatchedTokens} tokens at once`,
            effect: "speed",
            helps: BESIDE_WEIGHTS,
            change: { maxNumSeqs: sequences, maxNumBatchedTokens: batched },
        },
    ];
}

function eager(options: ServerOptions): Step[] {
    if (options.eager) return [];
    return [
        {
            name: "eager",
            note: "no CUDA graphs and no compilation",
            effect: "speed",
            helps: BESIDE_WEIGHTS,
            change: { eager: true },
        },
    ];
}

function fewerPixels({ maxImagePixels }: ServerOptions): Step[] {
    if (maxImagePixels <= FEWER_PIXELS) return [];
    const halvings = Math.ceil(Math.log2(maxImagePixels / FEWER_PIXELS));
    const pixels = Math.floor(maxImagePixels / 2 ** halvings);
    return [
        {
            name: "fewer-pixels",
            note: `images shrunk to ${pixels} instead of ${maxImagePixels} pixels`,
            effect: "answers",
            helps: BESIDE_WEIGHTS,
            change: { maxImagePixels: pixels },
        },
    ];
}

/** Halves the cache, and so helps only where the cache is what does not fit. */
function fp8Cache({ computeCapability, kvCacheDtype }: ServerOptions): Step[] {
    if (computeCapability < FP8_CACHE_CAPABILITY || kvCacheDtype === "fp8") return [];
    return [
        {
            name: "fp8-kv",
            note: "the KV cache in FP8",
            effect: "answers",
            helps: ["context-too-long"],
            change: { kvCacheDtype: "fp8" },
        },
    ];
}

/** The suite goes on asking for the planned model's name. */
function lowerWeights(options: ServerOptions, lower?: ServerOptions): Step[] {
    if (lower === undefined) return [];
    return [
        {
            name: "lower-precision",
            note: `weights in ${lower.precision} (${lower.modelId}) instead of ${options.precision}`,
            effect: "answers",
            helps: ["weights-too-big", ...BESIDE_WEIGHTS],
            change: {
                modelId: lower.modelId,
                precision: lower.precision,
                servedModelName: options.servedModelName ?? options.modelId,
            },
        },
    ];
}

function withServerLength(options: ServerOptions, taken: readonly Step[]): string[] {
    const args = serverArgs(options);
    if (taken.some(({ name }) => name === SERVER_LENGTH)) {
        args[args.indexOf("--max-model-len") + 1] = `@SERVER_LENGTH:${options.maxModelLen}@`;
    }
    return args;
}
