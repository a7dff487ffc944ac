"""The cloud's clock: real time plus an offset that only ever grows."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone


class Clock:
    """Seconds since the epoch as the emulated cloud sees them."""

    def __init__(self) -> None:
        self._offset_seconds = 0.0
        self._lock = threading.Lock()

    @property
    def offset_seconds(self) -> float:
        return self._offset_seconds

    def now(self) -> float:
        return time.time() + self._offset_seconds

    def jump_to(self, instant: float) -> None:
        """Moves the clock forward to `instant`; an instant that is past already changes nothing."""
        with self._lock:
            self._offset_seconds += max(0.0, instant - self.now())

    def utcnow(self) -> datetime:
        """Naive UTC, which is how moto keeps its instants."""
        return datetime.fromtimestamp(self.now(), timezone.utc).replace(tzinfo=None)


def iso(instant: float | None) -> str | None:
    """`2026-11-24T07:00:00Z`, cut to whole seconds, or None for None."""
    if instant is None:
        return None
    return datetime.fromtimestamp(instant, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_millis(instant: float) -> str:
    moment = datetime.fromtimestamp(instant, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_iso(text: str | None) -> float | None:
    """Seconds since the epoch of an ISO instant with a zone; None where it is none."""
    try:
        moment = datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None
