/**
 * What each precision means to the server and to the GPU.
 *
 * Source of the compute capabilities: vLLM's documentation, "Quantization: Supported Hardware" and
 * "FP8 W8A8" (0.32): FP8 runs natively from 8.9, weight-only (Marlin) from 7.5; Marlin's INT4 and
 * INT8 kernels from 7.5; bfloat16 needs 8.0.
 */
export const PRECISIONS = {
    fp32: { bitsPerLinear: 32, minCapability: 7.5, nativeFrom: 7.5 },
    bf16: { bitsPerLinear: 16, minCapability: 8.0, nativeFrom: 8.0 },
    fp16: { bitsPerLinear: 16, minCapability: 7.5, nativeFrom: 7.5 },
    fp8: { bitsPerLinear: 8, minCapability: 7.5, nativeFrom: 8.9 },
    // The known builds are weight-only (W8A16, W4A16): they compute in 16 bit on every GPU.
    int8: { bitsPerLinear: 8, minCapability: 7.5, nativeFrom: 7.5 },
    int4: { bitsPerLinear: 4, minCapability: 7.5, nativeFrom: 7.5 },
} as const satisfies Record<
    string,
    { bitsPerLinear: number; minCapability: number; nativeFrom: number }
>;

export type Precision = keyof typeof PRECISIONS;

export const PRECISION_NAMES = Object.keys(PRECISIONS) as Precision[];

/** True for precisions whose language linears are stored in fewer than 16 bits. */
export function isQuantised(precision: Precision): boolean {
    return PRECISIONS[precision].bitsPerLinear < 16;
}

/** Bytes of one activation, buffer or KV element: quantised weights still compute in 16 bit. */
export function activationBytes(precision: Precision): 2 | 4 {
    return precision === "fp32" ? 4 : 2;
}

/** vLLM's `--dtype` for a precision on a GPU; below compute capability 8.0 there is no bfloat16. */
export function serverDtype(
    precision: Precision,
    computeCapability: number,
): "float32" | "bfloat16" | "float16" {
    if (precision === "fp32") return "float32";
    if (precision === "fp16") return "float16";
    return computeCapability >= 8.0 ? "bfloat16" : "float16";
}
