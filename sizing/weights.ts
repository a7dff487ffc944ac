import type { ModelGeometry } from "./models";
import { activationBytes, type Precision } from "./precisions";

/** What one GPU holds once the server has loaded the model, in bytes. */
export interface LoadedBytes {
    readonly languageLinears: number;
    readonly visionTower: number;
    readonly embeddings: number;
    readonly head: number;
    /** Norms, biases, and the router of a mixture of experts. */
    readonly other: number;
    readonly mropeTable: number;
    readonly deepStack: number;
}

/** How the weights are stored and cut. */
export interface WeightLayout {
    readonly geometry: ModelGeometry;
    readonly precision: Precision;
    /** Bytes of one parameter of a language linear; everything else has 16 bit, or 32 for fp32. */
    readonly bytesPerLinear: number;
    /** GPUs that share the model. */
    readonly tensorParallel: number;
}

/**
 * What one GPU holds after loading, by part: the server's "Model loading took X GiB".
 *
 * With tensor parallelism vLLM splits the linears, the embedding table and the head, and copies to
 * each GPU the norms, the router (`ReplicatedLinear`), the tower's patch and position embeddings, the
 * biases of row-parallel linears, KV heads that are fewer than the GPUs (`QKVParallelLinear`), the
 * MRoPE table and the DeepStack buffers. Source: vLLM 0.33, `qwen3_vl.py`, `qwen3_vl_moe.py`,
 * `qwen3_moe.py`, `layers/linear.py` and `rotary_embedding/mrope.py`; with four GPUs it meets the
 * 14.7708 GiB of a public log to 0.03 % (`points.ts`).
 *
 * @param maxNumBatchedTokens `--max-num-batched-tokens`.
 * @example loadedBytes({ geometry: MODEL_SIZES["8B"], precision: "bf16", bytesPerLinear: 2, tensorParallel: 1 }, 2048).mropeTable; // 268435456
 */
export function loadedBytes(layout: WeightLayout, maxNumBatchedTokens: number): LoadedBytes {
    const { geometry, tensorParallel } = layout;
    const { hidden, vision } = geometry;
    const element = activationBytes(layout.precision);
    const table = geometry.vocabulary * hidden;
    const copied = copiedVisionParameters(geometry);
    return {
        languageLinears: linearParameters(geometry, tensorParallel) * layout.bytesPerLinear,
        visionTower: ((vision.parameters - copied) / tensorParallel + copied) * element,
        embeddings: (table / tensorParallel) * element,
        head: geometry.tiedEmbeddings ? 0 : (table / tensorParallel) * element,
        other: otherParameters(geometry) * element,
        mropeTable: geometry.ropeTablePositions * geometry.headDimension * element,
        deepStack: vision.deepStackLevels * maxNumBatchedTokens * hidden * element,
    };
}

/**
 * Weights on one GPU in bytes, without the server's buffers.
 *
 * @example weightBytes(MODEL_SIZES["8B"], "bf16", 2, 1); // 17534247392
 */
export function weightBytes(
    geometry: ModelGeometry,
    precision: Precision,
    bytesPerLinear: number,
    tensorParallel: number,
): number {
    const parts = loadedBytes({ geometry, precision, bytesPerLinear, tensorParallel }, 0);
    return sumBytes(parts) - parts.mropeTable;
}

export function sumBytes(parts: LoadedBytes): number {
    return Object.values(parts).reduce((sum: number, bytes: number) => sum + bytes, 0);
}

/** Parameters that are neither linears of the language model, nor tower, embedding table or head. */
export function otherParameters(geometry: ModelGeometry): number {
    const tables = geometry.tiedEmbeddings ? 1 : 2;
    return (
        geometry.parameters -
        geometry.languageLinearParameters -
        geometry.vision.parameters -
        tables * geometry.vocabulary * geometry.hidden
    );
}

/** KV heads that one GPU holds: at least one, copied where there are more GPUs than heads. */
export function kvHeadsPerGpu(geometry: ModelGeometry, tensorParallel: number): number {
    return Math.max(1, geometry.kvHeads / tensorParallel);
}

function linearParameters(geometry: ModelGeometry, tensorParallel: number): number {
    const oneKvHead = 2 * geometry.layers * geometry.hidden * geometry.headDimension;
    const split = geometry.languageLinearParameters - geometry.kvHeads * oneKvHead;
    return split / tensorParallel + kvHeadsPerGpu(geometry, tensorParallel) * oneKvHead;
}

/**
 * Patch embedding with its bias, position embeddings, two norms a block (weight and bias), and the
 * two biases a block that follow a row-parallel linear. The mergers' few norms are left out: under
 * 0.01 % of any size.
 */
function copiedVisionParameters({ vision }: ModelGeometry): number {
    const { hidden, depth, patchElements, positionEmbeddings } = vision;
    return hidden * (patchElements + 1 + positionEmbeddings + 6 * depth);
}
