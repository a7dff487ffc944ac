"""Reads bar charts: which bar has which label, and how high it is by the scale."""

from typing import List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from regions import label_regions
from words import is_chinese
from writing import Line

COLOURED = 50
"""Bars differ this much between their strongest and weakest channel; grid and letters do not."""
SMALLEST_BAR = 8
FILLED = 0.95
SAME_FLOOR = 4


class Bar(NamedTuple):
    """A bar with what stands below it; its value is printed, or read from the scale."""

    label: str
    value: float


class _Box(NamedTuple):
    """A bar's place in pixels."""

    left: int
    top: int
    right: int
    bottom: int


def read_bars(lines: Sequence[Line], pixels: np.ndarray) -> List[Bar]:
    """The bars from left to right; none where the picture is no bar chart."""
    boxes = _boxes(pixels)
    floor = max((box.bottom for box in boxes), default=0)
    boxes = sorted(box for box in boxes if floor - box.bottom <= SAME_FLOOR)
    if len(boxes) < 2:
        return []
    scale = _scale([line for line in lines if line.right < boxes[0].left])
    read: List[Bar] = []
    for box in boxes:
        label = _nearest(lines, box, floor, below=True)
        printed = _nearest(lines, box, box.top, below=False)
        value = number_of(printed.text) if printed else None
        if value is None and scale is not None:
            value = scale[0] * box.top + scale[1]
        if label is not None and value is not None:
            read.append(Bar(label.text, value))
    return read


def number_of(text: str) -> Optional[float]:
    """A number that stands alone: "1,200"."""
    try:
        return None if is_chinese(text) else float(text.replace(",", ""))
    except ValueError:
        return None


def _boxes(pixels: np.ndarray) -> List[_Box]:
    """Filled rectangles of a colour."""
    wide = pixels.astype(np.int16)
    coloured = wide.max(axis=2) - wide.min(axis=2) > COLOURED
    codes = (wide >> 4) @ np.array([256, 16, 1])
    # Neighbouring bars of different colours are different regions.
    labels = label_regions(np.where(coloured, codes, -1))
    boxes: List[_Box] = []
    for region in np.flatnonzero((labels.values >= 0) & (labels.sizes >= 4 * SMALLEST_BAR)):
        box = _Box(*(int(edge) for edge in labels.boxes[region]))
        area = (box.right - box.left) * (box.bottom - box.top)
        if box.right - box.left >= SMALLEST_BAR and labels.sizes[region] > FILLED * area:
            boxes.append(box)
    return boxes


def _nearest(lines: Sequence[Line], box: _Box, edge: int, below: bool) -> Optional[Line]:
    """The line over or under a bar that is nearest to an edge of it."""
    middle, half = (box.left + box.right) / 2, (box.right - box.left) / 2
    near: List[Tuple[float, Line]] = []
    for line in lines:
        gap = line.middle[1] - edge if below else edge - line.middle[1]
        if abs(line.middle[0] - middle) < half and 0 < gap < 2 * line.size:
            near.append((gap, line))
    return min(near, key=lambda one: one[0])[1] if near else None


def _scale(lines: Sequence[Line]) -> Optional[Tuple[float, float]]:
    """The value of a row of pixels: its slope, and what row 0 has."""
    marks = [(line.middle[1], number_of(line.text)) for line in lines]
    known = [(row, value) for row, value in marks if value is not None]
    if len(known) < 2:
        return None
    rows, values = np.array(known).T
    slope, start = np.polyfit(rows, values, 1)
    return float(slope), float(start)
