"""Arithmetic: expressions in digits or words, and short stories of getting and giving."""

import ast
import operator
import re
from typing import Callable, Dict, List, Optional, Type, Union

from words import CHINESE_DIGITS, NUMBERS, TENS

Number = Union[int, float]
OPERATORS: Dict[Type[ast.AST], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
SPOKEN = [
    (r"\bmultiplied by\b|\btimes\b|乘以|乘|×", "*"),
    (r"\bdivided by\b|除以|÷", "/"),
    (r"\bplus\b|\badded to\b|加上|加|＋", "+"),
    (r"\bminus\b|减去|减|－|−", "-"),
]
OF_TWO = {
    "+": r"\bsum of (\d+) and (\d+)|(\d+)[和与](\d+)的和|\badd (\d+) (?:and|to) (\d+)",
    "-": r"\bdifference (?:of|between) (\d+) and (\d+)|(\d+)[和与](\d+)的差",
    "*": r"\bproduct of (\d+) and (\d+)|(\d+)[和与](\d+)的积|\bmultiply (\d+) (?:and|by) (\d+)",
    "/": r"\bdivide (\d+) by (\d+)",
}
GAINS = (
    r"\b(?:buys?|bought|gets?|got|finds?|found|receives?|received|gains?|more|adds?|picks?|picked"
    r"|wins?|won)\b|买|得到|又来|捡|收到|增加|摘"
)
LOSSES = (
    r"\b(?:eats?|ate|gives?|gave|los[et]s?|sells?|sold|spends?|spent|uses?|used|drops?|breaks?|broke"
    r"|away|leave|left)\b|吃|给了|送|卖|丢|用掉|用了|借|飞走|减少"
)
STORY = r"\bhow many\b|\bhow much\b|几|多少"


def solve(question: str) -> Optional[str]:
    """The result of the sum that a question asks for, in digits; none when it asks for none."""
    text = _digits(question.lower())
    for sign, pattern in OF_TWO.items():
        match = re.search(pattern, text)
        if match:
            first, second = [group for group in match.groups() if group]
            return _shown(_evaluate(f"{first}{sign}{second}"))
    spoken = text
    for pattern, sign in SPOKEN:
        spoken = re.sub(pattern, f" {sign} ", spoken)
    spoken = re.sub(r"(?<=\d)\s*x\s*(?=\d)", "*", spoken)
    for expression in re.findall(r"[\d(][\d\s.+\-*/()]*[\d)]", spoken):
        # a telephone number is no difference
        if re.search(r"[+*/]|\d\s*-\s*\d", expression) and not re.fullmatch(
            r"[\d-]{8,}", re.sub(r"\s", "", expression)
        ):
            value = _evaluate(expression)
            if value is not None:
                return _shown(value)
    return _story(text)


def _story(text: str) -> Optional[str]:
    """A start, then what is got and given, then "how many": one number a clause."""
    if not re.search(STORY, text):
        return None
    clauses = re.split(r"[,.;，。；?？]|\band\b|\bthen\b", text)
    total: Optional[int] = None
    steps = 0
    for clause in clauses:
        if re.search(STORY, clause) and not re.search(r"\d", clause):
            continue
        numbers = [int(number) for number in re.findall(r"\d+", clause)]
        if not numbers:
            continue
        if total is None:
            total = numbers[0]
        elif re.search(LOSSES, clause):
            total, steps = total - numbers[0], steps + 1
        elif re.search(GAINS, clause):
            total, steps = total + numbers[0], steps + 1
    return str(total) if total is not None and steps else None


def _digits(text: str) -> str:
    """Numbers in words as digits: "twenty-five" is "25", "十二" is "12"."""
    small = {word: value for value, word in enumerate(NUMBERS)}
    tens = {word: value * 10 for value, word in enumerate(TENS) if value > 1}
    tens_words, ones_words = "|".join(tens), "|".join(NUMBERS[1:10])
    text = re.sub(
        rf"\b({tens_words})(?:[- ]({ones_words}))?\b",
        lambda match: str(tens[match.group(1)] + small.get(match.group(2) or "zero", 0)),
        text,
    )
    text = re.sub(
        r"\b(" + "|".join(NUMBERS) + r")\b(?! word| sentence)",
        lambda m: str(small[m.group(1)]),
        text,
    )
    counted = rf"[{CHINESE_DIGITS}十]+(?=[个只本块元颗条人辆支加减乘除和与等是得有+\-]|$)"
    return re.sub(counted, lambda match: _chinese_number(match.group()), text.replace("两", "二"))


def _chinese_number(word: str) -> str:
    if "十" not in word:
        return "".join(str(CHINESE_DIGITS.index(digit)) for digit in word)
    before, _, after = word.partition("十")
    tens = CHINESE_DIGITS.index(before) if before else 1
    return str(tens * 10 + (CHINESE_DIGITS.index(after) if after else 0))


def _evaluate(expression: str) -> Optional[Number]:
    try:
        return _value(ast.parse(expression.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError):
        return None


def _value(node: ast.AST) -> Number:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    raise ValueError("not a sum")


def _shown(value: Optional[Number]) -> Optional[str]:
    if value is None:
        return None
    return str(int(value)) if value == int(value) else f"{value:.4f}".rstrip("0")


def numbers_in(text: str) -> List[int]:
    """Every whole number of a text, also those in words."""
    return [int(number) for number in re.findall(r"\d+", _digits(text.lower()))]
