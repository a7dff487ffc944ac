"""Reads a question: its language, what it asks for, what it names, how short the answer may be."""

import re
from typing import List, NamedTuple, Optional, Tuple

from words import (
    BIGGEST,
    COLOURS,
    DIRECTIONS,
    PARTS,
    SHAPES,
    SMALLEST,
    find_words,
    is_chinese,
    mentions,
)

LONG_TEXT = 400
WANTS = [
    (
        "colour",
        r"(?:what|which|name the|tell me the)\s+(?:\w+\s+)?colou?rs?\b|colou?rs? (?:of|is|are)\b",
        "颜色",
    ),
    (
        "count",
        r"\bhow many\b|\bcount the\b|\bnumber of\b",
        "几个|多少|几扇|几座|几颗|几种|数一数|数量",
    ),
    (
        "shape",
        r"(?:what|which|name the|tell me the)\s+(?:\w+\s+)?(?:shapes?|figures?)\b",
        "(?:什么|哪个|哪种|何种)(?:形状|图形|图案)|(?:形状|图形)(?:是什么|有哪些)(?!颜色)",
    ),
    (
        "where",
        r"\bwhere\b|\bwhich (?:side|part|corner)\b|\bposition of\b",
        "哪里|哪边|哪一边|在哪|位置",
    ),
    (
        "compare",
        r"\b(?:difference|differ|different|same)\b|which (?:picture|image|one)\b",
        "区别|不同|相同|一样|哪张|哪一张|第几张",
    ),
    (
        "describe",
        r"\b(?:describe|caption|what(?:'s| is| can you see| do you see| does))\b",
        "描述|看到|有什么|是什么|内容",
    ),
]
YES_NO = r"(?:^|[.!,\n]\s*)(?:is|are|does|do|can|has|was)\b"
EXISTS = (
    r"\b(?:is|are) there\b|\bany\b|\bcan you see\b|\bdo you"
    r" see\b|\bcontains?\b|\bshow\b|\bhave\b|\bhas\b"
)
DESCRIBE_PICTURE = (
    r"\bdescribe (?:this|the) (?:picture|image|photo)\b|描述(?:一下)?(?:这张|这幅)?(?:图|照片)"
)
PICTURE = r"\b(?:pictures?|images?|photos?|drawings?)\b"
ORDINALS = [("first", "一"), ("second", "二"), ("third", "三"), ("fourth", "四"), ("fifth", "五")]


class Question(NamedTuple):
    """A question about a picture."""

    text: str
    chinese: bool
    wants: str
    """colour, count, shape, where, compare, describe, yes-no, thing (colour and shape), nothing."""
    colours: List[str]
    names: List[str]
    """Shapes and parts that it names."""
    directions: List[str]
    relation: Optional[str]
    """"left" when it asks what is left of the named thing."""
    size: Optional[str]
    brief: bool
    exists: bool
    alternatives: bool
    pronoun: bool
    ordinal: Optional[int]
    """Which picture it is about: 0 the first, -1 the last."""
    about_picture: bool


def split_question(text: str) -> Tuple[str, str]:
    """A long text before the question, and the question: its last paragraph or sentences."""
    text = text.strip()
    if len(text) < LONG_TEXT:
        return "", text
    context, _, last = text.rpartition("\n")
    if 0 < len(last) < LONG_TEXT:
        return context, last.strip()
    sentences = re.split(r"(?<=[.!?。！？])\s*", text)
    sentences = [sentence for sentence in sentences if sentence]
    cut = next(
        (i for i in range(len(sentences) - 1, -1, -1) if sentences[i][-1] in "?？"),
        len(sentences) - 2,
    )
    cut = max(cut, 0)
    return " ".join(sentences[:cut]), " ".join(sentences[cut:])


def wants_chinese(text: str, default: bool = False) -> bool:
    """The language of the answer: the one that is asked for, else the question's."""
    low = text.lower()
    if re.search(r"\bin chinese\b|用中文|用汉语", low):
        return True
    if re.search(r"\bin english\b|用英文回答|用英语回答", low):
        return False
    return is_chinese(text) if re.search(r"\w", text) else default


def is_brief(text: str) -> bool:
    """Whether a question asks for nothing but the answer."""
    pattern = (
        r"\b(?:one|single) word\b|\bnumbers? only\b|\bonly (?:the|a|with|one)\b|\bnothing else\b|\bjust"
        r" (?:the|a)\b|\byes or no\b"
    )
    return bool(re.search(pattern, text.lower())) or bool(
        re.search("只回答|只说|只需|一个词|仅回答|只写", text)
    )


def read_question(text: str, default_chinese: bool = False) -> Question:
    """Read a question. Example: "How many red squares are there?" wants a "count"."""
    low = text.lower()
    names = find_words(SHAPES, text) + find_words(PARTS, text)
    directions = find_words(DIRECTIONS, text)
    relation = _relation(low)
    wants = _wants(low, names, relation)
    return Question(
        text=text,
        chinese=wants_chinese(text, default_chinese),
        wants=wants,
        colours=find_words(COLOURS, text),
        names=names,
        directions=[] if relation else directions,
        relation=relation,
        size="big" if mentions(BIGGEST, text) else "small" if mentions(SMALLEST, text) else None,
        brief=is_brief(text),
        exists=bool(re.search(EXISTS, low) or re.search("有没有|有.*吗|是否有", text)),
        alternatives=bool(re.search(r"\bor\b(?! no\b)", low) or "还是" in text),
        pronoun=bool(re.search(r"\b(?:it|its|they|them|that one|this one)\b", low) or "它" in text),
        ordinal=_ordinal(low),
        about_picture=_is_about_picture(low, names, wants),
    )


def _wants(low: str, names: List[str], relation: Optional[str]) -> str:
    places = {}
    for name, english, chinese in WANTS:
        match = re.search(english, low) or re.search(chinese, low)
        if match:
            places[name] = match.start()
    both = re.search(
        r"colou?rs? and (?:the )?shapes?|shapes? and (?:the )?colou?rs?|颜色和形状|形状和颜色", low
    )
    if both:
        return "thing"
    if re.search(DESCRIBE_PICTURE, low):
        return "describe"
    is_yes_no = bool(re.search(YES_NO, low) or re.search("吗|是不是|有没有|是否", low))
    if re.search(r"\b(?:same|difference|differ|different)\b|区别|不同|相同|一样", low):
        return "compare"
    is_choice = bool(re.search(r"\bor\b(?! no\b)", low) or "还是" in low)
    asks = [name for name in ("colour", "count", "shape", "where") if name in places]
    if is_yes_no and not asks and not is_choice:
        return "yes-no"
    if asks:
        return min(asks, key=lambda name: places[name])
    if relation:
        return "thing"
    if is_choice and is_yes_no:
        return "colour" if len(find_words(COLOURS, low)) > 1 else "shape"
    if "还是" in low and len(find_words(SHAPES, low)) > 1:
        return "shape"
    if "compare" in places or re.search(r"\bcompare\b|比较", low):
        return "compare"
    if re.search(r"\bwhich\b|哪个|哪一个", low):
        return "thing"
    return "describe" if "describe" in places else ""


def _relation(low: str) -> Optional[str]:
    patterns = [
        ("left", r"\bleft of\b|的左边|的左侧|左面"),
        ("right", r"\bright of\b|的右边|的右侧|右面"),
        ("top", r"\babove\b(?! *[.?!]|$)|\bon top of\b|\bover the\b|的上方|的上面|的上边"),
        ("bottom", r"\bbelow\b(?! *[.?!]|$)|\bunder\b|\bbeneath\b|的下方|的下面|的下边"),
    ]
    for name, pattern in patterns:
        match = re.search(pattern, low)
        # "the left of the picture" is a place, "left of the circle" a relation to a thing
        if not match or re.match(r"\s*(?:the |this )?(?:picture|image|photo)", low[match.end() :]):
            continue
        anchor = low[: match.end()] if "的" in pattern and is_chinese(low) else low[match.end() :]
        if find_words(SHAPES, anchor) or find_words(PARTS, anchor):
            return name
    return None


def _ordinal(low: str) -> Optional[int]:
    """The one picture that a question is about; none where it names several, or no one."""
    named = []
    for index, (english, chinese) in enumerate(ORDINALS):
        numbered = rf"\b(?:picture|image|photo) (?:number )?{index + 1}\b"
        if re.search(
            rf"\b{english} (?:picture|image|photo|one)\b|{numbered}|第[{chinese}{index + 1}]张", low
        ):
            named.append(index)
    if re.search(r"\blast (?:picture|image|photo)\b|最后一张", low):
        named.append(-1)
    return named[0] if len(named) == 1 else None


def _is_about_picture(low: str, names: List[str], wants: str) -> bool:
    if re.search(PICTURE, low) or re.search("图片|图中|图里|这张图|照片|画面|张图", low):
        return True
    sees = re.search(r"\bdo you see\b|\bcan you see\b|看到|看见", low)
    return bool(sees) or bool(
        names and wants in ("colour", "count", "shape", "where", "yes-no", "thing")
    )
