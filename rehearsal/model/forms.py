"""Answers whose form a question prescribes to the letter: in reverse order, numbered, in capitals."""

import re
from typing import List, Optional

WRITE = r"\b(?:write|list|put|say|give|repeat)\b|写|列"


def in_form(question: str) -> Optional[str]:
    """The answer to a question for a form, or none where it asks for none."""
    low = question.lower()
    if not re.search(WRITE, low):
        return None
    words = _listed(question)
    if len(words) > 1 and re.search(r"\breverse(?:d)? order\b|相反的顺序|倒序", low):
        return (", " if re.match(r"[a-z]", low) else "，").join(reversed(words))
    if len(words) > 1 and re.search(r"\bnumbered list\b|编号列表", low):
        return "\n".join(f"{number}. {word}" for number, word in enumerate(words, 1))
    times = re.search(r"[\"“](\w+)[\"”].*?\b(\d+) times\b|[\"“](\w+)[\"”].*?(\d+)[遍次]", question)
    if times:
        word, count = (group for group in times.groups() if group)
        return " ".join([word] * min(int(count), 100))
    capital = re.search(
        r"[\"“]([^\"”]+)[\"”] in (?:capital letters|capitals|upper ?case)", question
    )
    return capital.group(1).upper() if capital else None


def compared_numbers(question: str, chinese: bool, brief: bool) -> Optional[str]:
    """ "Is 17 greater than 23?" """
    low = question.lower()
    match = re.search(
        r"\bis (\d+) (greater|larger|bigger|more|smaller|less) than (\d+)|(\d+)比(\d+)(大|小)吗",
        low,
    )
    if not match:
        return None
    a, relation, b, a_zh, b_zh, relation_zh = match.groups()
    first, second = int(a or a_zh), int(b or b_zh)
    greater = (relation or relation_zh) in ("greater", "larger", "bigger", "more", "大")
    truth = first > second if greater else first < second
    if chinese:
        return ("是" if truth else "否") + ("" if brief else "。")
    return ("Yes" if truth else "No") + ("" if brief else ".")


def _listed(question: str) -> List[str]:
    """The list that stands after the last colon."""
    _, colon, rest = question.replace("：", ":").rpartition(":")
    words = re.split(r"[,，、;；]", rest) if colon else []
    return [word.strip(" .。\n") for word in words if word.strip(" .。\n")]
