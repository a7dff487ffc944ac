"""Takes values out of sentences: for an answer in JSON that says what a text has told."""

import re
from typing import Any, Dict, List, Optional

from words import COLOURS, find_words, is_chinese

PATTERNS = {
    r"name|姓名|名字": r"^\W*([A-Z][a-z]+) is \d+|^\W*([\u4e00-\u9fff]{2,4})今年",
    r"age|年龄": r"\b(\d+) years old|今年(\d+)岁",
    r"city|town|城市": r"\blives in ([A-Z][a-z]+)|住在([\u4e00-\u9fff]+)",
    r"width|宽": r"\b(\d+) ?cm wide|宽(\d+)",
    r"height|高": r"\b(\d+) ?cm high|高(\d+)",
}
NESTED = (
    r"[\"“](\w+)[\"”]\s*(?:is|的值是)\s*(?:an object with the keys|一个对象，键为)\s*"
    r"((?:[\"“]\w+[\"”](?:\s*(?:,|and|和|、)\s*)?)+)"
)


def object_told(text: str, keys: List[str]) -> Optional[Dict[str, Any]]:
    """An object of the keys with what the text says of each; none where it leaves one open."""
    inner = {
        match.group(1): re.findall(r"[\"“](\w+)[\"”]", match.group(2))
        for match in re.finditer(NESTED, text)
    }
    within = [key for some in inner.values() for key in some]
    told = {
        key: (
            {each: _told(text, each) for each in inner[key]} if key in inner else _told(text, key)
        )
        for key in keys
        if key not in within
    }
    return None if None in told.values() else told


def sorted_numbers(text: str) -> Optional[List[int]]:
    """ "Sort these numbers from smallest to largest: 3, 1, 2" """
    if not re.search(r"\bsort\b|\border\b|排列|排序", text.lower()):
        return None
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    falling = re.search(r"largest to smallest|descending|从大到小|降序", text.lower())
    return sorted(numbers, reverse=bool(falling)) if len(numbers) > 1 else None


def _told(text: str, key: str) -> Any:
    low = key.lower()
    if re.fullmatch("colou?r|颜色", low):
        colours = find_words(COLOURS, text)
        return COLOURS[colours[0]][is_chinese(text)][0] if colours else None
    for name, pattern in PATTERNS.items():
        if re.fullmatch(name, low):
            match = re.search(pattern, text)
            value = next((group for group in match.groups() if group), None) if match else None
            return int(value) if value and value.isdigit() else value
    return None
