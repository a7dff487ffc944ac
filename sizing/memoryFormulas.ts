import type { MemoryEstimate, MemoryParts } from "./memory";

/** How a figure of the estimate comes about, and where that is written. */
export interface Formula {
    readonly formula: string;
    readonly source: string;
}

const VLLM = "vLLM 0.33";
const MODELS = `${VLLM}, model_executor/models`;
const LAYERS = `${VLLM}, model_executor/layers`;
const WORKER = `${VLLM}, v1/worker`;
const OURS = "by definition";

/**
 * The formula of every figure, per GPU. `e` is the bytes of an activation (4 for fp32, else 2), `TP`
 * the GPUs that share the model.
 */
export const MEMORY_FORMULAS: Readonly<
    Record<keyof MemoryParts | Exclude<keyof MemoryEstimate, "parts">, Formula>
> = {
    languageLinearsGiB: {
        formula:
            "bytes per linear x (parameters of the linears without keys and values / TP + key and value parameters x max(1, KV heads / TP) / KV heads)",
        source: `${LAYERS}/linear.py (QKVParallelLinear copies KV heads); bytes per linear from the build's layout, sizing/models.ts`,
    },
    visionTowerGiB: {
        formula:
            "e x ((tower - copied) / TP + copied); copied: patch and position embeddings, norms, biases of row-parallel linears",
        source: `${MODELS}/qwen3_vl.py (Qwen3_VisionTransformer)`,
    },
    embeddingsGiB: {
        formula: "e x vocabulary x hidden / TP",
        source: `${LAYERS}/vocab_parallel_embedding.py`,
    },
    headGiB: {
        formula: "as the embeddings, or 0 where the model ties the two (2B, 4B)",
        source: `${MODELS}/qwen3.py; tie_word_embeddings of the model's config.json`,
    },
    otherGiB: {
        formula: "e x (norms + biases + router), on every GPU",
        source: `${MODELS}/qwen3_moe.py (ReplicatedLinear gate)`,
    },
    mropeTableGiB: {
        formula: "e x 4 x positions (262,144) x head dimension, on every GPU",
        source: `${LAYERS}/rotary_embedding/mrope.py (positions_factor)`,
    },
    deepStackGiB: {
        formula: "e x 3 levels x max_num_batched_tokens x hidden, on every GPU",
        source: `${MODELS}/qwen3_vl.py (deepstack_input_embeds)`,
    },
    weightsGiB: {
        formula: "linears + tower + embeddings + head + other",
        source: "total_size of each model.safetensors.index.json, to the byte for 2B to 32B",
    },
    loadGiB: {
        formula: "weights + MRoPE table + DeepStack buffers",
        source: `"Model loading took X GiB", ${WORKER}/gpu_model_runner.py`,
    },
    kvBytesPerToken: {
        formula: "2 x layers x max(1, KV heads / TP) x head dimension x (e, or 1 for an fp8 cache)",
        source: `${VLLM}, v1/kv_cache_interface.py (AttentionSpec)`,
    },
    kvGiB: { formula: "KV bytes per token x max_model_len x max_num_seqs", source: OURS },
    reserveGiB: {
        formula:
            "runtime + CUDA graphs + max(encoder, kept encoder output + max(language model, sampler))",
        source: `${WORKER}/gpu_model_runner.py (profile_run, profile_cudagraph_memory), v1/worker/gpu_worker.py (determine_available_memory), multimodal/encoder_budget.py; constants from public logs, sizing/reserve.ts`,
    },
    reserveRangeGiB: {
        formula:
            "runtime and graphs x 0.5 to 1.6, activations x 0.8 to 1.2, the sampler with 14 to 38 bytes a logit; with video up to 153,600 tokens of kept output",
        source: "the spread of the measured points below; https://github.com/vllm-project/vllm/issues/27992",
    },
    totalGiB: { formula: "load + reserve + KV cache", source: OURS },
    totalRangeGiB: { formula: "load + range of the reserve + KV cache", source: OURS },
    availableGiB: {
        formula: "what a program is offered x gpu_memory_utilization",
        source: `${WORKER}/utils.py (request_memory)`,
    },
    leftGiB: { formula: "available - total", source: OURS },
    kvRoomGiB: {
        formula: "available - load - reserve, at least 0",
        source: `${WORKER}/gpu_worker.py (available_kv_cache_memory_bytes)`,
    },
    maxModelLen: {
        formula: "KV room / KV bytes per token, at most the model's positions",
        source: '"the estimated maximum model length is N", vLLM\'s refusal; 14,272 as in point P06',
    },
    maxSequences: {
        formula: "KV room / KV cache of one sequence of max_model_len",
        source: '"Maximum concurrency for L tokens per request", vLLM\'s log',
    },
    imageTokens: {
        formula: "pixels / 1,024 + 2 delimiters (patches of 16 x 16, four merged into a token)",
        source: "Qwen3-VL's preprocessor_config.json; qwen_vl_utils",
    },
    fits: {
        formula:
            "yes: total at the high end of the reserve is available; tight: one full-length sequence is, as expected; no: not that",
        source: OURS,
    },
};
