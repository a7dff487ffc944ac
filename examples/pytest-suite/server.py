"""Speaks to an OpenAI-compatible server with nothing but Python's own library."""

import base64
import io
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, Iterator

from PIL import Image

TIMEOUT_SECONDS = 60
SEED = 20261124


@dataclass(frozen=True)
class Refusal(Exception):
    """What the server said instead of an answer."""

    status: int
    message: str


def picture_part(data: bytes) -> dict[str, Any]:
    """A picture as a part of a message.

    :param data: bytes of a PNG file, or what passes for one.
    """
    url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


def square(colour: str) -> bytes:
    """A PNG of 256 x 256 pixels in one colour, by its name in CSS."""
    file = io.BytesIO()
    Image.new("RGB", (256, 256), colour).save(file, "PNG")
    return file.getvalue()


@dataclass(frozen=True)
class Server:
    """A server and the name under which it serves its model."""

    url: str
    model: str

    def ask(self, prompt: str, *pictures: bytes) -> str:
        """The answer to one question, at temperature 0.

        :raises Refusal: for an HTTP status that is no success.
        """
        with self._open(prompt, pictures, stream=False) as response:
            return str(json.load(response)["choices"][0]["message"]["content"])

    def stream(self, prompt: str) -> Iterator[str]:
        """The same answer, piece by piece, as the server sends it."""
        with self._open(prompt, (), stream=True) as response:
            for line in response:
                data = line.decode().removeprefix("data:").strip()
                if not data or data == "[DONE]":
                    continue
                choices = json.loads(data)["choices"]
                piece = choices[0]["delta"].get("content") if choices else None
                if piece:
                    yield piece

    def _open(self, prompt: str, pictures: tuple[bytes, ...], stream: bool) -> Any:
        parts = [picture_part(data) for data in pictures]
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": [*parts, {"type": "text", "text": prompt}]}],
            "max_tokens": 64,
            "temperature": 0,
            "seed": SEED,
            "stream": stream,
        }
        request = urllib.request.Request(
            f"{self.url}/v1/chat/completions",
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        try:
            return urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as error:
            raise Refusal(error.code, error.read().decode(errors="replace")) from error
