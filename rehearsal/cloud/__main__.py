"""Starts the emulated cloud and says in STATE_DIR/cloud.json where it listens."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from . import moto_settings  # noqa: F401  (before moto)
from .clock import iso
from .machines import FRONT_DOOR, DockerMachines, NoMachines, SleepingMachines, own_cloud_id

from moto.moto_server.werkzeug_app import MotoRequestHandler  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402


class QuietHandler(MotoRequestHandler):
    """The call log says it better than an access log."""

    def log_request(self, *_: Any) -> None:
        pass

    def log(self, type: str, message: str, *args: Any) -> None:
        if type == "error" and "code 400" not in message:
            print(f"rehearsal cloud: {message % args}", file=sys.stderr, flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m rehearsal.cloud", description=__doc__)
    parser.add_argument(
        "--dir", required=True, type=Path, help="state: cloud.json, calls, machines"
    )
    parser.add_argument("--machines", choices=("docker", "sleeping", "none"), default="none")
    parser.add_argument("--docker-host", help="unix://SOCKET (default: DOCKER_HOST)")
    parser.add_argument("--machine-image", help="image that boots, for example name:tag")
    parser.add_argument("--image-store-volume", help="volume mounted read-only at /opt/images")
    parser.add_argument("--model-fault", help="a worse model on purpose, see rehearsal/model")
    parser.add_argument(
        "--machine-settings",
        type=json.loads,
        help="JSON that wins over what the instance type says, see rehearsal/model",
    )
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes a free one")
    arguments = parser.parse_args()
    arguments.docker_host = arguments.docker_host or os.environ.get("DOCKER_HOST")
    if arguments.machines == "docker":
        if not arguments.machine_image:
            parser.error("--machines docker needs --machine-image")
        if not arguments.docker_host:
            arguments.docker_host = "unix:///var/run/docker.sock"
    return arguments


def open_front_door(state_dir: Path, cloud: Any) -> None:
    """Machines reach the cloud by a socket in a folder that they mount: nothing more listens here."""
    folder = state_dir / FRONT_DOOR
    folder.mkdir(exist_ok=True)
    path = folder / "s3.sock"
    path.unlink(missing_ok=True)
    try:
        door = make_server(
            f"unix://{path}", 0, cloud.for_machines, threaded=True, request_handler=QuietHandler
        )
    except OSError as problem:
        # Such as a path that is too long for a socket.
        print(f"rehearsal cloud: machines cannot reach it: {problem}", file=sys.stderr)
        return
    threading.Thread(target=door.serve_forever, daemon=True).start()


def main() -> int:
    arguments = parse_arguments()
    state_dir: Path = arguments.dir.resolve()
    state_dir.mkdir(parents=True, exist_ok=True)
    state_file = state_dir / "cloud.json"
    state_file.unlink(missing_ok=True)

    # moto tells much about its own doings, in very long lines.
    logging.basicConfig(filename=state_dir / "moto.log", level=logging.WARNING)
    machines: Any = NoMachines()
    if arguments.machines == "sleeping":
        machines = SleepingMachines(state_dir)
    if arguments.machines == "docker":
        try:
            machines = DockerMachines(
                state_dir,
                own_cloud_id(),
                arguments.docker_host,
                arguments.machine_image,
                arguments.image_store_volume,
                arguments.model_fault,
                arguments.machine_settings,
            )
        except RuntimeError as problem:
            print(f"rehearsal cloud: {problem}", file=sys.stderr)
            return 2

    from .app import Cloud

    cloud = Cloud(state_dir, machines)
    server = make_server(
        "127.0.0.1", arguments.port, cloud, threaded=True, request_handler=QuietHandler
    )
    # moto's Step Functions executor calls http://localhost:$MOTO_PORT.
    os.environ["MOTO_PORT"] = str(server.server_port)
    endpoint = f"http://127.0.0.1:{server.server_port}"
    cloud.scheduler.begin()

    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    open_front_door(state_dir, cloud)
    started = {"endpoint": endpoint, "pid": os.getpid(), "startedAt": iso(time.time())}
    started["machines"] = arguments.machines
    started["addresses"] = f"127.0.{cloud.compute.addresses.octet}.0/24"
    scratch = state_file.with_suffix(".tmp")
    scratch.write_text(json.dumps(started, indent=4) + "\n", encoding="utf-8")
    scratch.replace(state_file)
    print(f"rehearsal cloud: {endpoint} (emulated AWS, machines: {arguments.machines})", flush=True)

    ended.wait()
    cloud.close()
    cloud.compute.refresh_tags()
    report = json.dumps(cloud.meter.report(), indent=4)
    (state_dir / "meter.json").write_text(report + "\n", encoding="utf-8")
    server.shutdown()
    state_file.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
