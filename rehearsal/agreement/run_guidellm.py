"""Runs guidellm on prompts of a file, and prints what each request took, and its CPU seconds.

`run_guidellm.py URL PROMPTS CONCURRENCY MAX_TOKENS SEED`; PROMPTS is JSON lines with `prompt`.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast


def main(argv: List[str]) -> None:
    """Write {"cpuSeconds", "requests"} to standard output."""
    url, prompts, concurrency, max_tokens, seed = argv
    with tempfile.TemporaryDirectory() as folder:
        write_tokenizer(folder)
        report = Path(folder) / "report.json"
        count = len(Path(prompts).read_text(encoding="utf-8").splitlines())
        backend = {
            "max_output_tokens": int(max_tokens),
            "extra_body": {"temperature": 0, "seed": int(seed)},
        }
        rate = ["--rate-type", "concurrent", "--rate", concurrency]
        subprocess.run(
            [
                str(Path(sys.executable).with_name("guidellm")),
                *["benchmark", "run", "--target", url, "--processor", folder],
                *["--data", prompts, *rate, "--max-requests", str(count)],
                *["--backend-args", json.dumps(backend)],
                *["--disable-progress", "--disable-console-outputs"],
                *["--output-path", str(report)],
            ],
            env={
                **os.environ,
                "GUIDELLM__PREFERRED_ROUTE": "chat_completions",
                "HF_HUB_OFFLINE": "1",
                "HF_HOME": folder,
            },
            stdout=sys.stderr,
            check=True,
        )
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        told = json.loads(report.read_text(encoding="utf-8"))
        done = told["benchmarks"][0]["requests"]["successful"]
        rows = [row(each) for each in sorted(done, key=lambda each: each["start_time"])]
        print(json.dumps({"cpuSeconds": used.ru_utime + used.ru_stime, "requests": rows}))


def write_tokenizer(folder: str) -> None:
    """It wants one, to count tokens of servers that do not; ours does."""
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]").save_pretrained(folder)


def row(request: Dict[str, Any]) -> Dict[str, float]:
    """A request's figures as guidellm reports them."""
    return {
        "startSeconds": request["start_time"],
        "endSeconds": request["end_time"],
        "timeToFirstTokenSeconds": request["time_to_first_token_ms"] / 1000,
        "interTokenSeconds": request["inter_token_latency_ms"] / 1000,
        "tokens": request["output_tokens"],
    }


if __name__ == "__main__":
    main(sys.argv[1:])
