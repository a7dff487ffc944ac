"""Writes subset.ttf, the characters that the stand-in can read: a few hundred kilobytes of a font.

Noto Sans SC Regular (SIL Open Font License, OFL.txt), as the npm package
@expo-google-fonts/noto-sans-sc 0.4.3 has it; ASCII and the characters of a text file. Needs fontTools:

    npm pack @expo-google-fonts/noto-sans-sc@0.4.3 && tar xzf expo-google-fonts-*.tgz
    pip install fonttools==4.68.0
    python3 make_font.py package/400Regular/NotoSansSC_400Regular.ttf characters.txt
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

PUNCTUATION = "，。、：；？！（）¥°%"


def main(font_path: str, characters_path: str) -> None:
    """Write subset.ttf beside this file."""
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.drop_tables += ["GDEF", "GPOS", "GSUB", "BASE", "STAT", "vhea", "vmtx"]
    font = TTFont(font_path)
    subsetter = subset.Subsetter(options)
    ascii_characters = "".join(chr(code) for code in range(0x20, 0x7F))
    chinese = "".join(Path(characters_path).read_text(encoding="utf-8").split())
    subsetter.populate(text=ascii_characters + PUNCTUATION + chinese)
    subsetter.subset(font)
    font.save(Path(__file__).with_name("subset.ttf"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
