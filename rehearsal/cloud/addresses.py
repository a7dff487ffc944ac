"""Public addresses of the machines: loopback ones, 127.0.X.N, an X for every cloud on the host."""

from __future__ import annotations

import errno
import socket
from typing import Optional, Set

OCTETS = [77, *range(64, 77), *range(78, 121)]
# A cloud holds its octet by listening here; the kernel lets go when the process ends.
CLAIM_PORT = 47122
FIRST, LAST = 2, 254


class Addresses:
    """Hands out each address again only after it was given back."""

    def __init__(self) -> None:
        self._used: Set[int] = set()
        self._last = FIRST - 1
        self._claim: Optional[socket.socket] = None
        for octet in OCTETS:
            claim = socket.socket()
            try:
                claim.bind((f"127.0.{octet}.1", CLAIM_PORT))
                claim.listen(1)
            except OSError as problem:
                claim.close()
                if problem.errno == errno.EADDRNOTAVAIL:
                    break
                continue
            self._claim = claim
            self.octet = octet
            return
        # macOS knows 127.0.0.1 alone unless told otherwise: an alias an address would be needed.
        self.octet = 77

    def take(self) -> str:
        """The next free one; raises RuntimeError when all are in use."""
        for step in range(LAST - FIRST + 1):
            number = (self._last - FIRST + 1 + step) % (LAST - FIRST + 1) + FIRST
            address = f"127.0.{self.octet}.{number}"
            if number not in self._used and not _somebody_listens(address):
                self._used.add(number)
                self._last = number
                return address
        raise RuntimeError(f"no free address left in 127.0.{self.octet}.0/24")

    def give_back(self, address: Optional[str]) -> None:
        if address and address.startswith(f"127.0.{self.octet}."):
            self._used.discard(int(address.rsplit(".", 1)[1]))

    def close(self) -> None:
        if self._claim:
            self._claim.close()


def _somebody_listens(address: str) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((address, 22)) == 0
