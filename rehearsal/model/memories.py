"""Remembers what was seen and answered: the same request gets the same answer, and nobody looks twice."""

import hashlib
import json
from typing import Callable, Dict, Generic, TypeVar

from chat_request import ChatRequest

Key = TypeVar("Key")
Value = TypeVar("Value")
MAX_KNOWN = 50_000


def request_digest(request: ChatRequest, choice: int) -> str:
    """A name for what is asked: the conversation and how it is sampled, not how long an answer may be."""
    turns = [
        (turn.role, turn.text, [picture.digest for picture in turn.pictures])
        for turn in request.turns
    ]
    sampling = (request.temperature, request.seed, choice, request.response_format)
    return hashlib.sha256(json.dumps([turns, sampling]).encode("utf-8")).hexdigest()


class Memory(Generic[Key, Value]):
    """What was found out once, by what it is about."""

    def __init__(self) -> None:
        self._known: Dict[Key, Value] = {}

    def get(self, key: Key, find_out: Callable[[], Value]) -> Value:
        """What is known, or else what `find_out` gives."""
        known = self._known
        if key not in known:
            found = find_out()
            if len(known) >= MAX_KNOWN:
                # others may be reading the old ones
                self._known = known = {}
            known[key] = found
        return known[key]
