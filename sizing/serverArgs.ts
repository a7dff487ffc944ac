import { serverDtype, type Precision } from "./precisions";

/** Address and name that the suite finds the server by; both run on the machine's own network. */
export const SERVER_HOST = "127.0.0.1";
export const SERVER_PORT = 8000;

/** Below the server's own default (0.92), which leaves too little for the encoder's peak. */
export const GPU_MEMORY_UTILIZATION = 0.9;

/** The seed of the Instruct models' own generation defaults. */
export const SEED = 3407;

export interface ServerOptions {
    readonly modelId: string;
    readonly precision: Precision;
    readonly computeCapability: number;
    readonly tensorParallel: number;
    readonly maxModelLen: number;
    readonly maxNumSeqs: number;
    readonly maxNumBatchedTokens: number;
    readonly maxImagePixels: number;
    /** The name that requests use. Default: the model's id. */
    readonly servedModelName?: string;
    /** Default: the model's activation type. */
    readonly kvCacheDtype?: "fp8";
    /** No CUDA graphs and no compilation. Default: false. */
    readonly eager?: boolean;
}

/**
 * Arguments of `vllm serve`, the model first. Everything that an answer, the memory or the speed
 * depends on is pinned, since the server's defaults differ between versions and GPUs: batched tokens
 * are 2048 or 8192 by GPU, utilization went from 0.9 to 0.92, and the model's own sampling defaults
 * (temperature 0.7) apply unless `--generation-config vllm` says otherwise. Prefix caching is off
 * because it lets a request's numbers depend on those before it; video is off because it reserves
 * encoder memory that the suite has no use for.
 *
 * The options exist in vLLM 0.31 to 0.33; `--no-enable-prefix-caching` is argparse's negative form
 * of a boolean option.
 */
export function serverArgs(options: ServerOptions): string[] {
    return [
        options.modelId,
        ...["--served-model-name", options.servedModelName ?? options.modelId],
        ...["--host", SERVER_HOST],
        ...["--port", String(SERVER_PORT)],
        ...["--dtype", serverDtype(options.precision, options.computeCapability)],
        ...["--tensor-parallel-size", String(options.tensorParallel)],
        ...["--max-model-len", String(options.maxModelLen)],
        ...["--max-num-seqs", String(options.maxNumSeqs)],
        ...["--max-num-batched-tokens", String(options.maxNumBatchedTokens)],
        ...["--gpu-memory-utilization", String(GPU_MEMORY_UTILIZATION)],
        ...["--limit-mm-per-prompt.video", "0"],
        ...["--mm-processor-kwargs", JSON.stringify({ max_pixels: options.maxImagePixels })],
        ...["--seed", String(SEED)],
        ...["--generation-config", "vllm"],
        "--no-enable-prefix-caching",
        ...(options.kvCacheDtype ? ["--kv-cache-dtype", options.kvCacheDtype] : []),
        ...(options.eager ? ["--enforce-eager"] : []),
    ];
}
