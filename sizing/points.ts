import type { ModelSize } from "./models";
import type { Precision } from "./precisions";
import type { ReserveRequest } from "./reserve";

/**
 * Memory that others measured and published, to judge the estimate by. Figures are those of the log or
 * file named as source; "GitHub file index N" is a file of a public GitHub repository in an index that
 * gives neither repository nor path. Options that a log does not show are vLLM's defaults: 256
 * sequences (1,024 on cards of 70 GiB and more that are no A100), images up to 16,777,216 pixels, and
 * videos allowed.
 */
export interface ServerPoint {
    readonly id: string;
    readonly what: string;
    readonly size: ModelSize;
    readonly precision: Precision;
    readonly options: Omit<ReserveRequest, "geometry" | "precision">;
    /** "Model loading took X GiB". */
    readonly loadGiB: number;
    /** "Available KV cache memory: X GiB" and "GPU KV cache size: N tokens". */
    readonly kvGiB: number;
    readonly kvTokens: number;
    /** What the server was allowed: the GPU's total and `--gpu-memory-utilization`. */
    readonly allowed: {
        /** Null: it cannot be known. */
        readonly gpuGiB: number | null;
        /** True: what other logs say of such a card. */
        readonly gpuAssumed: boolean;
        readonly utilization: number;
    };
    readonly source: string;
}

/** A figure that needs no running server: a file, or a KV cache of another engine. */
export interface StoredPoint {
    readonly id: string;
    readonly what: string;
    readonly size: ModelSize;
    readonly precision: Precision;
    /** Which estimate it is compared with. */
    readonly quantity:
        | { readonly kind: "weights"; readonly bytesPerLinear: number }
        | { readonly kind: "kv"; readonly tokens: number; readonly bytesPerElement: number };
    readonly bytes: number;
    readonly source: string;
}

const DEFAULTS = {
    tensorParallel: 1,
    maxNumBatchedTokens: 2048,
    maxNumSeqs: 256,
    maxImagePixels: 16_777_216,
    video: true,
} as const;

export const SERVER_POINTS: readonly ServerPoint[] = [
    {
        id: "P01",
        what: "2B on an RTX 5070 Ti, vLLM 0.20.2, eager",
        size: "2B",
        precision: "bf16",
        options: { ...DEFAULTS, maxModelLen: 2048, maxNumSeqs: 1, eager: true },
        loadGiB: 4.24,
        kvGiB: 8.13,
        kvTokens: 76_144,
        allowed: { gpuGiB: 15.46, gpuAssumed: true, utilization: 0.9 },
        source: "README of LLM-PBoC-Credit-Risk, GitHub file index 60263045551",
    },
    {
        id: "P06",
        what: "8B (LoRA merged) on an RTX 4090, vLLM of August 2026",
        size: "8B",
        precision: "bf16",
        options: { ...DEFAULTS, maxModelLen: 32_768 },
        loadGiB: 16.65,
        kvGiB: 1.96,
        // The refusal: "the estimated maximum model length is 14272".
        kvTokens: 14_272,
        allowed: { gpuGiB: 23.52, gpuAssumed: false, utilization: 0.9 },
        source: "GitHub file index 59570120343",
    },
    {
        id: "P08",
        what: "8B on a Jetson Thor, vLLM 0.11.3, eager",
        size: "8B",
        precision: "bf16",
        options: { ...DEFAULTS, maxModelLen: 2048, eager: true },
        loadGiB: 16.6397,
        kvGiB: 40.48,
        kvTokens: 294_752,
        allowed: { gpuGiB: 122, gpuAssumed: true, utilization: 0.5 },
        source: "GitHub file index 63184065436",
    },
    {
        id: "P09",
        what: "8B on a 48 GB card, vLLM of April 2026, eager, images to 1 Mpx",
        size: "8B",
        precision: "bf16",
        options: {
            ...DEFAULTS,
            maxNumBatchedTokens: 8192,
            maxModelLen: 4096,
            maxNumSeqs: 5,
            maxImagePixels: 1_003_520,
            eager: true,
            video: false,
        },
        loadGiB: 16.78,
        kvGiB: 22.46,
        kvTokens: 163_568,
        allowed: { gpuGiB: 47.4, gpuAssumed: true, utilization: 0.85 },
        source: "GitHub file index 56336202239",
    },
    {
        id: "P10",
        what: "8B geometry (Cosmos3-Nano) on ROCm, vLLM 0.22, eager",
        size: "8B",
        precision: "fp16",
        options: {
            ...DEFAULTS,
            maxNumBatchedTokens: 8192,
            maxModelLen: 8192,
            maxNumSeqs: 1,
            maxImagePixels: 262_144,
            eager: true,
        },
        loadGiB: 16.78,
        kvGiB: 72.12,
        kvTokens: 525_136,
        allowed: { gpuGiB: null, gpuAssumed: false, utilization: 0.75 },
        source: "GitHub file index 55947081838",
    },
    {
        id: "P11",
        what: "the same machine, 16,384 batched tokens",
        size: "8B",
        precision: "fp16",
        options: {
            ...DEFAULTS,
            maxNumBatchedTokens: 16_384,
            maxModelLen: 81_920,
            maxNumSeqs: 1,
            maxImagePixels: 262_144,
            eager: true,
        },
        loadGiB: 16.97,
        kvGiB: 41.18,
        kvTokens: 299_856,
        allowed: { gpuGiB: null, gpuAssumed: false, utilization: 0.5 },
        source: "GitHub file index 55947081838",
    },
    {
        id: "P12",
        what: "30B-A3B geometry on an H100 NVL, vLLM 0.13",
        size: "30B-A3B",
        precision: "bf16",
        options: {
            ...DEFAULTS,
            maxNumBatchedTokens: 8192,
            maxModelLen: 8192,
            maxNumSeqs: 1024,
        },
        loadGiB: 58.2299,
        kvGiB: 19.4,
        kvTokens: 211_936,
        allowed: { gpuGiB: 93.1, gpuAssumed: true, utilization: 0.9 },
        source: "GitHub file index 67592774702",
    },
    {
        id: "P13",
        what: "30B-A3B on four RTX 3090, vLLM 0.11",
        size: "30B-A3B",
        precision: "bf16",
        options: { ...DEFAULTS, tensorParallel: 4, maxModelLen: 65_536 },
        loadGiB: 14.7708,
        kvGiB: 2.31,
        kvTokens: 100_752,
        allowed: { gpuGiB: 23.56, gpuAssumed: true, utilization: 0.9 },
        source: "NanoKVM-Pro documentation, GitHub file index 42588844709",
    },
];

export const STORED_POINTS: readonly StoredPoint[] = [
    {
        id: "W01",
        what: "4B, bytes of all tensors",
        size: "4B",
        precision: "bf16",
        quantity: { kind: "weights", bytesPerLinear: 2 },
        bytes: 8_875_631_616,
        source: "index of the checkpoint, GitHub file index 57479162165",
    },
    {
        id: "W02",
        what: "8B, bytes of all tensors",
        size: "8B",
        precision: "bf16",
        quantity: { kind: "weights", bytesPerLinear: 2 },
        bytes: 17_534_247_392,
        source: "index of the checkpoint, GitHub file index 56940673981",
    },
    {
        id: "W03",
        what: "32B, bytes of all tensors",
        size: "32B",
        precision: "bf16",
        quantity: { kind: "weights", bytesPerLinear: 2 },
        bytes: 66_714_780_128,
        source: "index of the checkpoint, GitHub file index 57372990599",
    },
    {
        id: "W04",
        what: "2B, two bytes of each parameter",
        size: "2B",
        precision: "bf16",
        quantity: { kind: "weights", bytesPerLinear: 2 },
        bytes: 2 * 2_127_532_032,
        source: "parameter count, GitHub file index 70815101304",
    },
    {
        id: "W06",
        what: "8B in NVFP4 (4 bit, groups of 16 with an 8-bit scale)",
        size: "8B",
        precision: "int4",
        quantity: { kind: "weights", bytesPerLinear: (4 + 8 / 16) / 8 },
        bytes: 7.04 * 2 ** 30,
        source: "https://huggingface.co/mbehr90/Qwen3-VL-8B-Instruct-fp8",
    },
    {
        id: "L01",
        what: "8B, KV cache of 16,384 tokens in llama.cpp's q8_0",
        size: "8B",
        precision: "bf16",
        // q8_0 stores 32 numbers in 34 bytes.
        quantity: { kind: "kv", tokens: 16_384, bytesPerElement: 34 / 32 },
        bytes: 1224 * 2 ** 20,
        source: "https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1176",
    },
];
