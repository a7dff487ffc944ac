"""Calls that are stopped on their way, so that something can be done at exactly that moment."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from .calls import Call
from .clock import Clock, iso_millis
from .faults import ALIASES

WHEN = ("before", "after")
# Whoever asked for a hold and died must not stop the cloud for good.
LONGEST_SECONDS = 180.0


@dataclass
class Hold:
    """Stops one call, the one after the first `skip` that match, until it is let go.

    `before`: nothing has been done yet. `after`: it was done, and its answer is held back.
    """

    service: str
    action: str
    when: str = "before"
    # What the caller calls itself by AWS_SDK_UA_APP_ID.
    app: str = "*"
    skip: int = 0
    struckAt: Optional[str] = None
    gone: threading.Event = field(default_factory=threading.Event)

    def takes(self, call: Call, when: str) -> bool:
        """Counts the matching calls; true for the one that is to be stopped."""
        fits = (
            self.struckAt is None
            and self.when == when
            and self.service in ("*", call.service)
            and self.action in ("*", call.action)
            and self.app in ("*", call.app)
        )
        if fits and self.skip > 0:
            self.skip -= 1
            return False
        return fits


class Holds:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._holds: Dict[str, Hold] = {}
        self._lock = threading.Lock()

    def add(self, name: str, raw: Dict[str, Any]) -> None:
        """Raises ValueError that says what is wrong with it."""
        try:
            hold = Hold(**raw)
        except TypeError as problem:
            raise ValueError(f"{problem}; a hold has service, action, when, app, skip")
        if hold.when not in WHEN:
            raise ValueError(f'unknown when "{hold.when}"; allowed: {", ".join(WHEN)}')
        hold.service = ALIASES.get(hold.service, hold.service)
        with self._lock:
            self._holds[name] = hold

    def let_go(self, name: str) -> None:
        """The call goes on; one that was not stopped yet will not be."""
        with self._lock:
            hold = self._holds.pop(name, None)
        if hold:
            hold.gone.set()

    def wait(self, call: Call, when: str) -> bool:
        """Returns when nothing holds the call (any more); true if something did."""
        taken: List[Hold] = []
        with self._lock:
            for hold in self._holds.values():
                if hold.takes(call, when):
                    hold.struckAt = iso_millis(self._clock.now())
                    taken.append(hold)
        for hold in taken:
            hold.gone.wait(LONGEST_SECONDS)
        return bool(taken)

    def struck_at(self, name: str) -> Optional[str]:
        with self._lock:
            hold = self._holds.get(name)
        return hold.struckAt if hold else None
