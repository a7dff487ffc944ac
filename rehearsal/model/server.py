#!/usr/bin/env python3
"""Stand-in for `vllm serve` in rehearsals: `server.py MODEL [options of vllm serve]`.

It is no language model. It looks at the pixels of simple pictures, knows a handful of facts, and
takes as much memory of the GPU that the rehearsal's machine says to have as vLLM would.
"""

import os
import signal
import socket
import sys
import time
from typing import Any, List

from api import NAME, VLLM_VERSION, Handler, ModelServer, Service
from engine import Engine
from log import log
from machine import Machine, MachineError, read_machine
from memory import MemoryReport, Settings, StartError, read_settings
from metrics import Metrics
from options import OptionError, ServeOptions, parse_command_line
from sizes import identify_model
from start import log_failure, start_engine

START_SECONDS = 0.6


def main(argv: List[str]) -> int:
    """Start and serve until a signal. Returns 0, 1 for a failed start, 2 for bad options."""
    # as the first process of a container it would not end on SIGTERM by itself
    signal.signal(signal.SIGTERM, _stop)
    try:
        return _run(argv)
    except KeyboardInterrupt:
        log("Shutting down")
        return 0


def _run(argv: List[str]) -> int:
    try:
        options = parse_command_line(argv)
    except OptionError as error:
        print(error, file=sys.stderr)
        return 2
    log(f"{NAME}: this is not vLLM and not a language model; it stands in for both in rehearsals")
    log(f"vLLM API server version {VLLM_VERSION}", where="utils.py:325")
    log(
        f"non-default args: {{'model_tag': {options.model!r}, {_shown(options)}}}",
        where="utils.py:261",
    )
    try:
        machine = read_machine()
        log(
            f"GPU: {machine.gpu_count} x {machine.gpu_name}, {machine.gpu_bytes / 2**30:.2f} GiB"
            " each (emulated)"
        )
        settings, report = _start(options, machine)
    except StartError as error:
        log_failure(error)
        return 1
    except MachineError as error:
        log(str(error), level="ERROR")
        return 1
    return _serve(options, machine, settings, report)


def _start(options: ServeOptions, machine: Machine) -> "tuple[Settings, MemoryReport]":
    identity = identify_model(options.model)
    if identity is None:
        raise StartError(
            f"OSError: {options.model} is not a local folder and is not a valid model identifier of"
            " the Qwen3-VL family, the only one that the model stand-in knows"
        )
    if machine.faults.at_start == "crash-on-start":
        raise StartError(
            "RuntimeError: CUDA error: an illegal memory access was encountered (a fault on demand)"
        )
    settings = read_settings(options, identity, machine)
    seconds = START_SECONDS if machine.start_seconds is None else machine.start_seconds
    report = start_engine(settings, machine, seconds)
    while machine.faults.at_start == "never-ready":
        time.sleep(3600)
    return settings, report


def _serve(
    options: ServeOptions, machine: Machine, settings: Settings, report: MemoryReport
) -> int:
    names = options.get("served-model-name", [options.model])
    engine = Engine(settings, report, machine, Metrics(names[0]), options.get("seed", 0))
    host, port = options.get("host", ""), options.get("port", 8000)
    try:
        server = ModelServer((host, port), Handler)
    except OSError as error:
        log(f"OSError: [Errno {error.errno}] {os.strerror(error.errno or 0)}", level="ERROR")
        return 1
    server.service = Service(
        engine=engine,
        served_names=names,
        model=options.model,
        api_keys=options.get("api-key", []),
        reasoning_parser=options.get("reasoning-parser"),
        log_access=not options.get("disable-uvicorn-access-log", False),
        started_at=int(time.time()),
    )
    shown = host or socket.gethostname()
    log(
        f"Starting vLLM API server 0 on http://{shown}:{server.server_address[1]}",
        where="api_server.py:1351",
    )
    log("Application startup complete.")
    with server:
        server.serve_forever(poll_interval=0.1)
    return 0


def _stop(_signal: int, _frame: Any) -> None:
    raise KeyboardInterrupt


def _shown(options: ServeOptions) -> str:
    secret = ("api-key", "hf-token")
    return ", ".join(
        f"'{name.replace('-', '_')}': {'***' if name in secret else repr(value)}"
        for name, value in options.values.items()
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
