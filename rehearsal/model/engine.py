"""Answers requests side by side, at a pace like a small GPU's, and counts what it does."""

import random
import threading
import time
from typing import Iterator, List, NamedTuple, Optional, Tuple

from chat_request import ChatRequest
from faults import Faults
from images import Picture
from machine import Machine
from memories import Memory, request_digest
from memory import MemoryReport, Settings
from metrics import Metrics
from mind import answer
from request_memory import RequestMemory
from tokens import split_tokens
from vision import Sight, look_at
from wrongness import make_wrong


class Piece(NamedTuple):
    """One token of an answer; the last has a finish reason."""

    text: str
    finish_reason: Optional[str]


class Engine:
    """The model behind the server."""

    def __init__(
        self,
        settings: Settings,
        report: MemoryReport,
        machine: Machine,
        metrics: Metrics,
        seed: int,
    ) -> None:
        self.settings = settings
        self.report = report
        self.metrics = metrics
        self.faults = machine.faults
        self._pace = machine.pace
        self._answers: Memory[Tuple[str, Tuple[bool, ...]], str] = Memory()
        self._views: Memory[Tuple[str, bool], Sight] = Memory()
        self._seed = seed
        self._slots = threading.BoundedSemaphore(settings.max_num_seqs)
        self.memory = RequestMemory(settings, machine)

    def generate(
        self, request: ChatRequest, choice: int = 0, faults: Optional[Faults] = None
    ) -> Iterator[Piece]:
        """The tokens of one answer, each when a GPU would have made it.

        @param faults: in place of those that the machine has.
        Raises EngineDeadError.
        """
        faults = self.faults if faults is None else faults
        arrived = time.monotonic()
        used = request.prompt_tokens / max(1, self.report.kv_tokens)
        self.metrics.add("num_requests_waiting")
        with self._slots:
            self.metrics.add("num_requests_waiting", -1)
            self.metrics.add("num_requests_running")
            self.metrics.add("kv_cache_usage_perc", used)
            self.metrics.observe("request_queue_time_seconds", time.monotonic() - arrived)
            reason = "abort"
            try:
                with self.memory.taken():
                    for piece in self._paced(request, choice, faults, arrived):
                        self.memory.check()
                        reason = piece.finish_reason or reason
                        yield piece
            finally:
                # a client that hangs up ends the generator here
                self.metrics.add("num_requests_running", -1)
                self.metrics.add("kv_cache_usage_perc", -used)
                self.metrics.finish(reason)

    def _paced(
        self, request: ChatRequest, choice: int, faults: Faults, arrived: float
    ) -> Iterator[Piece]:
        started = time.monotonic()
        pace = self._pace.slowed(faults.slowness)
        pieces = self._think(request, choice, faults)
        _sleep_until(started + pace.prefill_seconds(request.prompt_tokens))
        first = last = due = time.monotonic()
        self.metrics.add("prompt_tokens", request.prompt_tokens)
        self.metrics.observe("time_to_first_token_seconds", first - arrived)
        self.metrics.observe("request_prefill_time_seconds", first - started)
        for index, piece in enumerate(pieces):
            if index:
                due = pace.next_token(due, last)
                _sleep_until(due)
                self.metrics.observe("inter_token_latency_seconds", time.monotonic() - last)
                last = time.monotonic()
            self.metrics.add("generation_tokens")
            yield piece
        ended = time.monotonic()
        self.metrics.observe("request_decode_time_seconds", ended - first)
        self.metrics.observe("request_inference_time_seconds", ended - started)
        self.metrics.observe(
            "request_time_per_output_token_seconds", (ended - first) / max(1, len(pieces) - 1)
        )
        self.metrics.observe("e2e_request_latency_seconds", ended - arrived)

    def _think(self, request: ChatRequest, choice: int, faults: Faults) -> List[Piece]:
        digest = request_digest(request, choice)
        text = self._answer(request, choice, faults, digest)
        if faults.spoils(digest):
            text = make_wrong(text)
        if self.settings.identity.variant == "Thinking":
            text = f"I look at what was asked and at what I can see.\n</think>\n\n{text}"
        text = faults.continued(text, request.max_tokens)
        for stop in request.stop:
            text = text.split(stop, 1)[0] if stop else text
        tokens = split_tokens(text) or [""]
        # cut by a fault an answer looks finished
        tokens = tokens[: faults.truncate_tokens]
        kept = tokens[: request.max_tokens]
        reason = "length" if len(kept) < len(tokens) else "stop"
        return [Piece(token, None) for token in kept[:-1]] + [Piece(kept[-1], reason)]

    def _answer(self, request: ChatRequest, choice: int, faults: Faults, digest: str) -> str:
        def think() -> str:
            turns = [
                (turn.role, turn.text, [self._look(one, faults) for one in turn.pictures])
                for turn in faults.turns(request.turns)
            ]
            return answer(turns, self._dice(request, choice), request.response_format)

        if request.temperature != 0 and request.seed is None:
            return think()
        return self._answers.get((digest, faults.senses), think)

    def _look(self, picture: Picture, faults: Faults) -> Sight:
        swapped = faults.swap_channels
        return self._views.get((picture.digest, swapped), lambda: look_at(picture, swapped))

    def _dice(self, request: ChatRequest, choice: int) -> Optional[random.Random]:
        """Nothing to choose at temperature 0; else the seed decides, and without a seed chance."""
        if request.temperature == 0:
            return None
        if request.seed is None:
            return random.Random()
        return random.Random(f"{self._seed}/{request.seed}/{choice}")


def _sleep_until(moment: float) -> None:
    seconds = moment - time.monotonic()
    if seconds > 0:
        time.sleep(seconds)
