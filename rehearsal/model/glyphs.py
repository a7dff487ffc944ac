"""The characters that can be read: how each looks, as Pillow draws it from an open font.

A shape is compared without knowing its size: its weight, the middle of its ink and how far the ink
spreads from there are numbers that also a few grey pixels give exactly.
"""

import functools
from pathlib import Path
from typing import List, NamedTuple, Tuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONT = Path(__file__).resolve().parent / "font" / "subset.ttf"
EM = 64
"""Pixels of an em in the drawn characters."""
LEFT, BASELINE, WIDTH, HEIGHT = 8, 72, 84, 96
"""Where a character is drawn, and the size of its picture."""
CELLS = 10
SMALLEST_SPREAD = 0.25
REACH = 2.3
"""A shape is compared within so many standard deviations of its ink."""
EXTRA = "，。、：；？！（）"
FIRST_CHINESE, LAST_CHINESE = 0x4E00, 0x9FFF


class Shape(NamedTuple):
    """Ink in a picture, in its pixels."""

    mass: float
    centre_x: float
    centre_y: float
    spread_x: float
    spread_y: float
    cells: np.ndarray
    """The ink in CELLS x CELLS fields around the middle, as a vector of length 1."""


class Glyphs(NamedTuple):
    """All characters; every array is by character. Lengths are in ems, heights from the baseline."""

    characters: List[str]
    sums: np.ndarray
    """The ink above and left of each corner of a pixel."""
    masses: np.ndarray
    centres: np.ndarray
    spreads: np.ndarray
    cells: np.ndarray
    advances: np.ndarray


@functools.lru_cache(maxsize=1)
def load_glyphs() -> Glyphs:
    """Draw every character of the font once; it takes some tenths of a second."""
    font = ImageFont.truetype(str(FONT), EM)
    characters = [chr(code) for code in range(0x21, 0x7F)] + list(EXTRA)
    chinese = [chr(code) for code in range(FIRST_CHINESE, LAST_CHINESE + 1)]
    nothing = bytes(font.getmask(chr(0xE000)))
    characters += [one for one in chinese if bytes(font.getmask(one)) != nothing]
    drawn = [_draw(font, one) for one in characters]
    shapes = [measure(one) for one in drawn]
    return Glyphs(
        characters=characters,
        sums=np.stack([corner_sums(one) for one in drawn]).astype(np.float32),
        masses=np.array([shape.mass for shape in shapes]) / EM**2,
        centres=np.array([(s.centre_x - LEFT, s.centre_y - BASELINE) for s in shapes]) / EM,
        spreads=np.array([(s.spread_x, s.spread_y) for s in shapes]) / EM,
        cells=np.stack([shape.cells for shape in shapes]),
        advances=np.array([font.getlength(one) for one in characters]) / EM,
    )


def measure(ink: np.ndarray) -> Shape:
    """Measure ink, 0 to 1 in each pixel; there is some."""
    rows, columns = ink.sum(axis=1), ink.sum(axis=0)
    mass = float(columns.sum())
    xs, ys = np.arange(len(columns)) + 0.5, np.arange(len(rows)) + 0.5
    x, y = float(columns @ xs) / mass, float(rows @ ys) / mass
    spread_x = _spread(float(columns @ (xs - x) ** 2) / mass)
    spread_y = _spread(float(rows @ (ys - y) ** 2) / mass)
    sums = corner_sums(ink)
    steps = np.linspace(-REACH, REACH, CELLS + 1)
    fields = _at(sums[None], y + steps[None] * spread_y, x + steps[None] * spread_x)[0]
    fields = np.diff(np.diff(fields, axis=0), axis=1).ravel()
    return Shape(mass, x, y, spread_x, spread_y, fields / max(1e-9, float(np.linalg.norm(fields))))


def _spread(variance: float) -> float:
    """The standard deviation without what the pixels add: a square of side 1 has a variance of 1/12."""
    return float(max(SMALLEST_SPREAD**2, variance - 1 / 12) ** 0.5)


def corner_sums(ink: np.ndarray) -> np.ndarray:
    """For each corner of a pixel the ink above and left of it."""
    return np.pad(ink.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))


def draw_at(
    glyphs: Glyphs, which: np.ndarray, sizes: np.ndarray, pens: np.ndarray, shape: Tuple[int, int]
) -> np.ndarray:
    """Characters as they look in a picture of `shape` (height, width), one picture each.

    @param sizes: pixels of an em, one for each.
    @param pens: x of each pen and y of its baseline, in pixels.
    """
    scale = (EM / sizes)[:, None]
    rows = (np.arange(shape[0] + 1)[None] - pens[:, 1:]) * scale + BASELINE
    columns = (np.arange(shape[1] + 1)[None] - pens[:, :1]) * scale + LEFT
    corners = _at(glyphs.sums[which], rows, columns)
    ink = np.diff(np.diff(corners, axis=1), axis=2)
    return np.asarray(ink / (scale**2)[:, :, None])


def _at(sums: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Sums at places between the corners, for each picture of a stack."""
    rows = np.clip(rows, 0, sums.shape[1] - 1)
    columns = np.clip(columns, 0, sums.shape[2] - 1)
    top = np.minimum(rows.astype(int), sums.shape[1] - 2)
    left = np.minimum(columns.astype(int), sums.shape[2] - 2)
    down, across = (rows - top)[:, :, None], (columns - left)[:, None, :]
    each = np.arange(len(sums))[:, None, None]
    top, left = top[:, :, None], left[:, None, :]
    upper = sums[each, top, left] * (1 - across) + sums[each, top, left + 1] * across
    lower = sums[each, top + 1, left] * (1 - across) + sums[each, top + 1, left + 1] * across
    return np.asarray(upper * (1 - down) + lower * down)


def _draw(font: ImageFont.FreeTypeFont, character: str) -> np.ndarray:
    image = Image.new("L", (WIDTH, HEIGHT), 0)
    ImageDraw.Draw(image).text((LEFT, BASELINE), character, font=font, fill=255, anchor="ls")
    return np.asarray(image, dtype=np.float64) / 255
