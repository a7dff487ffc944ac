"""Pages of DescribeInstances that go on where the last one ended, whatever has ended since.

moto counts reservations, and forgets the place when the reservation at the end of a page is gone: a
terminator that ends machines page by page would be stopped by that.
"""

from __future__ import annotations

import base64
import binascii
import copy
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional

from . import moto_settings  # noqa: F401  (before moto)

from moto.ec2.exceptions import EC2ClientError  # noqa: E402

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
LEAST, MOST = 5, 1000


@dataclass
class Page:
    """How many instances at most, after which place in the order of their launches."""

    size: Optional[int]
    after: int

    @classmethod
    def take_from(cls, params: Dict[str, Any]) -> Page:
        """Reads a request's own, and takes it off so that moto sees none; raises EC2ClientError."""
        size, token = params.pop("MaxResults", None), params.pop("NextToken", None)
        params["MaxResults"] = MOST * MOST
        if size is not None and not LEAST <= int(size) <= MOST:
            raise EC2ClientError(
                "InvalidParameterValue",
                f"Value ( {size} ) for parameter maxResults is invalid. "
                f"Expecting a value between {LEAST} and {MOST}.",
            )
        return cls(None if size is None else int(size), -1 if token is None else _place(token))

    def cut(self, answer: Dict[str, Any], place_of: Mapping[str, int]) -> None:
        """Leaves this page in the answer, in its reservations, and the token of the next one."""
        left = sorted(
            (
                (place_of[instance.id], instance, reservation)
                for reservation in answer["Reservations"]
                for instance in reservation.instances
                if place_of[instance.id] > self.after
            ),
            key=lambda one: one[0],
        )
        shown = left[: self.size]
        reservations: Dict[str, Any] = {}
        for _, instance, reservation in shown:
            if reservation.id not in reservations:
                reservations[reservation.id] = copy.copy(reservation)
                reservations[reservation.id].instances = []
            reservations[reservation.id].instances.append(instance)
        answer["Reservations"] = list(reservations.values())
        answer["NextToken"] = _token(shown[-1][0]) if len(shown) < len(left) else None


def _token(place: int) -> str:
    return base64.b64encode(f"after {place}".encode()).decode()


def _place(token: str) -> int:
    try:
        word, place = base64.b64decode(token, validate=True).decode().split(" ")
        if word == "after":
            return int(place)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    raise EC2ClientError("InvalidNextToken", f"The token '{token}' is not valid")
