"""Log lines in vLLM's form: `(EngineCore_DP0 pid=12) INFO 11-24 06:30:00 [worker.py:306] text`."""

import os
import sys
import threading
import time

_LOCK = threading.Lock()


def log(text: str, process: str = "APIServer", level: str = "INFO", where: str = "") -> None:
    """Print one message on stderr, every line of it with vLLM's prefix."""
    stamp = time.strftime("%m-%d %H:%M:%S")
    place = f"[{where}] " if where else ""
    with _LOCK:
        for line in text.splitlines() or [""]:
            print(f"({process} pid={os.getpid()}) {level} {stamp} {place}{line}", file=sys.stderr)
        sys.stderr.flush()


def log_access(client: str, request_line: str, status: int) -> None:
    """Print a request as uvicorn does."""
    with _LOCK:
        line = f'(APIServer pid={os.getpid()}) INFO:     {client} - "{request_line}" {status}'
        print(line, file=sys.stderr, flush=True)


def log_engine_death(cause: str) -> None:
    """Print the death of the engine in mid-request as vLLM does; `cause` is the traceback's end."""
    log("EngineCore encountered a fatal error.", "EngineCore_DP0", "ERROR", "core.py:844")
    log(f"Traceback (most recent call last):\n{cause}", "EngineCore_DP0", "ERROR", "core.py:844")
    log("AsyncLLM output_handler failed.", level="ERROR", where="async_llm.py:525")
    log(
        "vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue. See stack trace"
        " (above) for the root cause.",
        level="ERROR",
        where="async_llm.py:525",
    )
    log("Shutting down")
