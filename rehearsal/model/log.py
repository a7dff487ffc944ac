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
