"""What the server answers to plain questions."""

from typing import Callable

import pytest

from server import Server


def test_names_the_capital(server: Server, pytestconfig: pytest.Config) -> None:
    """A fact that every model knows; `--capital` lets it fail."""
    answer = server.ask("What is the capital of France? Answer with one word.")
    assert pytestconfig.getoption("--capital").lower() in answer.lower()


def test_streams_the_same_answer(
    server: Server, record_property: Callable[[str, object], None]
) -> None:
    """A streamed answer comes in pieces, and they are the whole answer."""
    prompt = "What is the capital of France? Answer in one short sentence."
    pieces = list(server.stream(prompt))
    # A number of a test: it is kept as a metric of the case.
    record_property("pieces", len(pieces))
    assert len(pieces) > 1
    assert "".join(pieces) == server.ask(prompt)
