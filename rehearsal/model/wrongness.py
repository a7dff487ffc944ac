"""Spoils an answer on purpose, so that a suite can be seen to fail.

Whatever an answer says, it comes out wrong and of the same kind: another colour or number, yes for no, JSON
with the same keys, Chinese in Chinese. What is in no table here becomes another word or character, so that
a text that was read from a picture is spoilt, too.
"""

import json
import re
import zlib
from typing import Any, Dict, Tuple

from words import CHINESE_DIGITS, COLOURS, DIRECTIONS, NUMBERS, PARTS, SHAPES, TENS

NONSENSE = "Seven paper boats."
NOUNS = "boat lamp kettle fox drum ladder parcel whistle".split()
KEPT = set(
    "a an the is are was it its in on at of to and or with that this i you can do see has have there"
    " picture image answer shows".split()
)
KEPT_CHINESE = set("的在个这张图片中里和了我它")
OPPOSITES = [
    ("yes", "no"),
    ("left", "right"),
    ("top", "bottom"),
    ("upper", "lower"),
    ("above", "below"),
    ("bigger", "smaller"),
    ("biggest", "smallest"),
    ("largest", "least"),
    ("more", "fewer"),
    ("higher", "lower"),
    ("highest", "lowest"),
    ("before", "after"),
    ("first", "second"),
    ("even", "odd"),
    ("same", "different"),
    ("true", "false"),
    ("not", "surely"),
    ("cannot", "can"),
    ("没有", "有"),
    ("不是", "是"),
    ("左", "右"),
    ("上", "下"),
    ("大", "小"),
    ("多", "少"),
    ("高", "低"),
    ("前", "后"),
]
_TOKENS = re.compile(r"\d+|[\u4e00-\u9fff]+|[^\W\d_\u4e00-\u9fff]+(?:['’][^\W\d_]+)?")


def make_wrong(text: str) -> str:
    """A wrong answer in place of an answer. Example: `Two red circles` gives `Three orange parcel`."""
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if isinstance(told, (dict, list)):
        wrong = json.dumps(_spoil_value(told), ensure_ascii=False)
    else:
        wrong = _spoil_text(text)
    return wrong if wrong != text else NONSENSE


def _spoil_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _spoil_value(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_spoil_value(inner) for inner in value]
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value * 2 + 3
    return _spoil_text(value) if isinstance(value, str) else value


def _spoil_text(text: str) -> str:
    return _TOKENS.sub(lambda match: _spoil_token(match.group()), text)


def _spoil_token(token: str) -> str:
    if token[0].isdigit():
        # far enough from the right one to miss a tolerance
        return str(int(token) * 2 + 3)
    if "\u4e00" <= token[0] <= "\u9fff":
        return _LONGEST_CHINESE.sub(lambda match: _spoil_chinese(match.group()), token)
    low = token.lower()
    if low in KEPT:
        return token
    wrong = _ENGLISH.get(low) or NOUNS[zlib.crc32(low.encode("utf-8")) % len(NOUNS)]
    if wrong == low:
        wrong = NOUNS[NOUNS.index(wrong) - 1]
    return wrong.capitalize() if token[0].isupper() else wrong


def _spoil_chinese(piece: str) -> str:
    if piece in _CHINESE:
        return _CHINESE[piece]
    # one character on in Unicode's table
    return piece if piece in KEPT_CHINESE else chr(ord(piece) + 1)


def _swaps() -> Tuple[Dict[str, str], Dict[str, str]]:
    """What becomes of each known word, in English and Chinese."""
    english: Dict[str, str] = {}
    chinese: Dict[str, str] = {}
    for table in (COLOURS, SHAPES, DIRECTIONS):
        names = list(table)
        for index, name in enumerate(names):
            other = table[names[(index + 1) % len(names)]]
            english.update({word: other[0][0] for word in table[name][0]})
            chinese.update({word: other[1][0] for word in table[name][1]})
    for words in PARTS.values():
        chinese.update({word: "小船" for word in words[1]})
    for row in (NUMBERS, TENS[2:], list(CHINESE_DIGITS)):
        following = dict(zip(row, row[1:] + row[:1]))
        (chinese if row[0] in CHINESE_DIGITS else english).update(following)
    chinese.update({"两": "三", "十": "百"})
    for one, other in OPPOSITES:
        target = english if one.isascii() else chinese
        target.update({one: other, other: one})
    return english, chinese


_ENGLISH, _CHINESE = _swaps()
_LONGEST_CHINESE = re.compile("|".join([*sorted(_CHINESE, key=len, reverse=True), "."]))
