"""The machine that the rehearsal says the container runs on: its GPUs and their memory."""

import json
import os
from typing import Any, Mapping, NamedTuple, Optional

from faults import FaultError, Faults, parse_faults
from pace import Pace

MACHINE_FILE = "/etc/rehearsal/machine.json"

# torch sees less than EC2 reports: a T4's ECC takes a sixteenth, the driver a percent.
# A10G and L4: 22,888 MiB reported, 22.06 GiB seen.
SEEN_SHARE_T4 = 0.911
SEEN_SHARE = 0.987
COMPUTE_CAPABILITY = {
    "V100": 7.0,
    "T4": 7.5,
    "A100": 8.0,
    "A10": 8.6,
    "L4": 8.9,
    "H100": 9.0,
    "H200": 9.0,
    "B200": 10.0,
    "B300": 10.3,
    "RTX PRO": 12.0,
}


class Machine(NamedTuple):
    """GPUs as a program sees them; `gpu_bytes` is what torch reports for one of them."""

    gpu_name: str
    gpu_count: int
    gpu_bytes: int
    faults: Faults
    start_seconds: Optional[float]
    request_bytes: int = 0
    """What a running request takes that the start did not measure."""
    pace: Pace = Pace()

    @property
    def compute_capability(self) -> float:
        """NVIDIA's compute capability, 8.0 for a GPU that is not in the table."""
        for name in sorted(COMPUTE_CAPABILITY, key=len, reverse=True):
            if name.lower() in self.gpu_name.lower():
                return COMPUTE_CAPABILITY[name]
        return 8.0


class MachineError(Exception):
    """The description of the machine cannot be used; the text says what is wrong with it."""


def read_machine(env: Mapping[str, str] = os.environ) -> Machine:
    """Read machine.json: gpuName, gpuCount, gpuMemoryMiB, and if any modelFault, modelStartSeconds,
    modelTokensPerSecond and modelRequestMiB.

    The path is /etc/rehearsal/machine.json or REHEARSAL_MACHINE_FILE; REHEARSAL_MODEL_FAULT,
    REHEARSAL_MODEL_START_SECONDS and REHEARSAL_MODEL_TOKENS_PER_SECOND win over the file's keys. Raises
    MachineError.
    """
    path = env.get("REHEARSAL_MACHINE_FILE", MACHINE_FILE)
    try:
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
        name, count = str(told["gpuName"]), int(told["gpuCount"])
        share = SEEN_SHARE_T4 if "T4" in name else SEEN_SHARE
        seen = int(float(told["gpuMemoryMiB"]) * 2**20 * share)
        request_bytes = int(float(told.get("modelRequestMiB", 0)) * 2**20)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MachineError(
            f"cannot read the machine's GPUs from {path}: {error!r}; "
            'it must hold {"gpuName": "A10G", "gpuCount": 1, "gpuMemoryMiB": 22888}'
        ) from None
    try:
        faults = parse_faults(env.get("REHEARSAL_MODEL_FAULT") or told.get("modelFault") or "")
    except FaultError as error:
        raise MachineError(str(error)) from None
    pace = _read_pace(
        env.get("REHEARSAL_MODEL_TOKENS_PER_SECOND") or told.get("modelTokensPerSecond")
    )
    start = env.get("REHEARSAL_MODEL_START_SECONDS") or told.get("modelStartSeconds")
    start_seconds = None if start is None else float(start)
    return Machine(name, count, seen, faults, start_seconds, request_bytes, pace)


def _read_pace(told: Any) -> Pace:
    if told is None:
        return Pace()
    try:
        return Pace(float(told))
    except ValueError:
        raise MachineError(
            f"modelTokensPerSecond is {told!r}; allowed: a number, 0 for no waiting"
        ) from None
