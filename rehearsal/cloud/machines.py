"""Machines behind the emulated EC2: Docker containers that really boot, or none at all.

A container runs the machine image's systemd and cloud-init, seeded with the instance's own user
data; SSH is published on a loopback address that the instance calls its public one.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

LABEL = "ephemeral-gpu-ci.rehearsal"
COMMAND_SECONDS = 120
# The folder, below the cloud's own, that holds the socket by which machines reach it.
FRONT_DOOR = "front-door"
# An instance is `pending` and `shutting-down` at least this long, so that no client learns to
# depend on an answer that AWS would never give at once.
SETTLE_SECONDS = 0.5
# What systemd says last on the console. All three end the container with the same status, but only
# a power-off ends an instance: after a reboot it runs again, halted it is still billed.
REBOOT, HALT = "Rebooting.", "Halting system."

OnExit = Callable[[str], None]


@dataclass
class MachineSpec:
    instance_id: str
    instance_type: str
    gpu_name: str
    gpu_count: int
    gpu_memory_mib: int
    address: Optional[str]
    hostname: str
    user_data: bytes
    # Of the instance's key pair, as EC2's metadata service hands it to cloud-init.
    public_key: Optional[str]
    # What the metadata service answers beside that: region, and credentials of the machine's role.
    metadata: Dict[str, Any]


class NoMachines:
    """Instances of the API only: nothing boots, nothing listens."""

    def __init__(self) -> None:
        self.on_exit: OnExit = lambda instance_id: None

    def boot(self, spec: MachineSpec) -> None:
        time.sleep(SETTLE_SECONDS)

    def start(self, instance_id: str) -> None:
        time.sleep(SETTLE_SECONDS)

    def halt(self, instance_id: str) -> None:
        time.sleep(SETTLE_SECONDS)

    def reboot(self, instance_id: str) -> None:
        pass

    def destroy(self, instance_id: str) -> None:
        time.sleep(SETTLE_SECONDS)

    def power_off_inside(self, instance_id: str) -> None:
        self.on_exit(instance_id)

    def give_spot_notice(self, instance_id: str, notice: str) -> None:
        pass

    def console(self, instance_id: str) -> str:
        return "This machine is emulated by its API only (--machines none): it has no console.\n"

    def close(self) -> None:
        pass


class SleepingMachines(NoMachines):
    """Nothing boots; who wants to answer in a machine's stead finds in a file what it was given."""

    def __init__(self, state_dir: Path) -> None:
        super().__init__()
        self._dir = state_dir / "sleeping"
        self._dir.mkdir(parents=True, exist_ok=True)

    def boot(self, spec: MachineSpec) -> None:
        machine = {
            "instanceId": spec.instance_id,
            "address": spec.address,
            "metadata": spec.metadata,
            "userDataBase64": base64.b64encode(spec.user_data).decode("ascii"),
        }
        scratch = self._dir / f".{spec.instance_id}"
        scratch.touch(mode=0o600)
        scratch.write_text(json.dumps(machine), encoding="utf-8")
        scratch.rename(self._dir / f"{spec.instance_id}.json")
        super().boot(spec)

    def destroy(self, instance_id: str) -> None:
        (self._dir / f"{instance_id}.json").unlink(missing_ok=True)
        super().destroy(instance_id)

    def console(self, instance_id: str) -> str:
        return "This machine sleeps (--machines sleeping): it has no console.\n"


class DockerMachines:
    """One container an instance. Every method may be called from any thread and blocks."""

    def __init__(
        self,
        state_dir: Path,
        cloud_id: str,
        host: str,
        image: str,
        image_store_volume: Optional[str],
        model_fault: Optional[str] = None,
        machine_settings: Optional[Dict[str, Any]] = None,
    ) -> None:
        self.on_exit: OnExit = lambda instance_id: None
        self._state_dir = state_dir
        self._cloud_id = cloud_id
        self._docker = ["docker", "--host", host]
        self._image = image
        self._image_store_volume = image_store_volume
        self._model_fault = model_fault
        self._machine_settings = machine_settings or {}
        self._locks: Dict[str, threading.Lock] = {}
        self._locks_lock = threading.Lock()
        # Containers that this class stops itself: their end is no news.
        self._expected: set = set()
        self._closing = False
        self._cgroup_version = self._run("info", "--format", "{{.CgroupVersion}}").strip()
        self._run("image", "inspect", "--format", "{{.Id}}", image)
        self._sweep_dead_clouds()
        self._events: Optional[subprocess.Popen] = None
        threading.Thread(target=self._watch, name="docker-events", daemon=True).start()

    def boot(self, spec: MachineSpec) -> None:
        """Returns once the container runs; raises RuntimeError where it cannot."""
        with self._lock(spec.instance_id):
            if self._closing:
                raise RuntimeError("the cloud is ending")
            name = self._container(spec.instance_id)
            folder = self._state_dir / "machines" / spec.instance_id
            self._write_seed(folder, spec)
            labels = ["--label", f"{LABEL}={self._cloud_id}"]
            self._run("volume", "create", *labels, name)
            # A terminal, because systemd and cloud-init write their console to nothing else.
            command = [
                "run",
                "--detach",
                "--tty",
                "--name",
                name,
                "--hostname",
                spec.hostname,
                *labels,
            ]
            command += ["--label", f"{LABEL}.instance={spec.instance_id}"]
            command += ["--stop-signal", "SIGRTMIN+3", "--restart", "no"]
            command += ["--env", f"REHEARSAL_INSTANCE_ID={spec.instance_id}"]
            command += ["--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN"]
            command += ["--security-opt", "seccomp=unconfined"]
            command += ["--security-opt", "apparmor=unconfined"]
            command += ["--tmpfs", "/run", "--tmpfs", "/tmp"]
            if self._cgroup_version == "2":
                command += ["--cgroupns=private"]
            else:
                command += ["--tmpfs", "/sys/fs/cgroup"]
                command += ["-v", "/sys/fs/cgroup/systemd:/sys/fs/cgroup/systemd:rw"]
            command += ["-v", f"{folder / 'seed'}:/var/lib/cloud/seed/nocloud:ro"]
            command += ["-v", f"{folder / 'machine.json'}:/etc/rehearsal/machine.json:ro"]
            command += ["-v", f"{folder / 'metadata.json'}:/etc/rehearsal/metadata.json:ro"]
            command += ["-v", f"{self._state_dir / FRONT_DOOR}:/etc/rehearsal/front-door:ro"]
            command += ["-v", f"{name}:/var/lib/containers"]
            if self._image_store_volume:
                command += ["-v", f"{self._image_store_volume}:/opt/images:ro"]
            if spec.address:
                command += ["-p", f"{spec.address}:22:22"]
            self._run(*command, self._image)

    def start(self, instance_id: str) -> None:
        with self._lock(instance_id):
            self._expected.discard(instance_id)
            self._run("start", self._container(instance_id))

    def halt(self, instance_id: str) -> None:
        """An orderly shutdown, as StopInstances does it; the container stays."""
        with self._lock(instance_id):
            self._expected.add(instance_id)
            self._run("stop", "--time", "20", self._container(instance_id))

    def reboot(self, instance_id: str) -> None:
        with self._lock(instance_id):
            self._expected.add(instance_id)
            self._run("restart", "--time", "20", self._container(instance_id))
            self._expected.discard(instance_id)

    def destroy(self, instance_id: str) -> None:
        """Kills and removes the container and its volumes; its console is kept in a file."""
        with self._lock(instance_id):
            self._expected.add(instance_id)
            name = self._container(instance_id)
            self._try("kill", name)
            folder = self._state_dir / "machines" / instance_id
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "console.log").write_text(self._logs(instance_id), encoding="utf-8")
            self._try("rm", "--force", "--volumes", name)
            self._try("volume", "rm", "--force", name)

    def power_off_inside(self, instance_id: str) -> None:
        self._run("exec", self._container(instance_id), "systemctl", "poweroff")

    def give_spot_notice(self, instance_id: str, notice: str) -> None:
        """Lets the machine's emulated metadata service answer with this."""
        write = 'mkdir -p /run/rehearsal && printf "%s" "$0" >/run/rehearsal/spot-notice.json'
        self._run("exec", self._container(instance_id), "sh", "-c", write, notice)

    def console(self, instance_id: str) -> str:
        kept = self._state_dir / "machines" / instance_id / "console.log"
        if kept.exists():
            return kept.read_text(encoding="utf-8", errors="replace")
        return self._logs(instance_id)

    def close(self) -> None:
        """Stops the watch and removes whatever of this cloud is still there."""
        self._closing = True
        if self._events:
            self._events.kill()
        # A container that is just being made must be there before it can be removed.
        with self._locks_lock:
            locks = list(self._locks.values())
        for lock in locks:
            lock.acquire(timeout=COMMAND_SECONDS)
        self._remove_all(self._cloud_id)

    # Docker, and nothing but its command line.

    def _container(self, instance_id: str) -> str:
        return f"ephemeral-gpu-ci-{instance_id}"

    def _lock(self, instance_id: str) -> threading.Lock:
        with self._locks_lock:
            return self._locks.setdefault(instance_id, threading.Lock())

    def _run(self, *arguments: str) -> str:
        try:
            done = subprocess.run(
                [*self._docker, *arguments], capture_output=True, text=True, timeout=COMMAND_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"docker {arguments[0]} took more than {COMMAND_SECONDS} s")
        if done.returncode != 0:
            raise RuntimeError(f"docker {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout

    def _try(self, *arguments: str) -> None:
        """For what may be gone already."""
        try:
            self._run(*arguments)
        except RuntimeError as problem:
            text = str(problem)
            if "No such" not in text and "is not running" not in text and "no such" not in text:
                print(f"rehearsal cloud: {text}", file=sys.stderr, flush=True)

    def _logs(self, instance_id: str, *options: str) -> str:
        done = subprocess.run(
            [*self._docker, "logs", *options, self._container(instance_id)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=COMMAND_SECONDS,
        )
        text = done.stdout.decode("utf-8", errors="replace")
        return text if done.returncode == 0 else ""

    def _write_seed(self, folder: Path, spec: MachineSpec) -> None:
        seed = folder / "seed"
        seed.mkdir(parents=True, exist_ok=True)
        meta = f"instance-id: {spec.instance_id}\nlocal-hostname: {spec.hostname}\n"
        if spec.public_key:
            meta += f"public-keys:\n  - {json.dumps(spec.public_key)}\n"
        (seed / "meta-data").write_text(meta, encoding="utf-8")
        (seed / "user-data").write_bytes(spec.user_data)
        # User data may hold a host key.
        (seed / "user-data").chmod(0o600)
        metadata = folder / "metadata.json"
        metadata.touch(mode=0o600)
        metadata.write_text(json.dumps(spec.metadata), encoding="utf-8")
        machine = {
            "instanceId": spec.instance_id,
            "instanceType": spec.instance_type,
            "gpuName": spec.gpu_name,
            "gpuCount": spec.gpu_count,
            "gpuMemoryMiB": spec.gpu_memory_mib,
        }
        if self._model_fault:
            machine["modelFault"] = self._model_fault
        for name, setting in self._machine_settings.items():
            # A setting by instance type leaves the other types as they are.
            by_type = setting if isinstance(setting, dict) else {spec.instance_type: setting}
            if spec.instance_type in by_type:
                machine[name] = by_type[spec.instance_type]
        (folder / "machine.json").write_text(json.dumps(machine, indent=4) + "\n", encoding="utf-8")

    def _watch(self) -> None:
        """Turns the end of a container that nobody here stopped into `on_exit`."""
        while not self._closing:
            self._events = subprocess.Popen(
                [
                    *self._docker,
                    "events",
                    "--filter",
                    f"label={LABEL}={self._cloud_id}",
                    "--filter",
                    "event=die",
                    "--format",
                    "{{json .}}",
                ],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            # Whatever ended while nobody listened.
            for instance_id in self._exited():
                self._ended(instance_id)
            assert self._events.stdout
            for line in self._events.stdout:
                attributes = json.loads(line)["Actor"]["Attributes"]
                instance_id = attributes.get(f"{LABEL}.instance", "")
                self._ended(instance_id)
            self._events.wait()
            if not self._closing:
                time.sleep(1)

    def _exited(self) -> List[str]:
        try:
            lines = self._run(
                "ps",
                "--all",
                "--filter",
                f"label={LABEL}={self._cloud_id}",
                "--filter",
                "status=exited",
                "--format",
                '{{.Label "' + LABEL + '.instance"}}',
            )
        except RuntimeError:
            return []
        return lines.split()

    def _ended(self, instance_id: str) -> None:
        if self._closing or instance_id in self._expected:
            return
        last_words = self._logs(instance_id, "--tail", "5")
        if HALT in last_words:
            return
        if REBOOT in last_words:
            threading.Thread(target=self._boot_again, args=(instance_id,), daemon=True).start()
        else:
            self.on_exit(instance_id)

    def _boot_again(self, instance_id: str) -> None:
        try:
            self.start(instance_id)
        except RuntimeError:
            self.on_exit(instance_id)

    def _sweep_dead_clouds(self) -> None:
        """A cloud that was killed leaves its containers behind: the next one removes them."""
        seen = self._run(
            "ps", "--all", "--filter", f"label={LABEL}", "--format", '{{.Label "' + LABEL + '"}}'
        ).split()
        seen += self._run(
            "volume", "ls", "--filter", f"label={LABEL}", "--format", '{{.Label "' + LABEL + '"}}'
        ).split()
        for cloud_id in sorted(set(seen)):
            if not cloud_is_alive(cloud_id):
                self._remove_all(cloud_id)

    def _remove_all(self, cloud_id: str) -> None:
        mine = f"label={LABEL}={cloud_id}"
        containers = self._run("ps", "--all", "--quiet", "--filter", mine).split()
        if containers:
            self._try("rm", "--force", "--volumes", *containers)
        volumes = self._run("volume", "ls", "--quiet", "--filter", mine).split()
        if volumes:
            self._try("volume", "rm", "--force", *volumes)


def own_cloud_id() -> str:
    """Names this process for as long as it lives, and no later process that gets its number."""
    return f"cloud-{os.getpid()}-{_start_ticks(os.getpid()) or 'x'}"


def cloud_is_alive(cloud_id: str) -> bool:
    try:
        _, pid, ticks = cloud_id.split("-")
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (ValueError, PermissionError):
        return True
    started = _start_ticks(int(pid))
    return started is None or ticks == "x" or started == ticks


def _start_ticks(pid: int) -> Optional[str]:
    """Field 22 of /proc/PID/stat; None where there is no such file (macOS)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return None
