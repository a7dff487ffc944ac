import { GIB } from "./gib";
import type { ModelGeometry } from "./models";
import { activationBytes, type Precision } from "./precisions";

/** What the reserve of a server depends on. */
export interface ReserveRequest {
    readonly geometry: ModelGeometry;
    readonly precision: Precision;
    readonly tensorParallel: number;
    readonly maxNumBatchedTokens: number;
    readonly maxModelLen: number;
    readonly maxNumSeqs: number;
    readonly maxImagePixels: number;
    /** `--enforce-eager`. Default: false. */
    readonly eager?: boolean;
    /** Whether videos are allowed. Default: false. */
    readonly video?: boolean;
}

/** Activation peak, encoder, CUDA graphs and runtime of one GPU, in GiB. */
export interface Reserve {
    readonly expected: number;
    readonly range: readonly [low: number, high: number];
}

/**
 * A video of the default processor: 25,165,824 pixels in pairs of frames. Source: vLLM's
 * `qwen3_vl.py`, `get_max_video_tokens`; "a budget of 12288 tokens, and profiled with 1 video items"
 * in a public log (GitHub file index 63094962649).
 */
const VIDEO_TOKENS = 12_288;

/**
 * Encoder output that vLLM 0.11 set aside where videos are allowed, whatever was asked for: "a budget
 * of 153600 tokens", https://github.com/vllm-project/vllm/issues/27992. Later versions do not, so it
 * is only in the high end of the range.
 */
const LEGACY_VIDEO_TOKENS = 153_600;

/**
 * Bytes that the sampler takes of each of `max_num_seqs` x vocabulary logits while it is profiled
 * (vLLM's `_dummy_sampler_run`): logits in 16 and 32 bit, probabilities and noise, 14 in all, and
 * with a full sort for top-k and top-p (values, 64-bit indices, their double buffers, running sum)
 * 38. The second is what the 1,024 sequences of point O04 need.
 */
const SAMPLER_BYTES = { low: 14, high: 38 } as const;

/**
 * Libraries' workspaces and compiled kernels; the CUDA context and NCCL's buffers exist before vLLM
 * takes its first look at the memory, so they are not in its budget (`gpu_worker.py`, `init_device`).
 */
const RUNTIME_GIB = { one: 0.25, several: 0.45 } as const;

/**
 * CUDA graphs: a pool, and so much a layer and captured batch size. From "Graph capturing finished
 * ... took X GiB" of three public logs: 0.66 GiB for 102 graphs of 48 layers, 0.21 GiB for 30 of 36
 * (one GPU); 1.92 GiB for 102 of 48 (four GPUs). GitHub file indexes 67592774702, 68951944817,
 * 42588844709.
 */
const GRAPHS_GIB = { pool: 0.1, layerOnOne: 120 / 2 ** 20, layerOnSeveral: 390 / 2 ** 20 } as const;

/** What is not known: how far the activations of other versions and GPUs lie from the formula. */
const ACTIVATION_ERROR = { low: 0.8, high: 1.2 } as const;
const FIXED_ERROR = { low: 0.5, high: 1.6 } as const;

/**
 * What the server takes beside weights and KV cache, as vLLM finds it out at its start
 * (`gpu_model_runner.py`, `profile_run`): it runs the vision encoder with as many images of the
 * largest size as its budget allows, keeps their output, runs the language model with
 * `max_num_batched_tokens`, then samples for `max_num_seqs`; the highest of these peaks stays
 * reserved, and so do the CUDA graphs (since 0.21).
 *
 * Never less with more context, sequences, batched tokens or pixels. The range holds every reserve
 * that a public log lets one derive (`points.ts`), each with its server's own options.
 *
 * @example reserveGiB({ ...server, maxNumSeqs: 256 }).expected; // 2.6 for 8B with full-size images
 */
export function reserveGiB(request: ReserveRequest): Reserve {
    const several = request.tensorParallel > 1;
    const runtime = several ? RUNTIME_GIB.several : RUNTIME_GIB.one;
    const graphs = request.eager ? 0 : graphsGiB(request, several);
    const activation = (samplerBytes: number, encoderTokens: number, keptTokens: number) =>
        activationBytesPeak(request, samplerBytes, encoderTokens, keptTokens) / GIB;

    const tokens = encoderTokens(request);
    const kept = request.video ? Math.max(tokens, LEGACY_VIDEO_TOKENS) : tokens;
    const fixed = runtime + graphs;
    return {
        expected: fixed + activation(SAMPLER_BYTES.high, tokens, tokens),
        range: [
            FIXED_ERROR.low * fixed +
                ACTIVATION_ERROR.low * activation(SAMPLER_BYTES.low, tokens, tokens),
            FIXED_ERROR.high * fixed +
                ACTIVATION_ERROR.high * activation(SAMPLER_BYTES.high, tokens, kept),
        ],
    };
}

/** Image tokens of an image of so many pixels, without its two delimiters. */
export function imageTokensOf({ vision }: ModelGeometry, pixels: number): number {
    return Math.min(Math.ceil(pixels / vision.pixelsPerToken), vision.maxImageTokens ?? Infinity);
}

/**
 * Tokens with which the encoder is profiled: its budget is that of the language model or one item of
 * the largest size, and no more items are taken than the sequences could hold. Source: vLLM's
 * `encoder_budget.py`.
 */
function encoderTokens(request: ReserveRequest): number {
    const image = imageTokensOf(request.geometry, request.maxImagePixels);
    const item = request.video ? Math.max(image, VIDEO_TOKENS) : image;
    const held = request.maxNumSeqs * Math.max(item, request.maxModelLen);
    return Math.min(Math.max(request.maxNumBatchedTokens, item), held);
}

/** The highest of the three peaks, in bytes. */
function activationBytesPeak(
    request: ReserveRequest,
    samplerBytes: number,
    tokens: number,
    keptTokens: number,
): number {
    const { geometry, maxNumBatchedTokens, maxNumSeqs } = request;
    const element = activationBytes(request.precision);
    const kept = keptTokens * (1 + geometry.vision.deepStackLevels) * geometry.hidden * element;
    const encoder = encoderElements(request, tokens) * element;
    const language = maxNumBatchedTokens * languageElements(request) * element;
    const sampler =
        maxNumBatchedTokens * geometry.hidden * element +
        maxNumSeqs * geometry.vocabulary * samplerBytes;
    return Math.max(encoder, kept + Math.max(language, sampler));
}

/**
 * Pixels, the residual stream with its normed copy, the widest step of a block (MLP before and after
 * its activation, or queries, keys and values with their rotated copies and the result), and the
 * DeepStack outputs that wait for the end.
 */
function encoderElements({ geometry, tensorParallel }: ReserveRequest, tokens: number): number {
    const { vision } = geometry;
    const widest = Math.max(2 * vision.intermediate, 6 * vision.hidden) / tensorParallel;
    const patch = vision.patchElements + 2 * vision.hidden + widest;
    return tokens * (vision.patchesPerToken * patch + vision.deepStackLevels * geometry.hidden);
}

/**
 * Elements of one batched token: residual and hidden states, and the wider of attention and MLP. A
 * mixture of experts has a workspace of its own: what goes into the experts' second half, and the
 * larger of its two other buffers, which share one place (vLLM's `fused_moe`).
 */
function languageElements({ geometry, tensorParallel }: ReserveRequest): number {
    const { hidden, heads, kvHeads, headDimension, moe } = geometry;
    const attention = (2 * (heads + 2 * kvHeads) * headDimension) / tensorParallel;
    const mlp = moe
        ? moe.expertsPerToken *
          (moe.intermediate / tensorParallel +
              Math.max((2 * moe.intermediate) / tensorParallel, hidden))
        : (3 * geometry.intermediate) / tensorParallel;
    return 4 * hidden + Math.max(attention, mlp);
}

function graphsGiB({ geometry, maxNumSeqs }: ReserveRequest, several: boolean): number {
    const graphs = capturedSizes(2 * maxNumSeqs) + capturedSizes(maxNumSeqs);
    const layer = several ? GRAPHS_GIB.layerOnSeveral : GRAPHS_GIB.layerOnOne;
    return GRAPHS_GIB.pool + graphs * geometry.layers * layer;
}

/** Batch sizes 1, 2, 4, by eights to 256 and by sixteens to 512: vLLM's `_set_cudagraph_sizes`. */
function capturedSizes(most: number): number {
    const small = [1, 2, 4].filter((size) => size <= most).length;
    const eights = Math.floor(Math.min(most, 256) / 8);
    const sixteens = Math.floor(Math.max(0, Math.min(most, 512) - 256) / 16);
    return small + eights + sixteens;
}
