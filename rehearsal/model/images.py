"""From an `image_url` part to pixels, refused where real vLLM refuses and in its words."""

import base64
import binascii
import hashlib
import io
import math
import urllib.request
from functools import cached_property
from typing import Dict, Tuple

import numpy as np
from PIL import Image

from memory import PIXELS_PER_TOKEN

MAX_DECODED_PIXELS = 178_956_970
"""Twice Pillow's MAX_IMAGE_PIXELS: above it decoding is refused as a decompression bomb."""
MAX_ASPECT_RATIO = 200
FACTOR = 32
LOOK_SIDE = 640
"""The longest side that is looked at: enough for shapes, and quick."""
FETCH_SECONDS = 5

# we check the size ourselves, before any pixel is decoded
Image.MAX_IMAGE_PIXELS = None


class ImageError(Exception):
    """A picture that the server answers with HTTP 400."""


class Picture:
    """A picture that can be decoded: its size as sent, its tokens, the digest of its file."""

    def __init__(self, data: bytes, digest: str, size: Tuple[int, int], tokens: int) -> None:
        self._data = data
        self.digest = digest
        self.width, self.height = size
        self.tokens = tokens

    @cached_property
    def pixels(self) -> np.ndarray:
        """Scaled down for looking."""
        return _pixels_of(_open(self._data))


_GOOD_FILES: Dict[str, Tuple[int, int]] = {}
"""Sizes of files that could be decoded: nobody needs to do it again to know that."""
MAX_GOOD_FILES = 20_000


def load_picture(url: str, min_pixels: int, max_pixels: int) -> Picture:
    """Read an http, https or data URL. Raises ImageError."""
    data = _fetch(url)
    digest = hashlib.sha256(data).hexdigest()
    known = _GOOD_FILES.get(digest)
    size = known or _size_of(_open(data))
    picture = Picture(data, digest, size, visual_tokens(*size, min_pixels, max_pixels))
    if known is None:
        picture.pixels  # noqa: B018, a damaged file shows only here
        if len(_GOOD_FILES) >= MAX_GOOD_FILES:
            _GOOD_FILES.clear()
        _GOOD_FILES[digest] = size
    return picture


def _size_of(image: Image.Image) -> Tuple[int, int]:
    width, height = image.size
    if width * height > MAX_DECODED_PIXELS:
        raise ImageError(
            f"Failed to load image: Image dimensions {width}x{height} ({width * height} pixels)"
            f" exceed the maximum of {MAX_DECODED_PIXELS} pixels"
        )
    return width, height


def visual_tokens(width: int, height: int, min_pixels: int, max_pixels: int) -> int:
    """Tokens of a picture: sides rounded to 32, H * W / 1024, and two that mark its ends.

    Raises ImageError for a picture that is more than 200 times as long as wide. The rounding is
    Qwen's `smart_resize`. Example: 640 x 480 gives 302.
    """
    ratio = max(width, height) / min(width, height)
    if ratio > MAX_ASPECT_RATIO:
        raise ImageError(
            "Failed to apply Qwen3VLProcessor on data={'text':"
            " '<|vision_start|><|image_pad|><|vision_end|>', 'images': [<PIL.Image.Image image"
            f" mode=RGB size={width}x{height}>]}} with kwargs={{}}: absolute aspect ratio must be"
            f" smaller than {MAX_ASPECT_RATIO}, got {ratio}"
        )
    wide = max(FACTOR, round(width / FACTOR) * FACTOR)
    high = max(FACTOR, round(height / FACTOR) * FACTOR)
    if wide * high > max_pixels:
        shrink = math.sqrt(width * height / max_pixels)
        wide = max(FACTOR, math.floor(width / shrink / FACTOR) * FACTOR)
        high = max(FACTOR, math.floor(height / shrink / FACTOR) * FACTOR)
    elif wide * high < min_pixels:
        grow = math.sqrt(min_pixels / (width * height))
        wide = math.ceil(width * grow / FACTOR) * FACTOR
        high = math.ceil(height * grow / FACTOR) * FACTOR
    return wide * high // PIXELS_PER_TOKEN + 2


def _fetch(url: str) -> bytes:
    scheme, _, rest = url.partition(":")
    if scheme == "data":
        header, comma, data = rest.partition(",")
        if not comma or not header.endswith(";base64"):
            raise ImageError("Failed to load image: Only base64 data URLs are supported for now.")
        try:
            return base64.b64decode(data, validate=False)
        except (binascii.Error, ValueError) as error:
            raise ImageError(f"Failed to load image: {error}") from None
    if scheme in ("http", "https"):
        try:
            with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer:
                return bytes(answer.read())
        except (OSError, ValueError) as error:
            raise ImageError(f"Failed to load image: {error}") from None
    if scheme == "file":
        raise ImageError("Cannot load local files without `--allowed-local-media-path`.")
    raise ImageError("The URL must be either a HTTP, data or file URL.")


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data))
    except Exception as error:  # Pillow's plugins raise many kinds for broken headers
        raise ImageError(f"Failed to load image: {error}") from None


def _pixels_of(image: Image.Image) -> np.ndarray:
    try:
        image.load()
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            image = _on_white(image.convert("RGBA"))
        image = image.convert("RGB")
    except Exception as error:  # a truncated or damaged file shows only here
        raise ImageError(f"Failed to load image: {error}") from None
    shrink = max(image.size) / LOOK_SIDE
    if shrink > 1:
        image = image.resize(_scaled(image.size, shrink), Image.Resampling.BOX)
    return np.asarray(image, dtype=np.uint8)


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image)


def _scaled(size: Tuple[int, int], shrink: float) -> Tuple[int, int]:
    return max(1, round(size[0] / shrink)), max(1, round(size[1] / shrink))
