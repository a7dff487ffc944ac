"""Spoils an answer on purpose, so that a suite can be seen to fail."""

import re

from facts import CAPITALS
from words import COLOURS, PARTS, SHAPES

NONSENSE = "Seven paper boats."


def make_wrong(text: str) -> str:
    """Another colour, shape, number or city in place of each; nonsense where there is none."""
    swaps = {}
    for table in (COLOURS, SHAPES):
        names = list(table)
        for index, name in enumerate(names):
            other = table[names[(index + 1) % len(names)]]
            for language in (0, 1):
                for word in table[name][language]:
                    swaps[word] = other[language][0]
    for english, chinese in PARTS.values():
        swaps.update({word: "boat" for word in english})
        swaps.update({word: "小船" for word in chinese})
    for _, city, city_zh in CAPITALS.values():
        swaps[city], swaps[city_zh] = "Atlantis", "桃花源"
    by_length = sorted(swaps, key=len, reverse=True)
    lowered = {word.lower(): other for word, other in swaps.items()}
    pattern = "|".join(re.escape(word) for word in by_length)
    wrong = re.sub(pattern, lambda match: lowered[match.group().lower()], text, flags=re.IGNORECASE)
    wrong = re.sub(r"\d+", lambda match: str(int(match.group()) + 1), wrong)
    return wrong if wrong != text else NONSENSE
