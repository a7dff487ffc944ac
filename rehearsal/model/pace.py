"""How fast the emulated GPU is: the time of a token, and of reading a prompt."""

from typing import NamedTuple

TOKENS_PER_SECOND = 200.0
FIRST_TOKEN_TOKENS = 4
"""The first token takes as long as so many further ones."""
PROMPT_TOKENS_A_TOKEN = 2500
"""So many tokens of a prompt are read in the time that one is written."""

LEAST_GAP = 0.9
"""Of the time between two tokens, where the one before was late."""


class Pace(NamedTuple):
    """A steady pace; 0 tokens a second is no waiting at all."""

    tokens_per_second: float = TOKENS_PER_SECOND

    @property
    def seconds_a_token(self) -> float:
        """Between two tokens of an answer."""
        return 1 / self.tokens_per_second if self.tokens_per_second > 0 else 0.0

    def prefill_seconds(self, prompt_tokens: int) -> float:
        """From the start of a request to its first token. Example: 28 ms for 4,000 tokens at 200 a second."""
        tokens = FIRST_TOKEN_TOKENS + prompt_tokens / PROMPT_TOKENS_A_TOKEN
        return tokens * self.seconds_a_token

    def next_token(self, due: float, last: float) -> float:
        """When the token after one that was due and came at `last` is due, in seconds of a steady clock.

        What came a little late is made up for; after a long wait for the computer's own processor tokens do
        not come in a burst, as they do not on a GPU.
        """
        return max(due + self.seconds_a_token, last + LEAST_GAP * self.seconds_a_token)

    def slowed(self, factor: float) -> "Pace":
        """A pace at which everything takes `factor` times as long."""
        return Pace(self.tokens_per_second / factor)
