"""The geometry of the Qwen3-VL family and what a model id says of size and precision."""

import re
from typing import Dict, NamedTuple, Optional, Tuple


class SizeGeometry(NamedTuple):
    """One size: parameter counts, and the widths that its memory is made of."""

    params_total: int
    params_linear: int
    """Parameters in the language model's linear layers, those that a quantised build shrinks."""
    hidden: int
    layers: int
    attention_heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    experts_per_token: int
    """0 for a dense model."""
    moe_intermediate: int
    vision_hidden: int
    vision_intermediate: int


VOCABULARY = 151_936
MAX_POSITIONS = 262_144
DEEPSTACK_LEVELS = 3

# From the published configs and checkpoint indexes; 235B-A22B's count is computed, not measured.
SIZES: Dict[str, SizeGeometry] = {
    "2B": SizeGeometry(2127532032, 1409286144, 2048, 28, 16, 8, 128, 6144, 0, 0, 1024, 4096),
    "4B": SizeGeometry(4437815808, 3633315840, 2560, 36, 32, 8, 128, 9728, 0, 0, 1024, 4096),
    "8B": SizeGeometry(8767123696, 6945767424, 4096, 36, 32, 8, 128, 12288, 0, 0, 1152, 4304),
    "32B": SizeGeometry(33357390064, 31205621760, 5120, 64, 64, 8, 128, 25600, 0, 0, 1152, 4304),
    "30B-A3B": SizeGeometry(
        31070754032, 29896998912, 2048, 48, 32, 4, 128, 6144, 8, 768, 1152, 4304
    ),
    "235B-A22B": SizeGeometry(
        235670022896, 233798893568, 4096, 94, 64, 4, 128, 12288, 8, 1536, 1152, 4304
    ),
}


class ModelIdentity(NamedTuple):
    """What a model id says: its size, Instruct or Thinking, and the precision of its weights."""

    size: str
    variant: str
    weights: str
    """plain, fp8 or int4."""
    method: Optional[str]
    """vLLM's name of the quantisation: fp8, awq or gptq; none for plain weights."""


def identify_model(model: str) -> Optional[ModelIdentity]:
    """Read a model id such as `Qwen/Qwen3-VL-8B-Instruct-FP8`; none for another family's."""
    pattern = r"Qwen3-VL-(235B-A22B|30B-A3B|2B|4B|8B|32B)-(Instruct|Thinking)(?:-([A-Za-z0-9-]+))?$"
    match = re.search(pattern, model)
    if not match:
        return None
    size, variant, suffix = match.group(1), match.group(2), (match.group(3) or "").lower()
    weights, method = _precision_of(suffix)
    return None if weights is None else ModelIdentity(size, variant, weights, method)


def _precision_of(suffix: str) -> Tuple[Optional[str], Optional[str]]:
    if suffix in ("", "bf16"):
        return "plain", None
    if "fp8" in suffix:
        return "fp8", "fp8"
    if "gptq" in suffix:
        return ("int8" if "int8" in suffix or "8bit" in suffix else "int4"), "gptq"
    if "awq" in suffix or "int4" in suffix or "4bit" in suffix:
        return "int4", "awq"
    if "int8" in suffix or "w8a8" in suffix:
        return "int8", "compressed-tensors"
    return None, None
