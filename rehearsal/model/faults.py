"""Faults on demand: what is wrong with the model or its server, so that a suite can be seen to find it.

A list such as `noise:0.03:7,jitter:0.002` names them, each with its strength and the seed of its chance.
"""

import hashlib
import random
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

TRUNCATE_TOKENS = 4
AT_START = ("crash-on-start", "never-ready")
END_OF_TURN = "<|im_end|>"
INVENTED = (
    f"{END_OF_TURN}\n<|im_start|>user\nWhat else can you tell me?{END_OF_TURN}\n"
    "<|im_start|>assistant\nThere is more to say about that."
)


class FaultError(Exception):
    """A list of faults that cannot be used; the text says what is wrong with it."""


class Noise(NamedTuple):
    """Spoils a share of the answers; which ones follows from the seed and the request."""

    share: float
    seed: str

    def hits(self, request: str) -> bool:
        """Whether the answer to a request, named by its digest, is spoilt."""
        digest = hashlib.sha256(f"{self.seed}/{request}".encode("utf-8")).digest()
        return int.from_bytes(digest[:8], "big") < self.share * 2**64


class Faults(NamedTuple):
    """Everything that is wrong at once."""

    swap_channels: bool = False
    drop_image: bool = False
    reorder_images: bool = False
    wrong_template: bool = False
    wrong_answers: bool = False
    truncate_tokens: Optional[int] = None
    noises: Tuple[Noise, ...] = ()
    slowness: float = 1.0
    at_start: Optional[str] = None

    @property
    def senses(self) -> Tuple[bool, ...]:
        """What changes the conversation before the model sees it."""
        return (self.swap_channels, self.drop_image, self.reorder_images, self.wrong_template)

    def spoils(self, request: str) -> bool:
        """Whether the answer to a request, named by its digest, is wrong.

        An answer that two noises hit is right again: what is changed a little changes right answers into
        wrong ones and the other way round (Dutta et al. 2024, https://arxiv.org/abs/2407.09141).
        """
        hits = sum(noise.hits(request) for noise in self.noises)
        return self.wrong_answers or hits % 2 == 1

    def turns(self, turns: List[Any]) -> List[Any]:
        """The messages that reach the model.

        A wrong template has lost the earlier ones. Reordered pictures of a message are turned by one, so
        that each stands in another's place.
        """
        kept = turns[-1:] if self.wrong_template else turns
        if self.drop_image:
            return [turn._replace(pictures=[]) for turn in kept]
        if self.reorder_images:
            return [turn._replace(pictures=turn.pictures[1:] + turn.pictures[:1]) for turn in kept]
        return list(kept)

    def continued(self, text: str, max_tokens: int) -> str:
        """An answer that does not end, where the template is wrong.

        The end of a turn is then no end to the server: it writes the template's own tokens and goes on to
        ask itself, up to the limit of tokens. So seen in https://github.com/vllm-project/vllm/issues/1917
        and https://github.com/hiyouga/LlamaFactory/issues/3594.
        """
        if not self.wrong_template:
            return text
        # each of them is more than ten tokens
        return text + INVENTED * (max_tokens // 10 + 1)


def parse_faults(text: str) -> Faults:
    """Read a comma-separated list of NAME, NAME:STRENGTH or NAME:STRENGTH:SEED. Raises FaultError.

    Example: `noise:0.05:model,jitter:0.002` spoils each twentieth answer, always the same ones, and each
    five hundredth, others after every start. An empty list is no fault.
    """
    found = Faults()
    for item in filter(None, text.split(",")):
        name, *told = item.strip().split(":")
        if name not in _READERS:
            raise FaultError(f"unknown fault {name!r}; allowed: {', '.join(_READERS)}")
        try:
            found = _READERS[name](found, told)
        except (ValueError, IndexError):
            raise FaultError(f"fault {item.strip()!r}; allowed: {_FORMS.get(name, name)}") from None
    return found


def _switch(field: str) -> "Callable[[Faults, List[str]], Faults]":
    def read(faults: Faults, told: List[str]) -> Faults:
        _expect(not told)
        return faults._replace(**{field: True})

    return read


def _read_truncation(faults: Faults, told: List[str]) -> Faults:
    tokens = int(told[0]) if told else TRUNCATE_TOKENS
    _expect(tokens >= 1 and len(told) <= 1)
    return faults._replace(truncate_tokens=tokens)


def _read_noise(name: str) -> "Callable[[Faults, List[str]], Faults]":
    def read(faults: Faults, told: List[str]) -> Faults:
        share = float(told[0])
        _expect(0 <= share <= 1 and len(told) <= 2)
        unseeded = "0" if name == "noise" else str(random.random())
        seed = told[1] if len(told) > 1 else unseeded
        return faults._replace(noises=(*faults.noises, Noise(share, f"{name}/{seed}")))

    return read


def _read_slowness(faults: Faults, told: List[str]) -> Faults:
    slowness = float(told[0])
    _expect(0 < slowness <= 100 and len(told) == 1)
    return faults._replace(slowness=slowness)


def _read_start(name: str) -> "Callable[[Faults, List[str]], Faults]":
    def read(faults: Faults, told: List[str]) -> Faults:
        _expect(not told)
        return faults._replace(at_start=name)

    return read


def _expect(holds: bool) -> None:
    if not holds:
        raise ValueError


_READERS: "Dict[str, Callable[[Faults, List[str]], Faults]]" = {
    "swap-channels": _switch("swap_channels"),
    "drop-image": _switch("drop_image"),
    "reorder-images": _switch("reorder_images"),
    "truncate-answers": _read_truncation,
    "wrong-template": _switch("wrong_template"),
    "wrong-answers": _switch("wrong_answers"),
    "noise": _read_noise("noise"),
    "jitter": _read_noise("jitter"),
    "slow": _read_slowness,
    **{name: _read_start(name) for name in AT_START},
}
_FORMS = {
    "truncate-answers": "truncate-answers or truncate-answers:TOKENS, at least 1",
    "noise": "noise:SHARE or noise:SHARE:SEED, a share from 0 to 1",
    "jitter": "jitter:SHARE or jitter:SHARE:SEED, a share from 0 to 1",
    "slow": "slow:FACTOR, above 0 and at most 100",
}
