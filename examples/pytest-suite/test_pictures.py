"""What the server sees."""

import pytest

from server import Refusal, Server, square


@pytest.mark.parametrize("colour", ["red", "green", "blue"])
def test_sees_the_colour(server: Server, colour: str) -> None:
    """A swapped channel shows here."""
    answer = server.ask("What colour is this picture? Answer with one word.", square(colour))
    assert colour in answer.lower()


def test_refuses_a_broken_picture_and_goes_on(server: Server) -> None:
    """The client is told, and the next request is answered."""
    with pytest.raises(Refusal) as refused:
        server.ask("What is in this picture?", square("red")[:60])
    assert 400 <= refused.value.status < 500
    assert server.ask("Say hello.")
