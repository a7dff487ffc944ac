"""The server's counters, in Prometheus' text form and under vLLM's names."""

import threading
from typing import Dict, List

BUCKETS = [
    0.001,
    0.005,
    0.01,
    0.02,
    0.04,
    0.06,
    0.08,
    0.1,
    0.25,
    0.5,
    0.75,
    1,
    2.5,
    5,
    7.5,
    10,
    20,
    40,
    80,
]
GAUGES = ("num_requests_running", "num_requests_waiting", "kv_cache_usage_perc")
COUNTERS = (
    "prompt_tokens",
    "generation_tokens",
    "num_preemptions",
    "mm_cache_queries",
    "mm_cache_hits",
)
HISTOGRAMS = (
    "time_to_first_token_seconds",
    "inter_token_latency_seconds",
    "request_time_per_output_token_seconds",
    "e2e_request_latency_seconds",
    "request_queue_time_seconds",
    "request_inference_time_seconds",
    "request_prefill_time_seconds",
    "request_decode_time_seconds",
)


class Metrics:
    """Gauges, counters and histograms behind one lock."""

    def __init__(self, model_name: str) -> None:
        self._labels = f'engine="0",model_name="{model_name}"'
        self._lock = threading.Lock()
        self._numbers: Dict[str, float] = {name: 0.0 for name in GAUGES + COUNTERS}
        self._finished: Dict[str, int] = {"stop": 0, "length": 0, "abort": 0, "error": 0}
        self._counts: Dict[str, List[int]] = {name: [0] * (len(BUCKETS) + 1) for name in HISTOGRAMS}
        self._sums: Dict[str, float] = {name: 0.0 for name in HISTOGRAMS}

    def add(self, name: str, amount: float = 1) -> None:
        """Move a gauge or a counter by `amount`."""
        with self._lock:
            self._numbers[name] += amount

    def get(self, name: str) -> float:
        """The value of a gauge or a counter."""
        with self._lock:
            return self._numbers[name]

    def finish(self, reason: str) -> None:
        """Count one finished request."""
        with self._lock:
            self._finished[reason] += 1

    def observe(self, name: str, seconds: float) -> None:
        """Put one duration into a histogram."""
        with self._lock:
            index = next((i for i, edge in enumerate(BUCKETS) if seconds <= edge), len(BUCKETS))
            self._counts[name][index] += 1
            self._sums[name] += seconds

    def render(self) -> str:
        """The text of /metrics."""
        with self._lock:
            lines: List[str] = []
            for name in GAUGES:
                lines += [
                    f"# TYPE vllm:{name} gauge",
                    f"vllm:{name}{{{self._labels}}} {self._numbers[name]}",
                ]
            for name in COUNTERS:
                lines.append(f"# TYPE vllm:{name} counter")
                lines.append(f"vllm:{name}_total{{{self._labels}}} {self._numbers[name]}")
            lines.append("# TYPE vllm:request_success counter")
            for reason, count in self._finished.items():
                labels = f'{self._labels},finished_reason="{reason}"'
                lines.append(f"vllm:request_success_total{{{labels}}} {float(count)}")
            for name in HISTOGRAMS:
                lines += self._render_histogram(name)
            return "\n".join(lines) + "\n"

    def _render_histogram(self, name: str) -> List[str]:
        lines, total = [f"# TYPE vllm:{name} histogram"], 0
        for edge, count in zip([str(edge) for edge in BUCKETS] + ["+Inf"], self._counts[name]):
            total += count
            lines.append(f'vllm:{name}_bucket{{{self._labels},le="{edge}"}} {float(total)}')
        lines.append(f"vllm:{name}_count{{{self._labels}}} {float(total)}")
        lines.append(f"vllm:{name}_sum{{{self._labels}}} {self._sums[name]}")
        return lines
