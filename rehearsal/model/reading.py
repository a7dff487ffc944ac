"""Answers questions about what is written in a picture: words, labels, bar charts, tables."""

import re
from typing import List, Optional, Sequence

import numpy as np

from charts import Bar, read_bars
from tables import Table, read_table
from question import Question
from vision import Area, Sight
from writing import Line, read_lines

WRITTEN = (
    r"\b(?:written|sign|text|word|letters?)\b.*\b(?:picture|image|sign|say)\b"
    r"|\bwhat does the sign\b|\bread (?:the|what)\b"
    r"|写的是什么|写了什么|写着什么|什么字|牌子上|图片里的文字"
)
ON_LABEL = r"\bwhat is the ([\w ]+?) on (?:the|this) (?:label|sign|card)\b|标签上写的(.+?)是"
CHART = r"\bbars?\b|\bchart\b|柱状图|图表"
TABLE = r"\btable\b|表格"
LOWEST = r"\b(?:lowest|smallest|least|shortest)\b|最低|最小|最少"
DIFFERENCE = r"\bhow much (?:higher|greater|more|larger)\b|\bdifference\b|大多少|高多少|多多少|相差"
SUM = r"\b(?:sum|total)\b|之和|总和|一共|合计"


BRIEF = r"\bonly\b|\bjust\b|只回答|只写|仅回答"


def answer_from_writing(question: Question, sights: Sequence[List[Area]]) -> Optional[str]:
    """The answer to a question about writing, a chart or a table; none to any other question.

    Several pictures are read one after another: the first that has the answer gives it.
    """
    low = question.text.lower()
    if not any(re.search(one, low) for one in (WRITTEN, ON_LABEL, CHART, TABLE)):
        return None
    for sight in sights:
        if isinstance(sight, Sight):
            said = _answer(low, sight.pixels)
            if said is not None:
                return said if re.search(BRIEF, low) else _in_a_sentence(said, question)
    return None


def _in_a_sentence(said: str, question: Question) -> str:
    return f"图片里是“{said}”。" if question.chinese else f'In the picture it is "{said}".'


def _answer(low: str, pixels: np.ndarray) -> Optional[str]:
    lines = read_lines(pixels)
    if re.search(CHART, low):
        return _of_chart(low, read_bars(lines, pixels))
    if re.search(TABLE, low):
        table = read_table(lines)
        return _of_table(low, table) if table else None
    label = re.search(ON_LABEL, low)
    if label:
        return _of_label((label.group(1) or label.group(2)).strip(), lines)
    return "\n".join(line.text for line in lines) or None


def _of_label(name: str, lines: Sequence[Line]) -> Optional[str]:
    for line in lines:
        before, colon, after = re.split("([:：])", line.text + ":", maxsplit=1)[:3]
        if colon and before.strip().lower() == name:
            return after.rstrip(":").strip()
    return None


def _of_chart(low: str, bars: Sequence[Bar]) -> Optional[str]:
    named = _named(low, [bar.label for bar in bars])
    values = {bar.label: bar.value for bar in bars}
    if re.search(DIFFERENCE, low) and len(named) == 2:
        return _shown(abs(values[named[0]] - values[named[1]]))
    if named:
        return _shown(values[named[0]])
    if not bars:
        return None
    pick = min if re.search(LOWEST, low) else max
    return pick(bars, key=lambda bar: bar.value).label


def _of_table(low: str, table: Table) -> Optional[str]:
    columns = _named(low, table.header[1:])
    rows = _named(low, list(table.rows))
    if not columns:
        return None
    values = {name: _value(cells.get(columns[0], "")) for name, cells in table.rows.items()}
    if re.search(SUM, low):
        return _shown(sum(values[name] for name in rows or values))
    if rows:
        return table.rows[rows[0]].get(columns[0])
    pick = min if re.search(LOWEST, low) else max
    return pick(values, key=lambda name: values[name])


def _named(low: str, names: Sequence[str]) -> List[str]:
    """The names that a question has, in its order; those in quotes where there are some."""
    quoted = "\n".join(re.findall(r"[\"“「]([^\"”」]+)[\"”」]", low)) or low
    found = [(quoted.find(name.lower()), name) for name in names if name]
    return [name for place, name in sorted(found) if place >= 0]


def _value(text: str) -> float:
    match = re.search(r"-?\d+(?:\.\d+)?", text.replace(",", ""))
    return float(match.group()) if match else 0.0


def _shown(value: float) -> str:
    return f"{round(value, 1):g}"
