"""The engine's start: loads on paper what vLLM would load, and fails where it would."""

import time

from log import log
from machine import Machine
from memory import (
    GIB,
    MemoryReport,
    Settings,
    StartError,
    check_fit,
    estimate_memory,
    out_of_memory,
)

ENGINE = "EngineCore_DP0"
FREE_AT_START = 0.985
"""The driver and the context take the rest before vLLM looks."""


def start_engine(settings: Settings, machine: Machine, seconds: float) -> MemoryReport:
    """Go through vLLM's start in about `seconds`. Raises StartError with vLLM's words."""
    report = estimate_memory(settings, machine)
    _check_free_memory(settings, machine)
    log(
        f"Starting to load model of size {settings.identity.size}...",
        ENGINE,
        where="gpu_model_runner.py:4480",
    )
    time.sleep(seconds * 0.5)
    _load(settings, report, machine)
    log(
        f"Model loading took {report.load_bytes / GIB:.2f} GiB memory and {seconds * 0.5:.6f}"
        " seconds",
        ENGINE,
        where="gpu_model_runner.py:4577",
    )
    _log_encoder(settings, report)
    time.sleep(seconds * 0.25)
    if report.load_bytes + report.peak_bytes > machine.gpu_bytes:
        asked = max(2**20, report.peak_bytes // 4)
        raise StartError(
            out_of_memory(asked, report.load_bytes + report.peak_bytes * 3 // 4, machine)
        )
    log(
        f"Available KV cache memory: {report.kv_bytes / GIB:.2f} GiB",
        ENGINE,
        where="gpu_worker.py:306",
    )
    check_fit(settings, report, machine)
    log(f"GPU KV cache size: {report.kv_tokens:,} tokens", ENGINE, where="kv_cache_utils.py:1307")
    log(
        f"Maximum concurrency for {report.max_model_len:,} tokens per request:"
        f" {report.concurrency:.2f}x",
        ENGINE,
        where="kv_cache_utils.py:1312",
    )
    time.sleep(seconds * 0.25)
    if not settings.eager:
        log(
            f"Graph capturing finished in {max(1, round(seconds))} secs, took"
            f" {report.graph_bytes / GIB:.2f} GiB",
            ENGINE,
            where="gpu_model_runner.py:5098",
        )
    log(
        f"init engine (profile, create kv cache, warmup model) took {seconds * 0.5:.2f} seconds",
        ENGINE,
        where="core.py:259",
    )
    return report


def log_failure(error: StartError) -> None:
    """Print a failed start as vLLM does: the engine's error, then the server's."""
    log("EngineCore failed to start.", ENGINE, "ERROR", "core.py:842")
    log(f"Traceback (most recent call last):\n{error}", ENGINE, "ERROR", "core.py:842")
    log(
        "RuntimeError: Engine core initialization failed. See root cause above. Failed core"
        " proc(s): {}",
        level="ERROR",
        where="utils.py:90",
    )


def _check_free_memory(settings: Settings, machine: Machine) -> None:
    free = machine.gpu_bytes * FREE_AT_START
    wanted = machine.gpu_bytes * settings.utilization
    if wanted > free:
        raise StartError(
            "ValueError: Free memory on device cuda:0"
            f" ({free / GIB:.2f}/{machine.gpu_bytes / GIB:.2f} GiB) on startup is less than desired"
            f" GPU memory utilization ({settings.utilization}, {wanted / GIB:.2f} GiB). Decrease"
            " GPU memory utilization or reduce GPU memory used by other processes."
        )


def _load(settings: Settings, report: MemoryReport, machine: Machine) -> None:
    room = int(machine.gpu_bytes * FREE_AT_START)
    if report.load_bytes <= room:
        return
    # the allocation that fails is one of a layer's matrices
    asked = (
        settings.geometry.hidden
        * settings.geometry.intermediate
        * 2
        * 2
        // settings.tensor_parallel
    )
    original = out_of_memory(asked, room, machine)
    log(
        "Failed to load model - not enough GPU memory. Try lowering --gpu-memory-utilization to"
        " free memory for weights, increasing --tensor-parallel-size, or using --quantization."
        f" (original error: {original.split(': ', 1)[1]})",
        ENGINE,
        "ERROR",
        "gpu_model_runner.py:4561",
    )
    raise StartError(original)


def _log_encoder(settings: Settings, report: MemoryReport) -> None:
    if not report.encoder_budget_tokens:
        return
    modality = "video" if settings.video_limit else "image"
    biggest = settings.image_tokens - 2
    items = 1 if modality == "video" else max(1, report.encoder_budget_tokens // biggest)
    items = min(items, settings.image_limit or 1, settings.max_num_seqs)
    log(
        f"Encoder cache will be initialized with a budget of {report.encoder_budget_tokens} tokens,"
        f" and profiled with {items} {modality} items of the maximum feature size.",
        ENGINE,
        where="gpu_model_runner.py:5499",
    )
