"""Writes glyphs.json: the outlines with which the suite draws text.

The font is Noto Sans SC Regular (SIL Open Font License, OFL.txt), as the npm package
@expo-google-fonts/noto-sans-sc 0.4.3 has it. The characters are ASCII, Latin-1, some punctuation and
those of characters.txt: add to it what a picture needs, and run this again. Needs fontTools:

    npm pack @expo-google-fonts/noto-sans-sc@0.4.3 && tar xzf expo-google-fonts-*.tgz
    pip install fonttools==4.68.0
    python3 makeGlyphs.py package/400Regular/NotoSansSC_400Regular.ttf
"""

import json
import sys
from pathlib import Path
from typing import Any, List, Tuple

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

UNITS_PER_EM = 500
"""Half of the font's own: a fifth of a pixel at 96 pixels, and a file a quarter smaller."""
PUNCTUATION = "–—‘’“”…€²³₂，。、：；？！（）《》「」【】～￥％－＋＝"
CHINESE = Path(__file__).with_name("characters.txt").read_text(encoding="utf-8").split()


class OutlinePen(BasePen):
    """Notes an outline as steps from point to point: m(ove), l(ine), q(uadratic curve)."""

    def __init__(self, glyphs: Any, scale: float) -> None:
        super().__init__(glyphs)
        self.steps: List[str] = []
        self._scale = scale
        self._at = (0, 0)

    def _moveTo(self, pt: Tuple[float, float]) -> None:  # noqa: N802, the base class's name
        self._step("m", pt)

    def _lineTo(self, pt: Tuple[float, float]) -> None:  # noqa: N802, the base class's name
        self._step("l", pt)

    def _qCurveToOne(  # noqa: N802, the base class's name
        self, pt1: Tuple[float, float], pt2: Tuple[float, float]
    ) -> None:
        self._step("q", pt1, pt2)

    def _step(self, kind: str, *points: Tuple[float, float]) -> None:
        numbers = []
        for point in points:
            x, y = (round(value * self._scale) for value in point)
            numbers += [x - self._at[0], y - self._at[1]]
            self._at = (x, y)
        self.steps.append(kind + " ".join(str(number) for number in numbers))


def main(path: str) -> None:
    """Write glyphs.json beside this file."""
    font = TTFont(path)
    scale = UNITS_PER_EM / font["head"].unitsPerEm
    names, shapes = font.getBestCmap(), font.getGlyphSet()
    latin = [chr(code) for code in [*range(0x20, 0x7F), *range(0xA0, 0x100)]]
    glyphs = []
    for character in sorted({*latin, *PUNCTUATION, *"".join(CHINESE)}):
        if ord(character) in names:
            glyph = shapes[names[ord(character)]]
            pen = OutlinePen(shapes, scale)
            glyph.draw(pen)
            glyphs.append(f"{character}{round(glyph.width * scale)} {''.join(pen.steps)}".rstrip())
    written = {
        "source": "Noto Sans SC Regular 2.004, https://fonts.google.com/noto/specimen/Noto+Sans+SC",
        "licence": "SIL Open Font License 1.1, OFL.txt",
        "unitsPerEm": UNITS_PER_EM,
        "ascender": round(font["hhea"].ascent * scale),
        "descender": round(font["hhea"].descent * scale),
        "glyphs": glyphs,
    }
    target = Path(__file__).with_name("glyphs.json")
    target.write_text(json.dumps(written, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
