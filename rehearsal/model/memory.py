"""What vLLM takes of a GPU for a model and its options, and where that stops fitting.

Load = bytes of the weights / TP + the MRoPE table + the DeepStack buffers; it agrees with public
logs to 0.3 %. The reserve (context, activations, encoder, CUDA graphs) is fitted to public logs:
1.54 GiB (2B, eager) and 2.56 GiB (8B) are met within 0.6 GiB, 6.2 GiB of a mixture of experts is
missed by half.
"""

import math
from typing import Any, Dict, NamedTuple

from machine import Machine
from options import ServeOptions
from sizes import DEEPSTACK_LEVELS, MAX_POSITIONS, SIZES, VOCABULARY, ModelIdentity, SizeGeometry

GIB = 2**30
BLOCK_TOKENS = 16
MROPE_TABLE_BYTES = 268_435_456
MAX_IMAGE_PIXELS = 16_777_216
MIN_IMAGE_PIXELS = 65_536
VIDEO_BUDGET_TOKENS = 153_600
PIXELS_PER_TOKEN = 1024
CONTEXT_BYTES = int(0.55 * GIB)
GRAPH_BYTES = int(0.5 * GIB)
GRAPH_BYTES_PER_SEQUENCE = int(1.0 * 2**20)
LARGE_GPU_BYTES = 70 * GIB
# bytes a quantised parameter: fp8 has a scale a 128 x 128 block, int4 and int8 one a group of 128
WEIGHT_BYTES = {"fp8": 1 + 4 / 128**2, "int4": 0.5 + 2.5 / 128, "int8": 1 + 2 / 128}
ONLINE_QUANTIZATION = {"fp8": "fp8", "bitsandbytes": "int4", "experts_int8": "int8"}


class StartError(Exception):
    """vLLM's engine does not start; the text is the last line of its traceback."""


class Settings(NamedTuple):
    """The options that matter for memory and requests, with vLLM's defaults filled in."""

    identity: ModelIdentity
    geometry: SizeGeometry
    weights: str
    dtype: str
    tensor_parallel: int
    max_model_len: int
    """-1: as long as fits."""
    max_num_seqs: int
    max_num_batched_tokens: int
    utilization: float
    kv_dtype_bytes: float
    eager: bool
    image_limit: int
    video_limit: int
    min_pixels: int
    max_pixels: int

    @property
    def dtype_bytes(self) -> int:
        return 4 if self.dtype == "float32" else 2

    @property
    def image_tokens(self) -> int:
        """Tokens of the biggest image: pixels / 1024, and the two that mark its ends."""
        return self.max_pixels // PIXELS_PER_TOKEN + 2


class MemoryReport(NamedTuple):
    """Bytes on each GPU, and what is left for the KV cache."""

    load_bytes: int
    encoder_budget_tokens: int
    peak_bytes: int
    graph_bytes: int
    kv_bytes: int
    kv_bytes_per_token: float
    kv_tokens: int
    max_model_len: int

    @property
    def concurrency(self) -> float:
        """How many requests of the longest length fit at the same time."""
        return self.kv_tokens / self.max_model_len


def read_settings(options: ServeOptions, identity: ModelIdentity, machine: Machine) -> Settings:
    """Fill in vLLM's defaults for this machine. Raises StartError for what vLLM refuses."""
    large = machine.gpu_bytes >= LARGE_GPU_BYTES and "A100" not in machine.gpu_name
    geometry = SIZES[identity.size]
    limits = _limits_of(options.get("limit-mm-per-prompt", {}))
    pixels = pixel_bounds(options.get("mm-processor-kwargs", {}))
    max_model_len = options.get("max-model-len", MAX_POSITIONS)
    max_num_seqs = options.get("max-num-seqs", 1024 if large else 256)
    batched = options.get("max-num-batched-tokens", max(8192 if large else 2048, max_num_seqs))
    kv_bytes = 1 if str(options.get("kv-cache-dtype", "auto")).startswith("fp8") else 2
    settings = Settings(
        identity=identity,
        geometry=geometry,
        weights=_weights_of(options, identity),
        dtype=_dtype_of(options, machine),
        tensor_parallel=options.get("tensor-parallel-size", 1),
        max_model_len=max_model_len,
        max_num_seqs=max_num_seqs,
        max_num_batched_tokens=batched,
        utilization=options.get("gpu-memory-utilization", 0.92),
        kv_dtype_bytes=kv_bytes,
        eager=bool(options.get("enforce-eager", False)),
        image_limit=0 if options.get("language-model-only") else limits.get("image", 999),
        video_limit=0 if options.get("language-model-only") else limits.get("video", 999),
        min_pixels=pixels["min_pixels"],
        max_pixels=pixels["max_pixels"],
    )
    if settings.dtype == "float32" and kv_bytes == 2:
        settings = settings._replace(kv_dtype_bytes=4)
    _check_settings(settings, machine, bool(options.get("disable-chunked-mm-input")))
    return settings


def pixel_bounds(kwargs: Dict[str, Any]) -> Dict[str, int]:
    """min_pixels and max_pixels of an mm_processor_kwargs, in both of the processor's spellings."""
    size = kwargs.get("size") or {}
    return {
        "min_pixels": int(
            kwargs.get("min_pixels") or size.get("shortest_edge") or MIN_IMAGE_PIXELS
        ),
        "max_pixels": int(kwargs.get("max_pixels") or size.get("longest_edge") or MAX_IMAGE_PIXELS),
    }


def estimate_memory(settings: Settings, machine: Machine) -> MemoryReport:
    """Bytes on each GPU, whether they fit or not; kv_bytes is negative when they do not."""
    geometry, tp = settings.geometry, settings.tensor_parallel
    load = load_bytes(settings)
    budget = encoder_budget_tokens(settings)
    peak = CONTEXT_BYTES + max(_language_peak(settings), _vision_peak(settings, budget))
    if tp > 1:
        peak += GIB // 2  # NCCL's buffers
    peak += budget * (1 + DEEPSTACK_LEVELS) * geometry.hidden * settings.dtype_bytes
    peak += settings.max_num_seqs * VOCABULARY * 4 * 2 // tp
    graphs = 0
    if not settings.eager:
        graphs = GRAPH_BYTES + GRAPH_BYTES_PER_SEQUENCE * min(settings.max_num_seqs, 512)
    kv = int(machine.gpu_bytes * settings.utilization) - load - peak - graphs
    kv_heads = max(1, geometry.kv_heads // tp)
    per_token = 2 * geometry.layers * kv_heads * geometry.head_dim * settings.kv_dtype_bytes
    tokens = max(0, int(kv // (per_token * BLOCK_TOKENS))) * BLOCK_TOKENS
    length = settings.max_model_len
    if length == -1:
        length = min(MAX_POSITIONS, tokens)
    return MemoryReport(load, budget, peak, graphs, kv, per_token, tokens, length)


def load_bytes(settings: Settings) -> int:
    """What `Model loading took` says, on each GPU."""
    geometry = settings.geometry
    if settings.weights == "plain":
        weights = settings.dtype_bytes * geometry.params_total
    else:
        rest = geometry.params_total - geometry.params_linear
        weights = int(2 * rest + WEIGHT_BYTES[settings.weights] * geometry.params_linear)
    deepstack = DEEPSTACK_LEVELS * settings.max_num_batched_tokens * geometry.hidden
    deepstack *= settings.dtype_bytes
    mrope = MROPE_TABLE_BYTES * settings.dtype_bytes // 2
    return weights // settings.tensor_parallel + mrope + deepstack


def encoder_budget_tokens(settings: Settings) -> int:
    """Tokens of the encoder cache: a batch, or the biggest image or video where that is more."""
    items = [0]
    if settings.image_limit:
        items.append(settings.image_tokens - 2)
    if settings.video_limit:
        length = settings.max_model_len if settings.max_model_len > 0 else MAX_POSITIONS
        items.append(min(VIDEO_BUDGET_TOKENS, length))
    biggest = max(items)
    return max(settings.max_num_batched_tokens, biggest) if biggest else 0


def check_fit(settings: Settings, report: MemoryReport, machine: Machine) -> None:
    """Raise StartError, with vLLM's words, at the first thing that does not fit."""
    if report.kv_bytes <= 0 or report.kv_tokens == 0:
        raise StartError(
            "ValueError: No available memory for the cache blocks. Try increasing "
            "`gpu_memory_utilization` when initializing the engine."
        )
    needed_blocks = math.ceil(report.max_model_len / BLOCK_TOKENS)
    needed = needed_blocks * BLOCK_TOKENS * report.kv_bytes_per_token
    if needed > report.kv_bytes:
        raise StartError(
            "ValueError: To serve at least one request with the models's max seq len"
            f" ({report.max_model_len}), ({needed / GIB:.2f} GiB KV cache is needed, which is"
            f" larger than the available KV cache memory ({report.kv_bytes / GIB:.2f} GiB). Based"
            f" on the available memory, the estimated maximum model length is {report.kv_tokens}."
            " Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when"
            " initializing the engine."
        )


def out_of_memory(asked: int, allocated: int, machine: Machine) -> str:
    """torch's sentence for an allocation of `asked` bytes with `allocated` bytes taken already."""
    total = machine.gpu_bytes
    in_use = min(total - 20 * 2**20, allocated + CONTEXT_BYTES)
    return (
        f"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate {_amount(asked)}. GPU 0 has"
        f" a total capacity of {total / GIB:.2f} GiB of which {_amount(total - in_use)} is free."
        f" Including non-PyTorch memory, this process has {in_use / GIB:.2f} GiB memory in use. Of"
        f" the allocated memory {(in_use - CONTEXT_BYTES) / GIB:.2f} GiB is allocated by PyTorch,"
        " and 18.45 MiB is reserved by PyTorch but unallocated. If reserved but unallocated memory"
        " is large try setting PYTORCH_ALLOC_CONF=expandable_segments:True to avoid fragmentation."
    )


def _amount(size: int) -> str:
    return f"{size / GIB:.2f} GiB" if size >= GIB else f"{size / 2**20:.2f} MiB"


def _language_peak(settings: Settings) -> int:
    geometry = settings.geometry
    a_token = geometry.hidden * 8 + geometry.intermediate * 3 // settings.tensor_parallel
    if geometry.experts_per_token:
        width = 2 * geometry.moe_intermediate + geometry.hidden
        a_token += geometry.experts_per_token * width * 4
    return settings.max_num_batched_tokens * a_token * settings.dtype_bytes // 2


def _vision_peak(settings: Settings, budget: int) -> int:
    geometry = settings.geometry
    a_patch = geometry.vision_hidden * 6 + geometry.vision_intermediate * 2
    tokens = min(budget, settings.image_tokens) if settings.image_limit else 0
    if settings.video_limit:
        tokens = max(tokens, min(budget, 3 * 16384))
    return tokens * 4 * a_patch * settings.dtype_bytes // 2


def _limits_of(raw: Any) -> Dict[str, int]:
    if not isinstance(raw, dict):
        raise StartError(f"ValueError: limit_mm_per_prompt must be an object, got {raw!r}")
    limits = {}
    for modality, limit in raw.items():
        count = limit.get("count", 999) if isinstance(limit, dict) else limit
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise StartError(
                f"ValueError: limit_mm_per_prompt.{modality}: Input should be greater than or equal"
                " to 0"
            )
        limits[modality] = count
    return limits


def _weights_of(options: ServeOptions, identity: ModelIdentity) -> str:
    asked = options.get("quantization")
    if asked is None:
        return identity.weights
    if identity.method is None:
        if asked in ONLINE_QUANTIZATION:
            return ONLINE_QUANTIZATION[asked]
        raise StartError(f"ValueError: Cannot find the config file for {asked}")
    if asked.split("_marlin")[0] != identity.method:
        raise StartError(
            f"ValueError: Quantization method specified in the model config ({identity.method})"
            " does not match the quantization method specified in the `quantization` argument"
            f" ({asked})."
        )
    return identity.weights


def _dtype_of(options: ServeOptions, machine: Machine) -> str:
    asked = options.get("dtype", "auto")
    named = {"half": "float16", "float": "float32"}.get(asked, asked)
    if machine.compute_capability >= 8.0:
        return "bfloat16" if named == "auto" else named
    if named == "bfloat16":
        raise StartError(
            "ValueError: Bfloat16 is only supported on GPUs with compute capability of at least"
            f" 8.0. Your {machine.gpu_name} GPU has compute capability"
            f" {machine.compute_capability}. You can use float16 instead by explicitly setting the"
            " `dtype` flag in CLI, for example: --dtype=half."
        )
    return "float16" if named == "auto" else named


def _check_settings(settings: Settings, machine: Machine, whole_images: bool) -> None:
    geometry, tp = settings.geometry, settings.tensor_parallel
    if tp < 1:
        raise StartError(
            "ValueError: tensor_parallel_size: Input should be greater than or equal to 1"
        )
    if tp > machine.gpu_count:
        raise StartError(
            f"ValueError: World size ({tp}) is larger than the number of available GPUs "
            f"({machine.gpu_count}) in this node."
        )
    if geometry.attention_heads % tp:
        raise StartError(
            f"ValueError: Total number of attention heads ({geometry.attention_heads}) must be"
            f" divisible by tensor parallel size ({tp})."
        )
    if settings.weights == "fp8" and settings.identity.method == "fp8":
        width = (geometry.moe_intermediate or geometry.intermediate) // tp
        if width % 128:
            raise StartError(
                f"ValueError: The output_size of gate's and up's weight = {width} is not divisible"
                " by weight quantization block_n = 128."
            )
    if not 0 < settings.utilization <= 1:
        raise StartError(
            "ValueError: gpu_memory_utilization: Input should be greater than 0, at most 1"
        )
    if settings.max_num_seqs < 1 or settings.max_num_batched_tokens < 1:
        raise StartError("ValueError: max_num_seqs and max_num_batched_tokens must be at least 1")
    if settings.max_num_batched_tokens < settings.max_num_seqs:
        raise StartError(
            f"ValueError: max_num_batched_tokens ({settings.max_num_batched_tokens}) must be"
            f" greater than or equal to max_num_seqs ({settings.max_num_seqs})."
        )
    if settings.max_model_len != -1 and settings.max_model_len < 1:
        raise StartError("ValueError: max_model_len: Input should be greater than 0")
    if settings.max_model_len > MAX_POSITIONS:
        raise StartError(
            f"ValueError: User-specified max_model_len ({settings.max_model_len}) is greater than"
            f" the derived max_model_len (max_position_embeddings={MAX_POSITIONS} or"
            " model_max_length=None in model's config.json). To allow overriding this maximum, set"
            " the env var VLLM_ALLOW_LONG_MAX_MODEL_LEN=1."
        )
    if not 0 < settings.min_pixels <= settings.max_pixels:
        raise StartError(
            f"ValueError: size must hold 0 < min_pixels <= max_pixels, got {settings.min_pixels}"
            f" and {settings.max_pixels}"
        )
    if settings.kv_dtype_bytes == 1 and machine.compute_capability < 8.9:
        raise StartError(
            "ValueError: FP8 KV cache is not supported by the Triton attention backend on"
            f" {machine.gpu_name} (compute capability {machine.compute_capability}); native FP8"
            " (fp8e4nv) requires SM89+. Re-run with --kv-cache-dtype bfloat16."
        )
    batch = settings.max_num_batched_tokens
    if whole_images and settings.image_limit and settings.image_tokens - 2 > batch:
        raise StartError(
            "ValueError: Chunked MM input disabled but max_tokens_per_mm_item"
            f" ({settings.image_tokens - 2}) is larger than max_num_batched_tokens ({batch})."
            " Please increase max_num_batched_tokens."
        )
