"""Names the shape of a mask from its convex hull, whatever way it is turned.

How much of the hull the biggest triangle and the biggest quadrangle in it fill is a number of its
own for each shape: a triangle 1 and 1, a rectangle 1/2 and 1, a hexagon 1/2 and 2/3, a circle 0.41
and 0.64.
"""

from typing import List, NamedTuple, Tuple

import numpy as np

from regions import label_regions

MAX_CORNERS = 32
Point = Tuple[float, float]


class Outline(NamedTuple):
    """A shape's name, its centre in pixels of the mask, and its pixels with the holes filled."""

    shape: str
    centre_x: float
    centre_y: float
    filled_pixels: float


def name_outline(mask: np.ndarray) -> Outline:
    """Name a mask that fits its box tightly."""
    filled = _fill_holes(mask)
    ys, xs = np.nonzero(filled)
    hull = _hull(filled)
    shape = _name(filled, hull)
    return Outline(shape, float(xs.mean()) + 0.5, float(ys.mean()) + 0.5, float(filled.sum()))


def _name(filled: np.ndarray, hull: np.ndarray) -> str:
    height, width = filled.shape
    area = float(filled.sum())
    if max(height, width) >= 12 * min(height, width):
        return "line"
    hull_area = _area(hull)
    if area / hull_area < 0.82:
        return "cross" if _is_cross(filled) else "star"
    triangle, quadrangle = (part / hull_area for part in _biggest_within(hull))
    if triangle > 0.86:
        return "triangle"
    if quadrangle > 0.93:
        if area / (height * width) < 0.88:
            return "diamond" if area / (height * width) < 0.7 else "trapezoid"
        return "square" if 0.86 < width / height < 1.16 else "rectangle"
    if triangle < 0.47:
        return "circle" if 0.86 < width / height < 1.16 else "oval"
    return "hexagon" if triangle < 0.6 else "pentagon"


def _is_cross(filled: np.ndarray) -> bool:
    height, width = filled.shape
    corners = [
        filled[rows, columns].mean()
        for rows in (slice(0, max(1, height // 4)), slice(-max(1, height // 4), None))
        for columns in (slice(0, max(1, width // 4)), slice(-max(1, width // 4), None))
    ]
    beams = min(filled[height // 2].mean(), filled[:, width // 2].mean())
    return bool(max(corners) < 0.1 and beams > 0.95)


def _fill_holes(mask: np.ndarray) -> np.ndarray:
    if mask.all():
        return mask
    padded = np.pad(mask, 1).astype(np.int8)
    labels = label_regions(padded)
    outside = labels.region_of[0, 0]
    return np.asarray(labels.region_of != outside)[1:-1, 1:-1]


def _hull(mask: np.ndarray) -> np.ndarray:
    """The convex hull of the pixels' corners, with at most MAX_CORNERS points, in order."""
    height, width = mask.shape
    left = mask.argmax(axis=1)
    right = width - mask[:, ::-1].argmax(axis=1)
    points = sorted(
        {
            (float(x), float(y + step))
            for y in range(height)
            for x in (left[y], right[y])
            for step in (0, 1)
        }
    )
    corners = _half(points)[:-1] + _half(points[::-1])[:-1]
    hull = np.array(corners)
    while len(hull) > MAX_CORNERS:
        before, after = np.roll(hull, 1, axis=0), np.roll(hull, -1, axis=0)
        lost = np.abs(_cross(hull - before, after - before))
        hull = np.delete(hull, lost.argmin(), axis=0)
    return hull


def _half(points: List[Point]) -> List[Point]:
    chain: List[Point] = []
    for x, y in points:
        while len(chain) > 1:
            (x1, y1), (x2, y2) = chain[-2], chain[-1]
            if (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) > 0:
                break
            chain.pop()
        chain.append((x, y))
    return chain


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])


def _area(hull: np.ndarray) -> float:
    return float(abs(_cross(hull, np.roll(hull, -1, axis=0)).sum()) / 2)


def _biggest_within(hull: np.ndarray) -> Tuple[float, float]:
    """The area of the biggest triangle and of the biggest quadrangle with corners on the hull."""
    sides = hull[None, :, :] - hull[:, None, :]
    signed = _cross(sides[:, :, None, :], sides[:, None, :, :]) / 2
    best_left = np.clip(signed, 0, None).max(axis=2)
    best_right = np.clip(-signed, 0, None).max(axis=2)
    return float(np.abs(signed).max()), float((best_left + best_right).max())
