"""Memory that requests take while they run, beyond what the start has measured.

vLLM gives the KV cache all that its profile of the start leaves, up to --gpu-memory-utilization. What
a request takes beyond that profile comes out of the share above it, and when that is used up the
engine dies, and the server with it.
"""

import threading
from contextlib import contextmanager
from typing import Iterator, Optional

from machine import Machine
from memory import Settings, out_of_memory


class EngineDeadError(Exception):
    """What every request gets once the engine has died."""

    def __init__(self) -> None:
        super().__init__(
            "EngineCore encountered an issue. See stack trace (above) for the root cause."
        )


class RequestMemory:
    """Counts the requests that run, each of the machine's `request_bytes`."""

    def __init__(self, settings: Settings, machine: Machine) -> None:
        self._machine = machine
        self._room = int(machine.gpu_bytes * (1 - settings.utilization))
        self._lock = threading.Lock()
        self._running = 0
        self.cause_of_death: Optional[str] = None
        """torch's sentence, once the engine has died."""

    @contextmanager
    def taken(self) -> Iterator[None]:
        """For as long as a request runs. Raises EngineDeadError when there is too little."""
        with self._lock:
            self._running += 1
            taken = self._running * self._machine.request_bytes
            if taken > self._room and self.cause_of_death is None:
                before = self._machine.gpu_bytes - self._room + taken - self._machine.request_bytes
                asked = self._machine.request_bytes
                self.cause_of_death = out_of_memory(asked, before, self._machine)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._running -= 1

    def check(self) -> None:
        """Raises EngineDeadError once the engine has died, be it for another request's sake."""
        if self.cause_of_death is not None:
            raise EngineDeadError
