import { GIB } from "./gib";
import { IMAGE, type ModelGeometry } from "./models";
import { activationBytes, isQuantised, type Precision } from "./precisions";
import { imageTokensOf, reserveGiB, type Reserve } from "./reserve";
import { kvHeadsPerGpu, loadedBytes, sumBytes, weightBytes, type LoadedBytes } from "./weights";

export { GIB } from "./gib";
export { weightBytes } from "./weights";

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
    /** `--kv-cache-dtype`. Default: `auto`, the model's activation type. */
    readonly kvCacheDtype?: KvCacheDtype;
    /** `--enforce-eager`. Default: false. */
    readonly eager?: boolean;
    /** Whether videos are allowed. Default: false, as the product starts its server. */
    readonly video?: boolean;
}

export type KvCacheDtype = "auto" | "fp8";

/** Memory of one GPU (of each, with tensor parallelism). */
export interface MemoryEstimate {
    readonly weightsGiB: number;
    /** The server's "Model loading took X GiB": weights and its persistent buffers. */
    readonly loadGiB: number;
    /** What `loadGiB` is made of. */
    readonly parts: MemoryParts;
    readonly kvBytesPerToken: number;
    /** KV cache for the wanted context times the wanted sequences. */
    readonly kvGiB: number;
    /** Activation peak, encoder, graphs and runtime: the weak term, see `reserveRangeGiB`. */
    readonly reserveGiB: number;
    readonly reserveRangeGiB: readonly [low: number, high: number];
    /** Load, reserve and wanted KV cache. */
    readonly totalGiB: number;
    readonly totalRangeGiB: readonly [low: number, high: number];
    /** What the server may use: the program's share of the GPU times its utilization. */
    readonly availableGiB: number;
    /** Available less total; negative: so much is missing. */
    readonly leftGiB: number;
    /** KV cache that is expected to be left for use. */
    readonly kvRoomGiB: number;
    /** Longest context of one sequence, expected; 0 when the model does not even load. */
    readonly maxModelLen: number;
    /** Sequences of the wanted context at once, expected. */
    readonly maxSequences: number;
    /** Tokens of the largest image allowed, with its two delimiters. */
    readonly imageTokens: number;
    /**
     * `yes`: also when the reserve is at the high end of its range. `tight`: one sequence of the
     * wanted context is expected to fit, the rest waits its turn. `no`: the server would not start.
     */
    readonly fits: "yes" | "tight" | "no";
}

/** Weights and persistent buffers of one GPU, by part. */
export interface MemoryParts {
    readonly languageLinearsGiB: number;
    readonly visionTowerGiB: number;
    readonly embeddingsGiB: number;
    /** 0 where the head is the embedding table. */
    readonly headGiB: number;
    /** Norms, biases and the router. */
    readonly otherGiB: number;
    /** The table of rotary embeddings. */
    readonly mropeTableGiB: number;
    readonly deepStackGiB: number;
}

/**
 * What the server reports as "Model loading took", in bytes: weights, the MRoPE table and the
 * DeepStack buffers. Within 0.2 % of nine public logs (`points.ts`).
 *
 * @example loadBytes(MODEL_SIZES["8B"], "bf16", 2, 1, 2048) / GIB; // 16.63
 */
export function loadBytes(
    geometry: ModelGeometry,
    precision: Precision,
    bytesPerLinear: number,
    tensorParallel: number,
    maxNumBatchedTokens: number,
): number {
    const layout = { geometry, precision, bytesPerLinear, tensorParallel };
    return sumBytes(loadedBytes(layout, maxNumBatchedTokens));
}

/**
 * KV cache of one token on one GPU in bytes: key and value, each layer, each KV head of this GPU. The
 * cache has the model's activation type, also with quantised weights, unless `--kv-cache-dtype fp8`
 * says otherwise.
 *
 * @example kvBytesPerToken(MODEL_SIZES["8B"], "bf16", 1); // 147456
 */
export function kvBytesPerToken(
    geometry: ModelGeometry,
    precision: Precision,
    tensorParallel: number,
    kvCacheDtype: KvCacheDtype = "auto",
): number {
    const element = kvCacheDtype === "fp8" ? 1 : activationBytes(precision);
    const heads = kvHeadsPerGpu(geometry, tensorParallel);
    return 2 * geometry.layers * heads * geometry.headDimension * element;
}

/**
 * Visual tokens of a Qwen3-VL image of so many pixels, without its two delimiters.
 *
 * @example imageTokens(4096 * 4096); // 16384
 */
export function imageTokens(pixels: number): number {
    return Math.ceil(pixels / IMAGE.pixelsPerToken);
}

/**
 * Everything above for one server on one kind of GPU. `MEMORY_FORMULAS` has the source of each
 * number.
 *
 * @example estimateMemory({ geometry: MODEL_SIZES["8B"], precision: "bf16", ... }).loadGiB; // 16.674
 */
export function estimateMemory(request: MemoryRequest): MemoryEstimate {
    const { geometry, precision, bytesPerLinear, tensorParallel } = request;
    const loaded = loadedBytes(request, request.maxNumBatchedTokens);
    const loadGiB = sumBytes(loaded) / GIB;
    const perToken = kvBytesPerToken(geometry, precision, tensorParallel, request.kvCacheDtype);
    const reserve = reserveGiB(request);
    const availableGiB = request.gpuProgramGiB * request.utilization;
    const oneSequenceGiB = (request.maxModelLen * perToken) / GIB;
    const wantedGiB = oneSequenceGiB * request.maxNumSeqs;
    const roomGiB = Math.max(0, availableGiB - loadGiB - reserve.expected);
    const totalGiB = loadGiB + reserve.expected + wantedGiB;
    return {
        weightsGiB: round(weightBytes(geometry, precision, bytesPerLinear, tensorParallel) / GIB),
        loadGiB: round(loadGiB),
        parts: partsGiB(loaded),
        kvBytesPerToken: perToken,
        kvGiB: round(wantedGiB),
        reserveGiB: round(reserve.expected),
        reserveRangeGiB: [round(reserve.range[0]), round(reserve.range[1])],
        totalGiB: round(totalGiB),
        totalRangeGiB: [
            round(loadGiB + wantedGiB + reserve.range[0]),
            round(loadGiB + wantedGiB + reserve.range[1]),
        ],
        availableGiB: round(availableGiB),
        leftGiB: round(availableGiB - totalGiB),
        kvRoomGiB: round(roomGiB),
        maxModelLen: Math.min(geometry.maxPositions, Math.floor((roomGiB * GIB) / perToken)),
        maxSequences: Math.floor(roomGiB / oneSequenceGiB),
        imageTokens: imageTokensOf(geometry, request.maxImagePixels) + IMAGE.extraTokens,
        fits: fits({ loadGiB, availableGiB, oneSequenceGiB, wantedGiB, reserve }),
    };
}

function fits(needs: {
    loadGiB: number;
    availableGiB: number;
    oneSequenceGiB: number;
    wantedGiB: number;
    reserve: Reserve;
}): MemoryEstimate["fits"] {
    const { availableGiB, loadGiB, reserve } = needs;
    if (needs.wantedGiB <= availableGiB - loadGiB - reserve.range[1]) return "yes";
    return needs.oneSequenceGiB <= availableGiB - loadGiB - reserve.expected ? "tight" : "no";
}

function partsGiB(loaded: LoadedBytes): MemoryParts {
    return {
        languageLinearsGiB: round(loaded.languageLinears / GIB),
        visionTowerGiB: round(loaded.visionTower / GIB),
        embeddingsGiB: round(loaded.embeddings / GIB),
        headGiB: round(loaded.head / GIB),
        otherGiB: round(loaded.other / GIB),
        mropeTableGiB: round(loaded.mropeTable / GIB),
        deepStackGiB: round(loaded.deepStack / GIB),
    };
}

/**
 * Tensor parallel degrees that a model can be cut into: powers of two that divide the attention
 * heads of both towers, and the KV heads or are divided by them. Quantised blocks must not be cut either: an expert's or MLP's share has to
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
            (geometry.kvHeads % degree === 0 || degree % geometry.kvHeads === 0) &&
            (!isQuantised(precision) || (intermediate / degree) % 128 === 0),
    );
}

function round(value: number): number {
    return Math.round(value * 1000) / 1000;
}
