import { GIB } from "./gib";
import { kvBytesPerToken, loadBytes } from "./memory";
import { MODEL_SIZES } from "./models";
import { activationBytes } from "./precisions";
import { reserveGiB } from "./reserve";
import type { ServerPoint, StoredPoint } from "./points";
import { weightBytes } from "./weights";

/** A figure beside its estimate. */
export interface Compared {
    readonly measured: number;
    readonly estimated: number;
}

/** A figure that is estimated with an interval. */
export interface ComparedInterval extends Compared {
    readonly range: readonly [low: number, high: number];
}

/** A measured server beside what is estimated of it, in GiB of one GPU. */
export interface ComparedServer {
    readonly load: Compared;
    readonly kvBytesPerToken: Compared;
    /** Null where the GPU's memory is not known. */
    readonly whole: ComparedWhole | null;
    /** Nothing but the parameters. */
    readonly weightsOnly: number;
    /**
     * `accelerate estimate-memory`: the parameters' bytes, and "up to an additional 20 %" for
     * inference. Source: https://huggingface.co/docs/accelerate/usage_guides/model_size_estimator.
     */
    readonly accelerate: number;
}

export interface ComparedWhole {
    readonly reserve: ComparedInterval;
    /** All that the server was allowed to take, KV cache included. */
    readonly total: ComparedInterval;
    /** The same without the KV cache, of which `weightsOnly` and `accelerate` know nothing. */
    readonly withoutKv: Compared;
}

/** @example compareServer(SERVER_POINTS[0]).load.estimated; // 4.236 */
export function compareServer(point: ServerPoint): ComparedServer {
    const geometry = MODEL_SIZES[point.size];
    const { precision, options } = point;
    const { tensorParallel, maxNumBatchedTokens } = options;
    const element = activationBytes(precision);
    const load = loadBytes(geometry, precision, element, tensorParallel, maxNumBatchedTokens) / GIB;
    const perToken = kvBytesPerToken(geometry, precision, tensorParallel);
    const weightsOnly = (geometry.parameters * element) / tensorParallel / GIB;
    return {
        load: { measured: point.loadGiB, estimated: load },
        kvBytesPerToken: {
            measured: (point.kvGiB * GIB) / point.kvTokens,
            estimated: perToken,
        },
        whole: compareWhole(point, load, (point.kvTokens * perToken) / GIB),
        weightsOnly,
        accelerate: 1.2 * weightsOnly,
    };
}

function compareWhole(point: ServerPoint, load: number, kv: number): ComparedWhole | null {
    const { precision, options, allowed } = point;
    if (allowed.gpuGiB === null) return null;
    const measured = allowed.gpuGiB * allowed.utilization;
    const { expected, range } = reserveGiB({
        geometry: MODEL_SIZES[point.size],
        precision,
        ...options,
    });
    const withoutKv = measured - point.kvGiB;
    return {
        reserve: { measured: withoutKv - point.loadGiB, estimated: expected, range },
        total: {
            measured,
            estimated: load + kv + expected,
            range: [load + kv + range[0], load + kv + range[1]],
        },
        withoutKv: { measured: withoutKv, estimated: load + expected },
    };
}

/** @example compareStored(STORED_POINTS[0]).estimated; // 8875631616 */
export function compareStored(point: StoredPoint): Compared {
    const { quantity, precision } = point;
    const geometry = MODEL_SIZES[point.size];
    const estimated =
        quantity.kind === "weights"
            ? weightBytes(geometry, precision, quantity.bytesPerLinear, 1)
            : ((quantity.tokens * kvBytesPerToken(geometry, precision, 1)) /
                  activationBytes(precision)) *
              quantity.bytesPerElement;
    return { measured: point.bytes, estimated };
}

/** Error of an estimate in percent; negative: too little. */
export function errorPercent({ measured, estimated }: Compared): number {
    return 100 * (estimated / measured - 1);
}
