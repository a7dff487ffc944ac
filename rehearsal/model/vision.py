"""Looks at pixels: finds flat areas of one colour, and names the colour and shape of each."""

from typing import List, NamedTuple, Tuple

import numpy as np

from images import Picture
from outline import name_outline
from regions import Labels, label_regions

MAX_COLOURS = 24
MAX_AREAS = 120
SAME_COLOUR_DISTANCE = 36.0
FLAT_STEP = 24
"""Neighbours that differ by less are inside an area, not on an edge that scaling has blended."""
SMALLEST_SHARE = 0.0003
SMALLEST_PIXELS = 9
BACKGROUND_BORDER_SHARE = 0.12


class Area(NamedTuple):
    """A connected area of one colour. Places and sizes are shares of the picture's sides."""

    colour: str
    shade: str
    """"light", "dark" or nothing."""
    shape: str
    left: float
    top: float
    right: float
    bottom: float
    centre_x: float
    centre_y: float
    share: float
    hole_share: float
    """How much of its outline is other areas."""
    border_share: float
    """How much of the picture's border it takes."""

    @property
    def is_background(self) -> bool:
        return self.border_share > BACKGROUND_BORDER_SHARE

    def encloses(self, other: "Area") -> bool:
        """Whether the other lies within this one's box, and is smaller."""
        slack = 0.004
        return (
            self is not other
            and self.left <= other.left + slack
            and self.top <= other.top + slack
            and self.right >= other.right - slack
            and self.bottom >= other.bottom - slack
            and (self.right - self.left) * (self.bottom - self.top)
            > 1.05 * (other.right - other.left) * (other.bottom - other.top)
        )


class Sight(List[Area]):
    """A picture's areas, with the pixels for whoever looks closer."""

    def __init__(self, areas: List[Area], pixels: np.ndarray) -> None:
        super().__init__(areas)
        self.pixels = pixels


def look_at(picture: Picture, swap_channels: bool = False) -> Sight:
    """Every area that is big enough to be seen, the biggest first.

    `swap_channels` looks at red as blue and at blue as red: a fault that a good suite notices.
    """
    pixels = picture.pixels[:, :, ::-1] if swap_channels else picture.pixels
    colours, indices = _flat_colours(pixels)
    labels = label_regions(indices)
    smallest = max(SMALLEST_PIXELS, SMALLEST_SHARE * indices.size) if indices.size > 400 else 1
    biggest = np.argsort(-labels.sizes, kind="stable")[:MAX_AREAS]
    seen = [index for index in biggest if labels.sizes[index] >= smallest] or biggest[:1]
    seen = [index for index in seen if not _is_sliver(labels, index)] or seen[:1]
    areas = [_describe(labels, int(i), colours[labels.values[i]]) for i in seen]
    return Sight(areas, pixels)


def _is_sliver(labels: Labels, index: int) -> bool:
    """A seam of a pixel or two that compression or scaling leaves along an edge."""
    left, top, right, bottom = labels.boxes[index]
    size = labels.sizes[index]
    longest = max(right - left, bottom - top)
    return bool(size < 2.5 * longest and longest > 4 and size < 0.003 * labels.region_of.size)


def name_colour(rgb: Tuple[float, float, float]) -> Tuple[str, str]:
    """The everyday name of a colour and its shade: (150, 205, 245) is ("blue", "light")."""
    red, green, blue = (channel / 255 for channel in rgb)
    high, low = max(red, green, blue), min(red, green, blue)
    saturation = (high - low) / high if high else 0.0
    if high < 0.2:
        return "black", ""
    if saturation < 0.15:
        return ("white" if high > 0.85 else "grey"), ""
    shade = "light" if saturation < 0.5 and high > 0.75 else "dark" if high < 0.42 else ""
    spread = high - low
    if high == red:
        hue = 60 * (((green - blue) / spread) % 6)
    elif high == green:
        hue = 60 * ((blue - red) / spread + 2)
    else:
        hue = 60 * ((red - green) / spread + 4)
    if 10 <= hue < 48 and high < 0.68:
        return "brown", shade
    edges = [
        (12, "red"),
        (44, "orange"),
        (70, "yellow"),
        (165, "green"),
        (195, "cyan"),
        (258, "blue"),
        (300, "purple"),
    ]
    for edge, name in edges:
        if hue < edge:
            return name, shade
    return ("pink", "") if hue < 345 else ("pink" if shade == "light" else "red", "")


def _flat_colours(pixels: np.ndarray) -> Tuple[List[Tuple[float, float, float]], np.ndarray]:
    """The picture's few main colours, and for each pixel which of them is nearest."""
    bins = (pixels >> 3).astype(np.int32)
    codes = (bins[:, :, 0] << 10) | (bins[:, :, 1] << 5) | bins[:, :, 2]
    inside = _inside(pixels)
    chosen = inside if inside.any() else np.ones_like(inside)
    counts = np.bincount(codes[chosen], minlength=32768)
    flat = pixels[chosen].astype(np.float64)
    sums = [np.bincount(codes[chosen], weights=flat[:, c], minlength=32768) for c in range(3)]
    palette: List[np.ndarray] = []
    threshold = max(1, 0.0004 * chosen.sum())
    for code in np.argsort(-counts, kind="stable"):
        if counts[code] < threshold or len(palette) == MAX_COLOURS:
            break
        mean = np.array([total[code] / counts[code] for total in sums])
        if all(np.linalg.norm(mean - other) > SAME_COLOUR_DISTANCE for other in palette):
            palette.append(mean)
    used = np.unique(codes)
    centres = np.stack(
        [(used >> 10 & 31) * 8 + 4, (used >> 5 & 31) * 8 + 4, (used & 31) * 8 + 4], axis=1
    )
    gaps = np.linalg.norm(centres[:, None, :] - np.array(palette)[None, :, :], axis=2)
    nearest = np.zeros(32768, dtype=np.int32)
    nearest[used] = gaps.argmin(axis=1)
    return [(float(c[0]), float(c[1]), float(c[2])) for c in palette], nearest[codes]


def _inside(pixels: np.ndarray) -> np.ndarray:
    """Which pixels look like the neighbours on their right and below."""
    wide = pixels.astype(np.int16)
    inside = np.ones(pixels.shape[:2], dtype=bool)
    inside[:, :-1] &= np.abs(wide[:, 1:] - wide[:, :-1]).max(axis=2) < FLAT_STEP
    inside[:-1, :] &= np.abs(wide[1:] - wide[:-1]).max(axis=2) < FLAT_STEP
    return inside


def _describe(labels: Labels, index: int, rgb: Tuple[float, float, float]) -> Area:
    height, width = labels.height, labels.width
    left, top, right, bottom = (int(edge) for edge in labels.boxes[index])
    outline = name_outline(labels.mask(index))
    colour, shade = name_colour(rgb)
    border = 2 * (height + width) - 4 if min(height, width) > 1 else height * width
    area = float(labels.sizes[index])
    return Area(
        colour=colour,
        shade=shade,
        shape=outline.shape,
        left=left / width,
        top=top / height,
        right=right / width,
        bottom=bottom / height,
        centre_x=outline.centre_x / width + left / width,
        centre_y=outline.centre_y / height + top / height,
        share=area / (height * width),
        hole_share=1 - area / outline.filled_pixels,
        border_share=float(labels.border_pixels[index]) / border,
    )
