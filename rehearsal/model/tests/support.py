"""Helpers of the tests: pictures drawn with Pillow, questions to the mind, a server to talk to."""

import base64
import http.client
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

MODEL_FOLDER = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(MODEL_FOLDER))

from PIL import Image, ImageDraw  # noqa: E402

import images  # noqa: E402
from mind import answer  # noqa: E402
from vision import look_at  # noqa: E402

RGB = {
    "red": (215, 25, 35),
    "green": (40, 160, 60),
    "blue": (20, 70, 200),
    "yellow": (245, 220, 40),
    "orange": (240, 125, 15),
    "purple": (125, 45, 165),
    "brown": (115, 72, 35),
    "black": (10, 10, 10),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "light blue": (155, 205, 240),
}
POINTS = {
    "triangle": [(0, -1), (1, 0.8), (-1, 0.8)],
    "square": [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    "rectangle": [(-1, -0.5), (1, -0.5), (1, 0.5), (-1, 0.5)],
    "diamond": [(0, -1), (0.7, 0), (0, 1), (-0.7, 0)],
    "star": [
        (0, -1),
        (0.24, -0.33),
        (0.95, -0.31),
        (0.39, 0.13),
        (0.59, 0.81),
        (0, 0.4),
        (-0.59, 0.81),
        (-0.39, 0.13),
        (-0.95, -0.31),
        (-0.24, -0.33),
    ],
}
Drawn = Tuple[str, str, int, int, int]
"""A shape, its colour, the pixels of its centre, and its half width."""


def shapes_picture(
    shapes: Sequence[Drawn], size: Tuple[int, int] = (400, 300), ground: str = "white"
) -> Image.Image:
    """Shapes on a plain ground."""
    image = Image.new("RGB", size, RGB[ground])
    draw = ImageDraw.Draw(image)
    for shape, colour, x, y, half in shapes:
        if shape == "circle":
            draw.ellipse((x - half, y - half, x + half, y + half), fill=RGB[colour])
        else:
            draw.polygon([(x + half * a, y + half * b) for a, b in POINTS[shape]], fill=RGB[colour])
    return image


def house_picture(door: str = "red", wall: str = "yellow", windows: int = 3) -> Image.Image:
    """A house of another make than the suite's: windows without bars, a flat wide roof, no path."""
    image = Image.new("RGB", (500, 400), RGB["light blue"])
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 340, 500, 400), fill=RGB["green"])
    draw.ellipse((30, 20, 80, 70), fill=RGB["yellow"])
    draw.rectangle((100, 150, 420, 340), fill=RGB[wall])
    draw.polygon([(80, 149), (140, 80), (380, 80), (440, 149)], fill=RGB["brown"])
    draw.rectangle((230, 250, 280, 340), fill=RGB[door])
    for index in range(windows):
        left = 120 + index * 100
        draw.rectangle((left, 175, left + 45, 220), fill=RGB["blue"], outline=RGB["white"], width=4)
    return image


def png_url(image: Image.Image, form: str = "PNG", **options: Any) -> str:
    """A picture as a data URL."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"data:image/{form.lower()};base64,{data}"


def areas_of(image: Image.Image, swapped: bool = False) -> List[Any]:
    """What vision sees in a picture."""
    picture = images.load_picture(png_url(image), 65536, 16777216)
    return look_at(picture, swapped)


def ask(
    question: str,
    *pictures: Image.Image,
    history: Sequence[Tuple[str, str, List[Image.Image]]] = (),
    swapped: bool = False,
    dice: Optional[random.Random] = None,
) -> str:
    """Put a question to the mind, without a server."""
    turns = [*history, ("user", question, list(pictures))]
    seen = [(role, text, [areas_of(one, swapped) for one in shown]) for role, text, shown in turns]
    return answer(seen, dice)


class RunningServer:
    """server.py as a process of its own, on a free port."""

    def __init__(
        self,
        *options: str,
        machine: Optional[Dict[str, Any]] = None,
        env: Optional[Dict[str, str]] = None,
    ) -> None:
        told = machine or {"gpuName": "L4", "gpuCount": 1, "gpuMemoryMiB": 22888}
        self._file = tempfile.NamedTemporaryFile("w", suffix=".json")
        json.dump(told, self._file)
        self._file.flush()
        self._log = tempfile.TemporaryFile("w+")
        command = [sys.executable, str(MODEL_FOLDER / "server.py"), *options]
        self.process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", "0"],
            env={
                **os.environ,
                "REHEARSAL_MACHINE_FILE": self._file.name,
                "REHEARSAL_MODEL_START_SECONDS": "0",
                **(env or {}),
            },
            stdout=self._log,
            stderr=self._log,
        )
        self.port = 0

    def log(self) -> str:
        """Everything printed so far."""
        self._log.seek(0)
        return self._log.read()

    def wait_ready(self, seconds: float = 15) -> "RunningServer":
        """Wait until it listens, and learn its port."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and self.process.poll() is None:
            _, found, rest = self.log().partition("on http://127.0.0.1:")
            if found and "\n" in rest:
                self.port = int(rest.split("\n", 1)[0])
                return self
            time.sleep(0.02)
        raise AssertionError(f"the server is not ready:\n{self.log()}")

    def wait_exit(self, seconds: float = 15) -> int:
        """Its exit code."""
        return self.process.wait(seconds)

    def request(
        self, method: str, path: str, body: Any = None, headers: Optional[Dict[str, str]] = None
    ) -> "Tuple[int, Dict[str, str], bytes]":
        """One request: status, headers and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        raw = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode("utf-8")
        connection.request(
            method, path, raw, {"Content-Type": "application/json", **(headers or {})}
        )
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response.status, dict(response.getheaders()), data

    def chat(self, content: Any, **more: Any) -> "Tuple[int, Any]":
        """One user message: status and parsed answer."""
        body = {"messages": [{"role": "user", "content": content}], "temperature": 0, **more}
        status, _, data = self.request("POST", "/v1/chat/completions", body)
        return status, json.loads(data)

    def stop(self) -> None:
        """End it, if it runs."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._log.close()
        self._file.close()


def with_picture(text: str, *urls: str) -> List[Dict[str, Any]]:
    """A message's content: pictures, then the text."""
    parts: List[Dict[str, Any]] = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return [*parts, {"type": "text", "text": text}]
