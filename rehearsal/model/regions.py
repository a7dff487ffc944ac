"""Connected regions of equal values in an array: runs in rows, joined with those they touch."""

from typing import List, NamedTuple

import numpy as np


class Labels(NamedTuple):
    """The regions of an array; every list is by region."""

    height: int
    width: int
    region_of: np.ndarray
    """For each pixel its region."""
    values: np.ndarray
    sizes: np.ndarray
    boxes: np.ndarray
    """left, top, right, bottom in pixels; right and bottom are just outside."""
    border_pixels: np.ndarray

    def mask(self, region: int) -> np.ndarray:
        """Which pixels of the region's box are its own."""
        left, top, right, bottom = self.boxes[region]
        return np.asarray(self.region_of[top:bottom, left:right] == region)


def label_regions(values: np.ndarray) -> Labels:
    """Label a two-dimensional array; pixels are neighbours above, below, left and right."""
    height, width = values.shape
    starts = np.ones((height, width), dtype=bool)
    starts[:, 1:] = values[:, 1:] != values[:, :-1]
    run_of = (np.cumsum(starts.ravel()) - 1).reshape(height, width)
    roots = _join(run_of, values)
    regions, region_of_run = np.unique(roots, return_inverse=True)
    region_of = region_of_run[run_of]
    count = len(regions)
    first = np.flatnonzero(starts.ravel())
    lengths = np.diff(np.append(first, values.size))
    rows, columns = np.divmod(first, width)
    boxes = np.empty((count, 4), dtype=np.int64)
    boxes[:, :2], boxes[:, 2:] = values.size, 0
    np.minimum.at(boxes[:, 0], region_of_run, columns)
    np.minimum.at(boxes[:, 1], region_of_run, rows)
    np.maximum.at(boxes[:, 2], region_of_run, columns + lengths)
    np.maximum.at(boxes[:, 3], region_of_run, rows + 1)
    return Labels(
        height=height,
        width=width,
        region_of=region_of,
        values=values.ravel()[first[regions]],
        sizes=np.bincount(region_of_run, weights=lengths, minlength=count),
        boxes=boxes,
        border_pixels=np.bincount(_border(region_of), minlength=count),
    )


def _border(region_of: np.ndarray) -> np.ndarray:
    if min(region_of.shape) == 1:
        return region_of.ravel()
    sides = [region_of[0], region_of[-1], region_of[1:-1, 0], region_of[1:-1, -1]]
    return np.concatenate(sides)


def _join(run_of: np.ndarray, values: np.ndarray) -> np.ndarray:
    """For each run the first run of its region."""
    touching = values[1:] == values[:-1]
    count = int(run_of[-1, -1]) + 1
    codes = np.unique(run_of[:-1][touching].astype(np.int64) * count + run_of[1:][touching])
    parents: List[int] = list(range(count))
    for above, below in zip((codes // count).tolist(), (codes % count).tolist()):
        while parents[above] != above:
            parents[above] = parents[parents[above]]
            above = parents[above]
        while parents[below] != below:
            parents[below] = parents[parents[below]]
            below = parents[below]
        if above != below:
            parents[max(above, below)] = min(above, below)
    # a parent comes before its children, so one pass from the front reaches every root
    for run in range(count):
        parents[run] = parents[parents[run]]
    return np.array(parents)
