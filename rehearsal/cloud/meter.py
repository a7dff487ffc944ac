"""The billing meter: GPU-seconds by machine, counted by the cloud's own clock.

Billed per second with 60 s minimum for each start, from `running` until the machine leaves
`running`, as AWS bills Linux instances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from .clock import Clock, iso, parse_iso

MINIMUM_BILLED_SECONDS = 60


@dataclass
class Interval:
    """A stretch of `running`; `end` is None while it lasts."""

    start: float
    end: Optional[float] = None


@dataclass
class Machine:
    """What the meter knows of an instance, also after EC2 has stopped listing it."""

    instance_id: str
    instance_type: str
    gpu_name: str
    gpu_count: int
    gpu_memory_mib: int
    launched_at: float
    tags: Dict[str, str] = field(default_factory=dict)
    state: str = "pending"
    intervals: List[Interval] = field(default_factory=list)
    ended_by: Optional[str] = None
    # What the caller of the launch calls itself by AWS_SDK_UA_APP_ID.
    launched_by: str = ""

    def entered_running(self, instant: float) -> None:
        self.intervals.append(Interval(instant))

    def left_running(self, instant: float) -> None:
        if self.intervals and self.intervals[-1].end is None:
            self.intervals[-1].end = instant

    def report(self, now: float) -> Dict[str, Any]:
        spans = [(one.start, now if one.end is None else one.end) for one in self.intervals]
        running = sum(end - start for start, end in spans)
        billed = sum(max(MINIMUM_BILLED_SECONDS, math.ceil(end - start)) for start, end in spans)
        expires_at = parse_iso(self.tags.get("expires-at"))
        leaked = 0.0
        if expires_at is not None:
            leaked = sum(max(0.0, end - max(start, expires_at)) for start, end in spans)
        last_end = self.intervals[-1].end if self.intervals else None
        return {
            "instanceId": self.instance_id,
            "name": self.tags.get("Name"),
            "product": self.tags.get("product"),
            "run": self.tags.get("run"),
            "attempt": self.tags.get("attempt"),
            "tier": self.tags.get("tier"),
            "owner": self.tags.get("owner"),
            "instanceType": self.instance_type,
            "gpuName": self.gpu_name,
            "gpuCount": self.gpu_count,
            "state": self.state,
            "launchedAt": iso(self.launched_at),
            "runningSince": iso(self.intervals[0].start) if self.intervals else None,
            "leftRunningAt": iso(last_end),
            "runningSeconds": round(running, 3),
            "billedSeconds": billed,
            "billedGpuSeconds": billed * self.gpu_count,
            "expiresAt": iso(expires_at),
            "leakedGpuSeconds": round(leaked * self.gpu_count, 3),
            "endedBy": self.ended_by,
            "launchedBy": self.launched_by,
        }


class Meter:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.machines: Dict[str, Machine] = {}

    def report(self) -> Dict[str, Any]:
        now = self._clock.now()
        machines = [machine.report(now) for machine in self.machines.values()]
        return {
            "now": iso(now),
            "machines": machines,
            "running": sum(machine["state"] == "running" for machine in machines),
            "billedGpuSeconds": sum(machine["billedGpuSeconds"] for machine in machines),
            "leakedGpuSeconds": round(sum(machine["leakedGpuSeconds"] for machine in machines), 3),
        }
