import { HEAD_DIMENSION, IMAGE, MAX_POSITIONS, VOCABULARY, type ModelGeometry } from "./models";
import { activationBytes, isQuantised, type Precision } from "./precisions";

export const GIB = 2 ** 30;

/** What the memory of a server depends on. Counts are of tokens, sequences and pixels. */
export interface MemoryRequest {
    readonly geometry: ModelGeometry;
    readonly precision: Precision;
    readonly bytesPerLinear: number;
    readonly tensorParallel: number;
    readonly maxNumBatchedTokens: number;
    readonly maxModelLen: number;
    readonly maxNumSeqs: number;
    readonly maxImagePixels: number;
    /** What a CUDA program is offered by one GPU. */
    readonly gpuProgramGiB: number;
    /** `--gpu-memory-utilization`. */
    readonly utilization: number;
}

/** Memory of one GPU (of each, with tensor parallelism). */
export interface MemoryEstimate {
    readonly weightsGiB: number;
    /** The server's "Model loading took X GiB": weights and its persistent buffers. */
    readonly loadGiB: number;
    readonly kvBytesPerToken: number;
    /** KV cache for the wanted context times the wanted sequences. */
    readonly kvGiB: number;
    /** Activation peak, encoder, graphs and runtime: the weak term, see `reserveRangeGiB`. */
    readonly reserveGiB: number;
    readonly reserveRangeGiB: readonly [low: number, high: number];
    /** Load, reserve and wanted KV cache. */
    readonly totalGiB: number;
    /** What the server may use: the program's share of the GPU times its utilization. */
    readonly availableGiB: number;
    /** KV cache that is expected to be left for use. */
    readonly kvRoomGiB: number;
    /** Longest context of one sequence, expected; 0 when the model does not even load. */
    readonly maxModelLen: number;
    /** Sequences of the wanted context at once, expected. */
    readonly maxSequences: number;
    /**
     * `yes`: also when the reserve is at the high end of its range. `tight`: one sequence of the
     * wanted context is expected to fit, the rest waits its turn. `no`: the server would not start.
     */
    readonly fits: "yes" | "tight" | "no";
}

/**
 * Weights on one GPU in bytes: language linears as the build stores them, everything else (vision
 * tower, embeddings, head, norms, router) in 16 bit, or 32 for fp32.
 */
export function weightBytes(
    geometry: ModelGeometry,
    precision: Precision,
    bytesPerLinear: number,
    tensorParallel: number,
): number {
    const linear = geometry.languageLinearParameters * bytesPerLinear;
    const rest =
        (geometry.parameters - geometry.languageLinearParameters) * activationBytes(precision);
    // Norms are copied to each rank, not split: under 0.1 % in every size, so left out.
    return (linear + rest) / tensorParallel;
}

/**
 * What the server reports as "Model loading took": weights, the MRoPE table (4 x 262,144 positions
 * of one head) and three DeepStack buffers of max_num_batched_tokens x hidden. Source: vLLM's
 * qwen3_vl.py and mrope.py; within 0.3 % of four public logs (see the test).
 */
export function loadBytes(
    geometry: ModelGeometry,
    precision: Precision,
    bytesPerLinear: number,
    tensorParallel: number,
    maxNumBatchedTokens: number,
): number {
    const element = activationBytes(precision);
    const mropeTable = 4 * MAX_POSITIONS * HEAD_DIMENSION * element;
    const deepStack = 3 * maxNumBatchedTokens * geometry.hidden * element;
    return (
        weightBytes(geometry, precision, bytesPerLinear, tensorParallel) + mropeTable + deepStack
    );
}

/**
 * KV cache of one token on one GPU in bytes: key and value, each layer, each KV head of this rank
 * (a head is copied when there are more ranks than heads). The cache has the model's activation type, also with quantised weights.
 */
export function kvBytesPerToken(
    geometry: ModelGeometry,
    precision: Precision,
    tensorParallel: number,
): number {
    const heads = Math.max(1, geometry.kvHeads / tensorParallel);
    return 2 * geometry.layers * heads * HEAD_DIMENSION * activationBytes(precision);
}

/** Visual tokens of an image of so many pixels, without its two delimiters. */
export function imageTokens(pixels: number): number {
    return Math.ceil(pixels / IMAGE.pixelsPerToken);
}

/**
 * Activation peak, encoder, CUDA graphs and runtime, in GiB: expected, and the range it is in.
 *
 * Calibrated on public logs, where total x utilization - load - KV is 1.05 to 2.56 GiB for the dense
 * sizes; the range holds those. It is made for the flags of `serverArgs.ts`: a server with video on
 * or other options takes more (6 GiB were seen). To be sharpened with measurements of our own runs.
 */
export function reserveGiB(request: ReserveRequest): {
    expected: number;
    range: readonly [low: number, high: number];
} {
    const { geometry, tensorParallel, maxNumBatchedTokens } = request;
    const element = activationBytes(request.precision);
    // The server profiles with as many image tokens as its encoder budget and context allow.
    const encoderTokens = Math.min(
        Math.max(maxNumBatchedTokens, imageTokens(request.maxImagePixels)),
        request.maxModelLen,
    );
    const patches = 4 * encoderTokens;
    const encoderWork =
        patches * 2 * (geometry.vision.hidden + geometry.vision.intermediate) * element;
    // The embedding and its three DeepStack companions stay while the language model runs.
    const encoderOutput = encoderTokens * 4 * geometry.hidden * element;
    const intermediate = geometry.moe
        ? geometry.moe.expertsPerToken * geometry.moe.intermediate
        : geometry.intermediate;
    const languageWork =
        maxNumBatchedTokens * (8 * geometry.hidden + (3 * intermediate) / tensorParallel) * element;
    // Logits in 32 bit with two copies in the sampler.
    const sampling = request.maxNumSeqs * VOCABULARY * 4 * 3;
    const activation = encoderOutput + Math.max(encoderWork, languageWork + sampling);

    const runtime = tensorParallel > 1 ? 1.1 : 0.6;
    const graphs = request.eager ? 0 : 0.5;
    const expected = runtime + graphs + activation / GIB;
    return { expected, range: [0.7 * expected, 1.4 * expected + 0.6] };
}

export type ReserveRequest = Pick<
    MemoryRequest,
    | "geometry"
    | "precision"
    | "tensorParallel"
    | "maxNumBatchedTokens"
    | "maxModelLen"
    | "maxNumSeqs"
    | "maxImagePixels"
> & { readonly eager?: boolean };

/**
 * Everything above for one server on one kind of GPU.
 *
 * @example estimateMemory({ geometry: MODEL_SIZES["8B"], precision: "bf16", ... }).loadGiB; // 16.67
 */
export function estimateMemory(request: MemoryRequest): MemoryEstimate {
    const { geometry, precision, bytesPerLinear, tensorParallel } = request;
    const load = loadBytes(
        geometry,
        precision,
        bytesPerLinear,
        tensorParallel,
        request.maxNumBatchedTokens,
    );
    const perToken = kvBytesPerToken(geometry, precision, tensorParallel);
    const reserve = reserveGiB(request);
    const available = request.gpuProgramGiB * request.utilization;
    const room = Math.max(0, available - load / GIB - reserve.expected);
    const surely = Math.max(0, available - load / GIB - reserve.range[1]);
    const oneSequence = (request.maxModelLen * perToken) / GIB;
    const wanted = oneSequence * request.maxNumSeqs;
    return {
        weightsGiB: round(weightBytes(geometry, precision, bytesPerLinear, tensorParallel) / GIB),
        loadGiB: round(load / GIB),
        kvBytesPerToken: perToken,
        kvGiB: round(wanted),
        reserveGiB: round(reserve.expected),
        reserveRangeGiB: [round(reserve.range[0]), round(reserve.range[1])],
        totalGiB: round(load / GIB + reserve.expected + wanted),
        availableGiB: round(available),
        kvRoomGiB: round(room),
        maxModelLen: Math.min(MAX_POSITIONS, Math.floor((room * GIB) / perToken)),
        maxSequences: Math.floor(room / oneSequence),
        fits: wanted <= surely ? "yes" : oneSequence <= room ? "tight" : "no",
    };
}

/**
 * Tensor parallel degrees that a model can be cut into: powers of two that divide the attention
 * heads of both towers. Quantised blocks must not be cut either: an expert's or MLP's share has to
 * be a multiple of 128, which is vLLM's FP8 block and Marlin's smallest tile (30B-A3B in fp8 stops
 * at 2, for example).
 */
export function tensorParallelDegrees(
    geometry: ModelGeometry,
    precision: Precision,
): readonly number[] {
    const intermediate = geometry.moe?.intermediate ?? geometry.intermediate;
    return [1, 2, 4, 8].filter(
        (degree) =>
            geometry.heads % degree === 0 &&
            geometry.vision.heads % degree === 0 &&
            (!isQuantised(precision) || (intermediate / degree) % 128 === 0),
    );
}

function round(value: number): number {
    return Math.round(value * 1000) / 1000;
}
