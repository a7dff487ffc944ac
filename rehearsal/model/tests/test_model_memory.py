"""The stand-in runs out of memory where vLLM would, and says so in vLLM's words."""

import re
import unittest
from typing import Any, Dict, List, Tuple

from support import RunningServer

from machine import Machine
from memory import GIB, StartError, check_fit, estimate_memory, load_bytes, read_settings
from options import parse_command_line
from sizes import identify_model


def settings_of(
    line: str, gpu_gib: float = 22.0, gpu: str = "L4", count: int = 1
) -> "Tuple[Any, Machine]":
    options = parse_command_line(line.split())
    identity = identify_model(options.model)
    assert identity is not None
    machine = Machine(gpu, count, int(gpu_gib * GIB), None, None)
    return read_settings(options, identity, machine), machine


# public logs: command line, GPU's memory in GiB, "Model loading took"
LOADS = [
    ("Qwen/Qwen3-VL-2B-Instruct --max-num-batched-tokens 2048", 4.24),
    ("Qwen/Qwen3-VL-8B-Instruct --max-num-batched-tokens 2048", 16.65),
    ("Qwen/Qwen3-VL-8B-Instruct --max-num-batched-tokens 2048", 16.6397),
    ("Qwen/Qwen3-VL-8B-Instruct --max-num-batched-tokens 8192", 16.78),
    ("Qwen/Qwen3-VL-30B-A3B-Instruct --max-num-batched-tokens 8192", 58.2299),
]
V0 = "--limit-mm-per-prompt.video 0"

# GPU, MiB, options, exit code, words of the log
STARTS: List[Tuple[str, int, str, str]] = [
    (
        "T4",
        16384,
        f"Qwen/Qwen3-VL-8B-Instruct {V0}",
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate",
    ),
    (
        "T4",
        16384,
        f"Qwen/Qwen3-VL-8B-Instruct {V0}",
        "Failed to load model - not enough GPU memory",
    ),
    (
        "L4",
        22888,
        f"Qwen/Qwen3-VL-8B-Instruct {V0} --gpu-memory-utilization 0.8",
        "No available memory for the cache blocks",
    ),
    (
        "L4",
        22888,
        f"Qwen/Qwen3-VL-4B-Instruct {V0}",
        "To serve at least one request with the models's max seq len (262144)",
    ),
    (
        "L4",
        22888,
        f"Qwen/Qwen3-VL-4B-Instruct {V0} --gpu-memory-utilization 0.999",
        "is less than desired GPU memory utilization",
    ),
    (
        "L4",
        22888,
        "Qwen/Qwen3-VL-4B-Instruct -tp 2",
        "World size (2) is larger than the number of available GPUs (1)",
    ),
    (
        "T4",
        16384,
        "Qwen/Qwen3-VL-2B-Instruct --dtype bfloat16",
        "Bfloat16 is only supported on GPUs with compute capability",
    ),
    (
        "L4",
        22888,
        "Qwen/Qwen3-VL-4B-Instruct --max-model-len 300000",
        "is greater than the derived max_model_len",
    ),
    (
        "L4",
        22888,
        "Qwen/Qwen3-VL-4B-Instruct-FP8 --quantization awq",
        "does not match the quantization method",
    ),
    (
        "A10G",
        22888,
        "Qwen/Qwen3-VL-2B-Instruct --kv-cache-dtype fp8",
        "FP8 KV cache is not supported",
    ),
    ("L4", 22888, "Qwen/Qwen3-VL-7B-Instruct", "is not a valid model identifier"),
]


class MemoryTest(unittest.TestCase):
    def test_load_agrees_with_public_logs(self) -> None:
        for line, measured in LOADS:
            with self.subTest(line, measured=measured):
                settings, _ = settings_of(line, 100)
                self.assertAlmostEqual(load_bytes(settings) / GIB, measured, delta=measured * 0.007)

    def test_kv_tokens_agree_with_a_public_log(self) -> None:
        # 8.13 GiB of KV cache held 76,144 tokens of the 2B
        settings, machine = settings_of("Qwen/Qwen3-VL-2B-Instruct")
        report = estimate_memory(settings, machine)
        self.assertEqual(int(8.13 * GIB / report.kv_bytes_per_token) // 100, 761)

    def test_less_is_needed_for(self) -> None:
        model = "Qwen/Qwen3-VL-8B-Instruct"
        base = f"{model} --max-model-len 65536 --max-num-seqs 64 --max-num-batched-tokens 8192"
        settings, machine = settings_of(base, 46)
        before = estimate_memory(settings, machine)
        for change in (
            V0,
            f'{V0} --mm-processor-kwargs {{"max_pixels":1003520}}',
            "--max-num-batched-tokens 2048",
            "--max-num-seqs 4",
            "--enforce-eager",
            "--kv-cache-dtype fp8",
            "--quantization fp8",
        ):
            with self.subTest(change):
                settings, _ = settings_of(f"{base} {change}", 46)
                self.assertGreater(estimate_memory(settings, machine).kv_tokens, before.kv_tokens)

    def test_precisions_are_ordered(self) -> None:
        loads = []
        for suffix in ("", "-FP8", "-AWQ-4bit"):
            model = f"Qwen/Qwen3-VL-8B-Instruct{suffix}"
            settings, _ = settings_of(f"{model} --max-num-batched-tokens 2048")
            loads.append(load_bytes(settings) / GIB)
        self.assertEqual(loads, sorted(loads, reverse=True))
        self.assertAlmostEqual(loads[1], 9.861 + 0.297, delta=0.02)
        self.assertAlmostEqual(loads[2], 6.753 + 0.297, delta=0.02)

    def test_the_estimated_length_fits_and_one_more_block_does_not(self) -> None:
        line = f"Qwen/Qwen3-VL-4B-Instruct {V0} --max-model-len "
        settings, machine = settings_of(line + "262144")
        with self.assertRaises(StartError) as caught:
            check_fit(settings, estimate_memory(settings, machine), machine)
        found = re.search(r"estimated maximum model length is (\d+)", str(caught.exception))
        assert found is not None
        longest = int(found.group(1))
        settings, _ = settings_of(line + str(longest))
        check_fit(settings, estimate_memory(settings, machine), machine)
        settings, _ = settings_of(line + str(longest + 1))
        with self.assertRaises(StartError):
            check_fit(settings, estimate_memory(settings, machine), machine)

    def test_fp8_blocks_must_be_whole_on_each_gpu(self) -> None:
        with self.assertRaisesRegex(
            StartError, "not divisible by weight quantization block_n = 128"
        ):
            settings_of("Qwen/Qwen3-VL-30B-A3B-Instruct-FP8 -tp 4", 80, "H100", 4)

    def test_starts_that_fail(self) -> None:
        running: List[Tuple[str, RunningServer]] = []
        for gpu, mib, line, words in STARTS:
            told: Dict[str, Any] = {"gpuName": gpu, "gpuCount": 1, "gpuMemoryMiB": mib}
            running.append((words, RunningServer(*line.split(), machine=told)))
        for words, server in running:
            with self.subTest(words):
                self.addCleanup(server.stop)
                self.assertEqual(server.wait_exit(), 1)
                self.assertIn(words, server.log())
                self.assertIn("Engine core initialization failed", server.log())

    def test_prints_the_lines_that_a_reader_of_vllm_looks_for(self) -> None:
        server = RunningServer(
            "Qwen/Qwen3-VL-4B-Instruct",
            "--max-model-len",
            "8192",
            "--limit-mm-per-prompt.video",
            "0",
        )
        self.addCleanup(server.stop)
        log = server.wait_ready().log()
        for pattern in (
            r"stand-in",
            r"Model loading took 8\.\d\d GiB memory and \d+\.\d+ seconds",
            r"Encoder cache will be initialized with a budget of 16384 tokens",
            r"Available KV cache memory: \d+\.\d\d GiB",
            r"GPU KV cache size: [\d,]+ tokens",
            r"Maximum concurrency for 8,192 tokens per request: \d+\.\d\dx",
            r"Graph capturing finished in \d+ secs, took \d\.\d\d GiB",
            r"Application startup complete",
        ):
            self.assertRegex(log, pattern)
        self.assertIn("stand-in", log.splitlines()[0])


if __name__ == "__main__":
    unittest.main()
