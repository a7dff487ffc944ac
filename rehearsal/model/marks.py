"""Finds what may be lines of writing: small marks on a plain ground, side by side."""

from typing import List, NamedTuple

import numpy as np

from regions import Labels, label_regions

MAX_GROUNDS = 4
SMALLEST_GROUND = 0.01
INK_STEP = 30
"""A pixel that differs by less from the ground belongs to it."""
LARGEST_MARK = 130
SOLID_MARK = 14
"""A filled mark this thick is no stroke of a letter."""
LONGEST_DASH = 14
MAX_MARKS = 1200
COMFORTABLE_HEIGHT = 40
"""Higher lines are made smaller before they are read."""
BESIDE = 1.4
OUT_OF_LINE = 0.15
ABOVE = 0.33
FLAT_STROKE = 6


class Mark(NamedTuple):
    """A line of marks. Its ink is 0 to 1; a pixel of it is `scale` pixels of the picture."""

    ink: np.ndarray
    left: float
    top: float
    scale: int


def find_marks(pixels: np.ndarray) -> List[Mark]:
    """Everything that may be a line of writing."""
    found: List[Mark] = []
    for ground in _grounds(pixels):
        away = np.abs(pixels.astype(np.int16) - ground).max(axis=2)
        labels = label_regions((away > INK_STEP).astype(np.int8))
        marks = _letter_like(labels)
        if 0 < len(marks) <= MAX_MARKS:
            boxes = labels.boxes[marks]
            for group in _lines(boxes):
                found.append(_cut(pixels, ground, labels, marks[group]))
    return found


def _grounds(pixels: np.ndarray) -> List[np.ndarray]:
    """The few colours that fill most of the picture."""
    bins = (pixels >> 3).astype(np.int32)
    codes = ((bins[:, :, 0] << 10) | (bins[:, :, 1] << 5) | bins[:, :, 2]).ravel()
    counts = np.bincount(codes, minlength=32768)
    grounds: List[np.ndarray] = []
    for code in np.argsort(-counts)[: 2 * MAX_GROUNDS]:
        if counts[code] < SMALLEST_GROUND * codes.size or len(grounds) == MAX_GROUNDS:
            break
        colour = np.median(pixels.reshape(-1, 3)[codes == code], axis=0).astype(np.int16)
        if all(np.abs(colour - other).max() > INK_STEP for other in grounds):
            grounds.append(colour)
    return grounds


def _letter_like(labels: Labels) -> np.ndarray:
    wide = labels.boxes[:, 2] - labels.boxes[:, 0]
    high = labels.boxes[:, 3] - labels.boxes[:, 1]
    thin = np.minimum(wide, high)
    filled = labels.sizes / np.maximum(1, wide * high)
    good = (labels.values == 1) & (labels.border_pixels == 0) & (labels.sizes >= 2)
    good &= (np.maximum(wide, high) <= LARGEST_MARK) & (wide <= LONGEST_DASH * high)
    good &= ~((thin >= SOLID_MARK) & (filled > 0.92))
    return np.flatnonzero(good)


def _lines(boxes: np.ndarray) -> List[np.ndarray]:
    """Groups of marks: those beside each other, and those just above each other."""
    left, top, right, bottom = (boxes[:, side].astype(float) for side in range(4))
    wide, high = right - left, bottom - top
    gap_x = np.maximum(left[:, None], left) - np.minimum(right[:, None], right)
    gap_y = np.maximum(top[:, None], top) - np.minimum(bottom[:, None], bottom)
    taller = np.maximum(high[:, None], high)
    # A flat stroke is as long as its character is high; touching letters are long, too.
    size = np.where(wide > FLAT_STROKE * high, wide, high)
    larger = np.maximum(size[:, None], size)
    beside = (gap_x <= BESIDE * taller) & (gap_y <= OUT_OF_LINE * taller)
    above = (gap_x < 0) & (gap_y <= ABOVE * larger)
    near = beside | above
    group = np.arange(len(boxes))
    while True:
        lowest = np.where(near, group[None, :], len(boxes)).min(axis=1)
        lowest = np.minimum(lowest, group)
        if (lowest == group).all():
            break
        group = lowest[lowest]
    return [np.flatnonzero(group == one) for one in np.unique(group)]


def _cut(pixels: np.ndarray, ground: np.ndarray, labels: Labels, regions: np.ndarray) -> Mark:
    boxes = labels.boxes[regions]
    height, width = labels.height, labels.width
    left, top = max(0, boxes[:, 0].min() - 2), max(0, boxes[:, 1].min() - 2)
    right, bottom = min(width, boxes[:, 2].max() + 2), min(height, boxes[:, 3].max() + 2)
    part = pixels[top:bottom, left:right].astype(np.float64) - ground
    region_of = labels.region_of[top:bottom, left:right]
    own = np.isin(region_of, regions)
    ink = part @ _towards_ink(part[own])
    ink[~own & (labels.values[region_of] == 1)] = 0
    scale = max(1, int(np.ceil((bottom - top) / COMFORTABLE_HEIGHT)))
    return Mark(_smaller(np.clip(ink, 0, 1), scale), float(left), float(top), scale)


def _towards_ink(differences: np.ndarray) -> np.ndarray:
    """What turns a pixel's difference from the ground into its share of ink."""
    lengths = (differences**2).sum(axis=1)
    strongest = differences[lengths >= 0.97 * lengths.max()]
    ink = strongest.mean(axis=0)
    return np.asarray(ink / (ink @ ink))


def _smaller(ink: np.ndarray, scale: int) -> np.ndarray:
    if scale == 1:
        return ink
    rows, columns = (-ink.shape[0]) % scale, (-ink.shape[1]) % scale
    padded = np.pad(ink, ((0, rows), (0, columns)))
    shape = (padded.shape[0] // scale, scale, padded.shape[1] // scale, scale)
    return np.asarray(padded.reshape(shape).mean(axis=(1, 3)))
