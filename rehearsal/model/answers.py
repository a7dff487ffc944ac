"""Remembers what was answered: the same request gets the same answer, and nobody has to look again."""

import hashlib
import json
from typing import Callable, Dict, Tuple

from chat_request import ChatRequest

MAX_ANSWERS = 50_000


def request_digest(request: ChatRequest, choice: int) -> str:
    """A name for what is asked: the conversation and how it is sampled, not how long an answer may be."""
    turns = [
        (turn.role, turn.text, [picture.digest for picture in turn.pictures])
        for turn in request.turns
    ]
    sampling = (request.temperature, request.seed, choice, request.response_format)
    return hashlib.sha256(json.dumps([turns, sampling]).encode("utf-8")).hexdigest()


class Answers:
    """Answers by the digest of their request and by what is wrong with the model's senses."""

    def __init__(self) -> None:
        self._known: Dict[Tuple[str, Tuple[bool, ...]], str] = {}

    def get(self, digest: str, senses: Tuple[bool, ...], think: Callable[[], str]) -> str:
        """The remembered answer, or the one of `think`."""
        key = (digest, senses)
        text = self._known.get(key)
        if text is None:
            text = think()
            if len(self._known) >= MAX_ANSWERS:
                self._known.clear()
            self._known[key] = text
        return text
