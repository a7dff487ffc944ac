"""Answers questions about pictures from what is seen in them."""

import re
from typing import List, NamedTuple, Optional, Tuple

from phrases import colour_of, describe, name_of, place_of, say_count, shown, zone_of
from question import Question
from scene import Item, Scene
from words import COLOURS, PARTS, SHAPES, find_words, join, with_article

NOTHING_EN = "I see no such thing in the picture."
NOTHING_ZH = "我在图片里没有看到。"


class Look(NamedTuple):
    """A question, the pictures that it is about, and what the last answer was about."""

    question: Question
    scenes: List[Scene]
    last_answer: str


def answer_from_pictures(look: Look) -> str:
    """The answer to a question about pictures; there is at least one."""
    question = look.question
    scenes = _chosen(look)
    if not scenes:
        return _say(question, "There is no such picture.", "没有这张图片。")
    if question.wants == "compare" and (len(scenes) > 1 or not question.names):
        return _compare(question, scenes)
    scene = _merged(scenes, question)
    handlers = {
        "colour": _colour,
        "count": _count,
        "shape": _shape,
        "where": _where,
        "yes-no": _yes_no,
        "thing": _thing,
        "compare": _alike,
    }
    handler = handlers.get(question.wants)
    if handler is None:
        return " ".join(describe(one, question.chinese) for one in scenes)
    return handler(Look(question, [scene], look.last_answer), scene)


def select(look: Look, scene: Scene, by_colour: bool = True) -> List[Item]:
    """The things that a question is about."""
    question = look.question
    names = question.names
    items = _named(scene, names) if names else _default_items(scene)
    if not names and question.pronoun and look.last_answer:
        items = _mentioned(scene, look.last_answer) or items
    if re.search(r"\bother\b|另一个|另外", question.text.lower()) and look.last_answer:
        before = _mentioned(scene, look.last_answer)
        items = [item for item in items if item not in before]
    if by_colour and question.colours and not question.alternatives:
        items = [item for item in items if item.colour in question.colours]
    if question.relation:
        items = _beside(question, scene)
    if question.size and len(items) > 1:
        items = sorted(items, key=lambda item: item.area.share, reverse=question.size == "big")[:1]
    return _in_direction(items, question)


def _chosen(look: Look) -> List[Scene]:
    ordinal = look.question.ordinal
    if ordinal is None:
        return look.scenes
    return [look.scenes[ordinal]] if -1 <= ordinal < len(look.scenes) else []


def _merged(scenes: List[Scene], question: Question) -> Scene:
    """Several pictures that a question does not tell apart are looked at as one."""
    if len(scenes) == 1:
        return scenes[0]
    items = [item for scene in scenes for item in scene.items]
    return Scene(items, scenes[0].background, any(scene.has_building for scene in scenes))


def _default_items(scene: Scene) -> List[Item]:
    if not scene.has_building:
        return scene.items
    return [item for item in scene.items if item.name == "wall"]


def _named(scene: Scene, names: List[str]) -> List[Item]:
    named = [
        item
        for item in scene.items
        if item.name in names or (item.area.shape in names and not item.is_part)
    ]
    if "building" in names and scene.has_building and not named:
        named = [item._replace(name="building") for item in scene.items if item.name == "wall"]
    if "background" in names:
        named.append(scene.background)
    if set(names) & {"square", "circle"} and not named:
        wider = {"square": "rectangle", "circle": "oval"}
        named = [item for item in scene.items if item.name in [wider.get(name) for name in names]]
    return named


def _mentioned(scene: Scene, text: str) -> List[Item]:
    """What an earlier answer was about."""
    names = find_words(SHAPES, text) + find_words(PARTS, text)
    colours = find_words(COLOURS, text)
    items = _named(scene, names)
    exact = [item for item in items if item.colour in colours]
    if not names and colours:
        return [item for item in scene.items if item.colour in colours]
    return exact or items


def _in_direction(items: List[Item], question: Question) -> List[Item]:
    """The things furthest that way; when they are counted, all in that part of the picture."""
    if not question.directions or question.wants in ("where", "yes-no"):
        return items
    if question.wants == "count":
        return [
            item for item in items if set(question.directions) <= set(zone_of(item) or ["centre"])
        ]
    return sorted(items, key=lambda item: _distance(item, question.directions))[:1]


def _distance(item: Item, directions: List[str]) -> float:
    x, y = item.area.centre_x, item.area.centre_y
    far = {"left": x, "right": 1 - x, "top": y, "bottom": 1 - y}
    if "centre" in directions:
        return abs(x - 0.5) + abs(y - 0.5) + sum(far.get(name, 0) for name in directions)
    return sum(far[name] for name in directions)


def _beside(question: Question, scene: Scene) -> List[Item]:
    """What is left of, right of, above or below the thing that is named last."""
    anchors = _named(scene, question.names[-1:])
    colours = question.colours
    anchors = [item for item in anchors if not colours or item.colour in colours] or anchors
    if not anchors:
        return []
    anchor = anchors[0]
    others = [
        item
        for item in scene.items
        if item is not anchor
        and not anchor.area.encloses(item.area)
        and _is_beside(item, anchor, question.relation)
    ]
    return sorted(others, key=lambda item: _gap(item, anchor, question.relation))[:1]


def _is_beside(item: Item, anchor: Item, relation: Optional[str]) -> bool:
    across = item.area.centre_x - anchor.area.centre_x
    down = item.area.centre_y - anchor.area.centre_y
    return {
        "left": across < -0.02,
        "right": across > 0.02,
        "top": down < -0.02,
        "bottom": down > 0.02,
    }[relation or ""]


def _gap(item: Item, anchor: Item, relation: Optional[str]) -> float:
    """How far the facing edges are from each other, and how far the things are out of line."""
    a, b = item.area, anchor.area
    if relation in ("left", "right"):
        edges = b.left - a.right if relation == "left" else a.left - b.right
        return abs(edges) + abs(a.centre_y - b.centre_y)
    edges = b.top - a.bottom if relation == "top" else a.top - b.bottom
    return abs(edges) + abs(a.centre_x - b.centre_x)


def _say(question: Question, english: str, chinese: str) -> str:
    return chinese if question.chinese else english


def _nothing(question: Question) -> str:
    return _say(question, NOTHING_EN, NOTHING_ZH)


def _colour(look: Look, scene: Scene) -> str:
    question = look.question
    items = select(look, scene, by_colour=False)
    if not question.names and not scene.items:
        items = [scene.background]
    if not items:
        return _nothing(question)
    colours = list(dict.fromkeys(colour_of(item, question.chinese) for item in items))
    said = join(colours, question.chinese)
    if question.brief:
        return said if question.chinese else said.capitalize()
    name = name_of(items[0].name, question.chinese)
    if items[0] is scene.background and "background" not in question.names:
        name = "图片" if question.chinese else "picture"
    if question.chinese:
        asks_place = "哪" in question.text and len(items) == 1
        return f"{name}是{said}的" + (
            f"，在图片的{place_of(items[0], True)}。" if asks_place else "。"
        )
    if not question.names and len(colours) > 1:
        return f"I see {said}."
    is_are = "is" if len(items) == 1 else "are"
    same = len({item.name for item in items}) == 1
    noun = name if len(items) == 1 else f"{name}s" if same else "things"
    shade = f"{items[0].shade} " if len(colours) == 1 and items[0].shade else ""
    return f"The {noun} {is_are} {shade}{said}."


def _count(look: Look, scene: Scene) -> str:
    question = look.question
    names = [name for name in question.names if name != "background"]
    items = select(look, scene)
    if not names:
        items = [item for item in items if not item.is_part] if not scene.has_building else items
    if question.brief:
        return str(len(items))
    english, chinese = (names[0], name_of(names[0], True)) if names else ("shape", "图形")
    if question.colours and not question.alternatives:
        english = f"{question.colours[0]} {english}"
        chinese = f"{COLOURS[question.colours[0]][1][0]}的{chinese}"
    return say_count(len(items), (english, chinese), question.chinese)


def _shape(look: Look, scene: Scene) -> str:
    question = look.question
    items = [item._replace(name=item.area.shape) for item in select(look, scene)]
    if not items:
        return _nothing(question)
    names = list(dict.fromkeys(name_of(item.name, question.chinese) for item in items))
    if question.brief:
        return join(names, question.chinese) if question.chinese else join(names).capitalize()
    things = list(dict.fromkeys(shown(item, question.chinese) for item in items))
    if question.chinese:
        return f"是{join(things, True)}。"
    return (
        f"It is {with_article(things[0])}."
        if len(items) == 1
        else f"I see these shapes: {join(things)}."
    )


def _where(look: Look, scene: Scene) -> str:
    question = look.question
    items = select(look, scene)
    if not items:
        return _nothing(question)
    if question.brief:
        places = zone_of(items[0])
        return (
            place_of(items[0], True)
            if question.chinese
            else " ".join(places or ["centre"]).capitalize()
        )
    said = [
        (
            f"{shown(item, True)}在图片的{place_of(item, True)}"
            if question.chinese
            else f"The {shown(item, False)} is {place_of(item, False)} of the picture"
        )
        for item in items[:4]
    ]
    return "，".join(said) + "。" if question.chinese else ". ".join(said) + "."


def _yes_no(look: Look, scene: Scene) -> str:
    question = look.question
    truth, because = _truth(look, scene)
    if question.brief:
        return _say(question, "Yes" if truth else "No", "是" if truth else "否")
    if question.chinese:
        yes, no = ("有", "没有") if question.exists and "有" in question.text else ("是的", "不是")
        return f"{yes if truth else no}，{because[1]}。"
    return f"{'Yes' if truth else 'No'}, {because[0]}."


def _truth(look: Look, scene: Scene) -> Tuple[bool, Tuple[str, str]]:
    question = look.question
    if question.relation and len(question.names) > 1:
        firsts, anchors = (
            _named(scene, [name]) for name in (question.names[0], question.names[-1])
        )
        seen = bool(firsts and anchors) and _is_beside(firsts[0], anchors[0], question.relation)
        where = place_of(firsts[0], False) if firsts else "not in the picture"
        where_zh = place_of(firsts[0], True) if firsts else "看不到的地方"
        name = question.names[0]
        return seen, (
            f"the {name_of(name, False)} is {where}",
            f"{name_of(name, True)}在{where_zh}",
        )
    items = select(look, scene, by_colour=False)
    if not question.names and question.colours:
        items = items or [scene.background]
    fitting = [item for item in items if not question.colours or item.colour in question.colours]
    wanted = set(question.directions)
    fitting = [item for item in fitting if wanted <= set(zone_of(item) or ["centre"])]
    seen_items = (fitting or items)[:4]
    if not seen_items:
        return False, (NOTHING_EN[:-1], NOTHING_ZH[:-1])
    english = join([f"{shown(item, False)} {place_of(item, False)}" for item in seen_items])
    chinese = join([shown(item, True) for item in seen_items], True)
    return bool(fitting), (f"I see the {english}", f"我看到{chinese}")


def _thing(look: Look, scene: Scene) -> str:
    question = look.question
    items = select(look, scene)
    if not items:
        return _nothing(question)
    things = list(dict.fromkeys(shown(item, question.chinese) for item in items))
    if question.brief and not question.chinese:
        asks_colour = len(question.names) > 1 and question.size
        return (
            name_of(items[0].name, False).capitalize()
            if asks_colour or question.alternatives
            else things[0]
        )
    if question.chinese:
        return f"是{join(things, True)}。"
    return f"It is the {things[0]}." if len(things) == 1 else f"These are {join(things)}."


def _alike(look: Look, scene: Scene) -> str:
    """Whether the named things of one picture have the same colour, or else the same shape."""
    question = look.question
    items = select(look, scene, by_colour=False)
    if len(items) < 2:
        return _nothing(question)
    by_shape = re.search(r"\bshapes?\b|形状", question.text.lower())
    kinds = {item.area.shape if by_shape else item.colour for item in items}
    same = len(kinds) == 1
    if question.brief:
        return _say(question, "Yes" if same else "No", "是" if same else "否")
    things = list(dict.fromkeys(shown(item, question.chinese) for item in items))
    if question.chinese:
        return f"{'是的' if same else '不是'}，我看到{join(things, True)}。"
    return f"{'Yes' if same else 'No'}, I see {join([with_article(thing) for thing in things])}."


def _compare(question: Question, scenes: List[Scene]) -> str:
    if len(scenes) < 2:
        return _say(question, "I see only one picture.", "我只看到一张图片。")
    low = question.text.lower()
    if re.search("which|哪|第几", low):
        return _which(question, scenes)
    told = [describe(scene, question.chinese) for scene in scenes]
    same = len(set(told)) == 1
    if question.brief:
        return _say(question, "Yes" if same == ("same" in low) else "No", "是" if same else "不是")
    if same:
        return _say(question, "The pictures show the same.", "这些图片的内容相同。")
    if question.chinese:
        return "图片不同。" + "".join(f"第{index}张：{text}" for index, text in enumerate(told, 1))
    return "The pictures differ. " + " ".join(
        f"Picture {index}: {text}" for index, text in enumerate(told, 1)
    )


def _which(question: Question, scenes: List[Scene]) -> str:
    """The picture that has what is named, or most of it."""
    plain = question._replace(ordinal=None, directions=[], size=None)
    counts = [len(select(Look(plain, [scene], ""), scene)) for scene in scenes]
    if not any(counts):
        return _nothing(question)
    best = counts.index(max(counts))
    english = ("first", "second", "third", "fourth", "fifth")[best] if best < 5 else str(best + 1)
    return _say(question, f"The {english} picture.", f"第{best + 1}张图片。")
