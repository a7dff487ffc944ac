"""The words that the stand-in knows for what it sees, in English and Chinese."""

import re
from typing import Dict, List, Sequence, Tuple

# name: (English words, Chinese words); the first of each is what it says itself
COLOURS: Dict[str, Tuple[List[str], List[str]]] = {
    "red": (["red"], ["红色", "红"]),
    "orange": (["orange"], ["橙色", "橙", "橘色", "橘黄"]),
    "yellow": (["yellow"], ["黄色", "黄"]),
    "green": (["green"], ["绿色", "绿"]),
    "cyan": (["cyan", "turquoise"], ["青色", "青"]),
    "blue": (["blue"], ["蓝色", "蓝"]),
    "purple": (["purple", "violet"], ["紫色", "紫"]),
    "pink": (["pink", "magenta"], ["粉色", "粉红"]),
    "brown": (["brown"], ["棕色", "棕", "褐色", "咖啡色"]),
    "black": (["black"], ["黑色", "黑"]),
    "white": (["white"], ["白色", "白"]),
    "grey": (["grey", "gray"], ["灰色", "灰"]),
}
SHAPES: Dict[str, Tuple[List[str], List[str]]] = {
    "circle": (["circle", "disc", "disk", "dot", "ball"], ["圆形", "圆圈", "圆"]),
    "square": (["square"], ["正方形", "方块", "方形"]),
    "rectangle": (["rectangle"], ["长方形", "矩形"]),
    "triangle": (["triangle"], ["三角形", "三角"]),
    "star": (["star"], ["星形", "五角星", "星星"]),
    "diamond": (["diamond", "rhombus"], ["菱形"]),
    "trapezoid": (["trapezoid"], ["梯形"]),
    "pentagon": (["pentagon"], ["五边形"]),
    "hexagon": (["hexagon"], ["六边形"]),
    "oval": (["oval", "ellipse"], ["椭圆形", "椭圆"]),
    "cross": (["cross", "plus sign"], ["十字形", "十字"]),
    "line": (["line"], ["线条", "直线"]),
}
PARTS: Dict[str, Tuple[List[str], List[str]]] = {
    "window": (["window"], ["窗户", "窗子", "窗"]),
    "door": (["door", "entrance"], ["门"]),
    "roof": (["roof", "rooftop"], ["屋顶", "房顶"]),
    "wall": (["wall", "facade"], ["墙壁", "墙面", "墙"]),
    "sky": (["sky"], ["天空", "蓝天"]),
    "grass": (["grass", "lawn", "ground"], ["草地", "草坪", "地面"]),
    "sun": (["sun"], ["太阳"]),
    "path": (["path"], ["小路"]),
    "building": (
        ["building", "house", "home", "cottage"],
        ["房子", "建筑物", "建筑", "房屋", "楼房"],
    ),
    "background": (["background"], ["背景"]),
}
DIRECTIONS: Dict[str, Tuple[List[str], List[str]]] = {
    "left": (["left", "leftmost"], ["左"]),
    "right": (["right", "rightmost"], ["右"]),
    "top": (
        ["top", "upper", "topmost", "highest"],
        ["上方", "上面", "上边", "上部", "顶部", "左上", "右上"],
    ),
    "bottom": (
        ["bottom", "lower", "lowest"],
        ["下方", "下面", "下边", "下部", "底部", "左下", "右下"],
    ),
    "centre": (["centre", "center", "middle"], ["中间", "中央", "正中", "中心"]),
}
BIGGEST = (
    ["biggest", "largest", "bigger", "larger", "big", "large"],
    ["最大", "更大", "较大", "大的"],
)
SMALLEST = (["smallest", "smaller", "small", "little"], ["最小", "更小", "较小", "小的"])
NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
).split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
CHINESE_DIGITS = "零一二三四五六七八九"


def find_words(table: Dict[str, Tuple[List[str], List[str]]], text: str) -> List[str]:
    """The names of a table that a text mentions, in the order of the text.

    "two red circles" mentions the circle; of Chinese words that overlap the longest counts.
    """
    low = text.lower()
    found: List[Tuple[int, str]] = []
    by_length = sorted(
        ((word, name) for name, (_, chinese) in table.items() for word in chinese),
        key=lambda w: -len(w[0]),
    )
    masked = low
    for word, name in by_length:
        while word in masked:
            place = masked.index(word)
            found.append((place, name))
            masked = masked[:place] + "\0" * len(word) + masked[place + len(word) :]
    for name, (english, _) in table.items():
        pattern = r"\b(?:" + "|".join(re.escape(word) for word in english) + r")(?:s|es)?\b"
        found += [(match.start(), name) for match in re.finditer(pattern, low)]
    return list(dict.fromkeys(name for _, name in sorted(found)))


def mentions(words: Tuple[Sequence[str], Sequence[str]], text: str) -> bool:
    """Whether a text has one of the English or Chinese words."""
    english = r"\b(?:" + "|".join(words[0]) + r")\b"
    return bool(re.search(english, text.lower())) or any(word in text for word in words[1])


def is_chinese(text: str) -> bool:
    """Whether a text has Chinese characters."""
    return bool(re.search(r"[\u4e00-\u9fff]", text))


def join(words: Sequence[str], chinese: bool = False) -> str:
    """A list in prose: "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    if chinese:
        return "、".join(words[:-1]) + "和" + words[-1]
    return ", ".join(words[:-1]) + " and " + words[-1]


def with_article(noun: str) -> str:
    """A noun with a or an."""
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def plural(noun: str) -> str:
    """An English noun in the plural: "crosses"."""
    return noun + ("es" if noun.endswith(("s", "x", "ch")) else "s")


def number_in_words(number: int) -> str:
    """An English number from 0 to 999."""
    if number < 20:
        return NUMBERS[number]
    if number < 100:
        ones = number % 10
        return TENS[number // 10] + (f"-{NUMBERS[ones]}" if ones else "")
    rest = number % 100
    return f"{NUMBERS[number // 100]} hundred" + (f" and {number_in_words(rest)}" if rest else "")


def number_in_chinese(number: int) -> str:
    """A Chinese number from 0 to 99."""
    tens, ones = divmod(number, 10)
    if not tens:
        return CHINESE_DIGITS[ones]
    head = "十" if tens == 1 else CHINESE_DIGITS[tens] + "十"
    return head + (CHINESE_DIGITS[ones] if ones else "")
