"""Finds lines of text in pixels and reads them, character by character."""

from typing import List, NamedTuple, Optional, Tuple

import numpy as np

from glyphs import Glyphs, Shape, draw_at, load_glyphs, measure
from marks import Mark, find_marks

MAX_PIECES = 6
CANDIDATES = 14
DOUBTFUL_MISFIT = 0.06
"""More makes a second look worth while."""
SMALLEST_SIZE = 8
"""Pixels of an em; a dot is no tiny character."""
WORST_MISFIT = 0.3
"""How much of a character's ink may differ from what is seen, squared; more is no writing."""
SPACE = 0.13
"""Ems beyond the usual distance of two characters that make a space between them."""
EMPTY_COLUMN = 0.12
TOUCHING_STROKE, TOUCHING_REACH = 0.13, 0.2
"""The thickest place between touching letters, and how near thicker ones are, in line heights."""


class Line(NamedTuple):
    """A line of text; its box is in pixels, its size those of an em."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float

    @property
    def middle(self) -> Tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


class _Fit(NamedTuple):
    """A character that some neighbouring pieces of ink may be."""

    first: int
    after: int
    glyph: int
    size: float
    pen: float
    baseline: float
    misfit: float
    mass: float


def read_lines(pixels: np.ndarray) -> List[Line]:
    """Every line of text, from the top to the bottom and from left to right."""
    read = [_read(mark) for mark in find_marks(pixels)]
    found = [line for line in read if line and any(one.isalnum() for one in line.text)]
    lines = [line for line in found if not any(_is_within(line, other) for other in found)]
    return sorted(lines, key=lambda line: (round(line.middle[1] / max(6, line.size)), line.left))


def _is_within(line: Line, other: Line) -> bool:
    """The inside of big letters is a mark, too."""
    return (
        line is not other
        and other.left <= line.left
        and other.top <= line.top
        and other.right >= line.right
        and other.bottom >= line.bottom
    )


def _read(mark: Mark) -> Optional[Line]:
    mass = float(mark.ink.sum())
    best, cost = _read_pieces(mark.ink, _pieces(mark.ink))
    if cost > DOUBTFUL_MISFIT * mass:
        finer, finer_cost = _read_pieces(mark.ink, _pieces(mark.ink, finely=True))
        best, cost = (finer, finer_cost) if finer_cost < cost else (best, cost)
    if not best or cost > WORST_MISFIT * mass:
        return None
    size = float(np.median([fit.size for fit in best]))
    return Line(
        _joined(load_glyphs(), best, size),
        mark.left,
        mark.top,
        mark.left + mark.ink.shape[1] * mark.scale,
        mark.top + mark.ink.shape[0] * mark.scale,
        size * mark.scale,
    )


def _read_pieces(ink: np.ndarray, pieces: List[Tuple[int, int]]) -> Tuple[List[_Fit], float]:
    """The characters that explain the pieces best, and how badly they do; none is infinitely bad."""
    fits = _fits(load_glyphs(), ink, pieces)
    best: Tuple[List[_Fit], float] = ([], np.inf)
    for size in _likely_sizes(fits):
        found = _cheapest(fits, pieces, size, _likely_baseline(fits, size))
        best = found if found[1] < best[1] else best
    return best


def _pieces(ink: np.ndarray, finely: bool = False) -> List[Tuple[int, int]]:
    """Runs of columns with ink, cut where neighbours touch: a letter is one or some.

    @param finely: cut wherever a stroke begins or ends.
    """
    thin_places = _stroke_ends if finely else _thin_places
    heights = ink.sum(axis=0)
    filled = np.concatenate(([False], heights > EMPTY_COLUMN, [False]))
    edges = np.flatnonzero(filled[1:] != filled[:-1]).tolist()
    pieces: List[Tuple[int, int]] = []
    for left, right in zip(edges[::2], edges[1::2]):
        cuts = [
            left,
            *(left + cut for cut in thin_places(heights[left:right], ink.shape[0])),
            right,
        ]
        pieces += zip(cuts[:-1], cuts[1:])
    return pieces


def _thin_places(heights: np.ndarray, line_height: int) -> List[int]:
    """Columns where no more than one stroke leads from one side to the other."""
    near = max(2, round(TOUCHING_REACH * line_height))
    return [
        x
        for x in range(1, len(heights) - 1)
        if heights[x] <= TOUCHING_STROKE * line_height
        and heights[x] <= heights[x - 1]
        and heights[x] < heights[x + 1]
        and heights[x] * 1.3
        < min(heights[max(0, x - near) : x].max(), heights[x + 1 : x + near + 1].max())
    ]


def _stroke_ends(heights: np.ndarray, line_height: int) -> List[int]:
    """Columns of at most one stroke beside a thicker one."""
    return [
        x
        for x in range(1, len(heights) - 1)
        if heights[x] <= TOUCHING_STROKE * line_height
        and max(heights[x - 1], heights[x + 1]) > 1.25 * heights[x]
    ]


def _fits(glyphs: Glyphs, ink: np.ndarray, pieces: List[Tuple[int, int]]) -> List[_Fit]:
    found: List[_Fit] = []
    widest = 2.1 * ink.shape[0]
    for first in range(len(pieces)):
        for after in range(first + 1, min(len(pieces), first + MAX_PIECES) + 1):
            left, right = pieces[first][0], pieces[after - 1][1]
            if after > first + 1 and right - left > widest:
                break
            found += _fits_of(glyphs, ink[:, left:right], first, after, left)
    return found


def _fits_of(glyphs: Glyphs, part: np.ndarray, first: int, after: int, left: int) -> List[_Fit]:
    ink = np.pad(part, ((0, 0), (1, 1)))
    shape = measure(ink)
    which = _similar(glyphs, shape)
    sizes = np.sqrt(shape.mass / glyphs.masses[which])
    pens = np.array([shape.centre_x, shape.centre_y]) - glyphs.centres[which] * sizes[:, None]
    drawn = draw_at(glyphs, which, sizes, pens, (ink.shape[0], ink.shape[1]))
    misfits = ((drawn - ink[None]) ** 2).sum(axis=(1, 2)) / (ink**2).sum()
    return [
        _Fit(
            first,
            after,
            int(glyph),
            float(size),
            float(pen[0]) + left - 1,
            float(pen[1]),
            float(misfit),
            shape.mass,
        )
        for glyph, size, pen, misfit in zip(which, sizes, pens, misfits)
        if misfit < 2 * WORST_MISFIT and size >= SMALLEST_SIZE
    ]


def _similar(glyphs: Glyphs, shape: Shape) -> np.ndarray:
    """The characters that look most like a shape, at whatever size."""
    likeness = glyphs.cells @ shape.cells
    slender = np.log(glyphs.spreads[:, 0] / glyphs.spreads[:, 1])
    likeness -= 0.5 * np.abs(slender - np.log(shape.spread_x / shape.spread_y))
    return np.argpartition(-likeness, CANDIDATES)[:CANDIDATES]


def _likely_sizes(fits: List[_Fit]) -> List[float]:
    """Sizes that many good fits agree on."""
    if not fits:
        return []
    logs = np.log([fit.size for fit in fits])
    weights = np.array([fit.mass * max(0.0, 1 - fit.misfit / WORST_MISFIT) ** 2 for fit in fits])
    votes = np.array([weights[np.abs(logs - one) < 0.06].sum() for one in logs])
    sizes: List[float] = []
    for index in np.argsort(-votes, kind="stable"):
        if all(abs(logs[index] - np.log(size)) > 0.1 for size in sizes):
            near = np.abs(logs - logs[index]) < 0.06
            if weights[near].sum() > 0:
                sizes.append(float(np.exp(np.average(logs[near], weights=weights[near]))))
        if len(sizes) == 4:
            break
    return sizes


def _likely_baseline(fits: List[_Fit], size: float) -> float:
    near = [fit for fit in fits if abs(np.log(fit.size / size)) < 0.1]
    baselines = np.array([fit.baseline for fit in near])
    weights = np.array([fit.mass * max(0.0, 1 - fit.misfit / WORST_MISFIT) ** 2 for fit in near])
    votes = [weights[np.abs(baselines - one) < 0.05 * size + 0.3].sum() for one in baselines]
    return float(baselines[int(np.argmax(votes))])


def _cheapest(
    fits: List[_Fit], pieces: List[Tuple[int, int]], size: float, baseline: float
) -> Tuple[List[_Fit], float]:
    """The characters, one after another, that explain all pieces best."""
    costs = [0.0] + [np.inf] * len(pieces)
    chosen: List[Optional[_Fit]] = [None] * (len(pieces) + 1)
    for fit in sorted(fits, key=lambda one: one.first):
        # A point has few pixels, which tell little of its size.
        slack = 1 + 1.5 / np.sqrt(fit.mass)
        wrong_size = abs(np.log(fit.size / size)) / (0.06 * slack)
        wrong_place = abs(fit.baseline - baseline) / (0.05 * size * slack + 0.3)
        penalty = 0.04 * (wrong_size**2 + wrong_place**2)
        cost = costs[fit.first] + fit.mass * (fit.misfit + penalty) + 0.01 * size
        if cost < costs[fit.after]:
            costs[fit.after], chosen[fit.after] = cost, fit
    path: List[_Fit] = []
    at = len(pieces)
    while at and chosen[at]:
        fit = chosen[at]
        assert fit is not None
        path.append(fit)
        at = fit.first
    return (path[::-1], costs[-1]) if not at else ([], np.inf)


def _joined(glyphs: Glyphs, path: List[_Fit], size: float) -> str:
    text, expected = "", path[0].pen
    for fit in path:
        if fit.pen - expected > SPACE * size:
            text += " "
        text += glyphs.characters[fit.glyph]
        expected = fit.pen + glyphs.advances[fit.glyph] * size
    return text
