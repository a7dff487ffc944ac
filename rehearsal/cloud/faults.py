"""Faults on demand: an error in AWS's words, a slow answer, an answer that is lost on its way."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, List

from .calls import Call

KINDS = ("error", "drop-response", "delay")
# Whoever writes a fault may name a service by its endpoint, its SDK or its botocore name.
ALIASES = {"states": "stepfunctions", "sfn": "stepfunctions", "servicequotas": "service-quotas"}


@dataclass
class Fault:
    """Strikes the next `times` calls that match; `match` compares top-level parameters."""

    service: str
    action: str
    kind: str
    times: int = 1
    code: str = "InternalError"
    message: str = "An internal error has occurred (a fault of the rehearsal)"
    httpStatus: int = 500
    delaySeconds: float = 0.0
    caller: str = "*"
    region: str = "*"
    # What the caller calls itself by AWS_SDK_UA_APP_ID.
    app: str = "*"
    match: Dict[str, Any] = field(default_factory=dict)
    # From when it was added; 0: until it is used up.
    seconds: float = 0.0
    until: float = field(default=math.inf, init=False)

    def __post_init__(self) -> None:
        if self.seconds > 0:
            self.until = time.monotonic() + self.seconds

    def fits(self, call: Call) -> bool:
        return (
            self.times > 0
            and time.monotonic() < self.until
            and self.service in ("*", call.service)
            and self.action in ("*", call.action)
            and self.caller in ("*", call.caller)
            and self.region in ("*", call.region)
            and self.app in ("*", call.app)
            and all(call.params.get(name) == value for name, value in self.match.items())
        )


class Faults:
    def __init__(self) -> None:
        self._faults: List[Fault] = []
        self._lock = threading.Lock()

    def add(self, raw: Any) -> None:
        """Takes one fault or a list; raises ValueError that says what is wrong with it."""
        faults = []
        for item in raw if isinstance(raw, list) else [raw]:
            try:
                fault = Fault(**item)
            except TypeError as problem:
                raise ValueError(f"{problem}; a fault has {', '.join(Fault.__annotations__)}")
            if fault.kind not in KINDS:
                raise ValueError(f'unknown kind "{fault.kind}"; allowed: {", ".join(KINDS)}')
            fault.service = ALIASES.get(fault.service, fault.service)
            faults.append(fault)
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def strike(self, call: Call) -> List[Fault]:
        """The faults that hit this call, at most one of a kind; each is used up by one."""
        hits: Dict[str, Fault] = {}
        with self._lock:
            for fault in self._faults:
                if fault.kind not in hits and fault.fits(call):
                    fault.times -= 1
                    hits[fault.kind] = fault
            now = time.monotonic()
            self._faults = [one for one in self._faults if one.times > 0 and now < one.until]
        return list(hits.values())

    def to_json(self) -> List[Dict[str, Any]]:
        with self._lock:
            faults = [asdict(fault) for fault in self._faults]
        # Infinity is no JSON.
        return [{name: fault[name] for name in fault if name != "until"} for fault in faults]
