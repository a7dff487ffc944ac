"""How the stand-in says what it sees, in English and Chinese."""

from collections import Counter
from typing import List, Tuple

from scene import Item, Scene
from words import COLOURS, PARTS, SHAPES, join, number_in_words, plural, with_article

ZONES_EN = {
    "left": "on the left",
    "right": "on the right",
    "top": "at the top",
    "bottom": "at the bottom",
}
ZONES_ZH = {"left": "左边", "right": "右边", "top": "上方", "bottom": "下方"}
MEASURE_WORDS = {"window": "扇", "door": "扇", "wall": "面", "building": "座"}


def name_of(name: str, chinese: bool) -> str:
    """The everyday word for a shape or part."""
    words = SHAPES.get(name) or PARTS.get(name) or ([name], [name])
    return words[1][0] if chinese else words[0][0]


def colour_of(item: Item, chinese: bool) -> str:
    """The colour's plain name, without its shade."""
    return COLOURS[item.colour][1][0] if chinese else item.colour


def shown(item: Item, chinese: bool) -> str:
    """Colour and name: "red circle", "红色的圆形"."""
    if chinese:
        return f"{_shade_zh(item)}{colour_of(item, True)}的{name_of(item.name, True)}"
    return f"{item.full_colour} {name_of(item.name, False)}"


def zone_of(item: Item) -> List[str]:
    """Where the middle of a thing is: ["top", "left"]; empty in the centre."""
    zone = []
    x, y = item.area.centre_x, item.area.centre_y
    if y < 0.4 or y > 0.6:
        zone.append("top" if y < 0.4 else "bottom")
    if x < 0.4 or x > 0.6:
        zone.append("left" if x < 0.4 else "right")
    return zone


def place_of(item: Item, chinese: bool) -> str:
    """A thing's place in words: "at the top left", "左上方"."""
    zone = zone_of(item)
    if not zone:
        return "中间" if chinese else "in the centre"
    if len(zone) == 1:
        return ZONES_ZH[zone[0]] if chinese else ZONES_EN[zone[0]]
    vertical, horizontal = zone
    if chinese:
        return {"left": "左", "right": "右"}[horizontal] + ZONES_ZH[vertical]
    return f"at the {vertical} {horizontal}"


def describe(scene: Scene, chinese: bool) -> str:
    """One or two sentences about a picture."""
    if scene.has_building:
        return _describe_building_zh(scene) if chinese else _describe_building(scene)
    ground = _shade_zh(scene.background) + colour_of(scene.background, True)
    if not scene.items:
        return (
            f"这张图片是纯{ground}的。"
            if chinese
            else f"The picture is plain {scene.background.full_colour}."
        )
    groups = Counter((shown(item, chinese)) for item in scene.items)
    places = {shown(item, chinese): place_of(item, chinese) for item in scene.items}
    few = len(scene.items) <= 4
    parts = []
    for thing, count in groups.items():
        where = places[thing] if few and count == 1 else ""
        if chinese:
            parts.append(f"{where}{'一' if count == 1 else count}个{thing}")
        else:
            parts.append(f"{counted(thing, count)} {where}".strip())
    if chinese:
        return f"图片里有{join(parts, True)}，背景是{ground}。"
    return (
        f"The picture shows {join(parts)} on {with_article(scene.background.full_colour)}"
        " background."
    )


def counted(thing: str, count: int) -> str:
    """A number of things in words: "a red circle", "three red circles"."""
    if count == 1:
        return with_article(thing)
    return f"{number_in_words(count)} {plural(thing)}"


def _describe_building(scene: Scene) -> str:
    items = {item.name: item for item in scene.items}
    windows = [item for item in scene.items if item.name == "window"]
    features = []
    if "roof" in items:
        features.append(with_article(f"{items['roof'].full_colour} roof"))
    features += _some(windows, "window")
    features += _some([item for item in scene.items if item.name == "door"], "door")
    wall = items["wall"].full_colour
    text = f"The picture shows a house, a small building with {wall} walls"
    text += f", {join(features)}." if features else "."
    around = [
        f"{items[name].full_colour} {name}"
        for name in ("sky", "grass", "sun", "path")
        if name in items
    ]
    return f"{text} Around it there is {join(around)}." if around else text


def _some(items: List[Item], name: str) -> List[str]:
    if not items:
        return []
    return [counted(f"{items[0].full_colour} {name}", len(items))]


def _describe_building_zh(scene: Scene) -> str:
    items = {item.name: item for item in scene.items}
    features = [f"{colour_of(items['wall'], True)}的墙壁"]
    for name in ("roof", "window", "door"):
        same = [item for item in scene.items if item.name == name]
        if same:
            number = f"{len(same)}{MEASURE_WORDS.get(name, '个')}" if name == "window" else ""
            features.append(f"{number}{colour_of(same[0], True)}的{name_of(name, True)}")
    around = [
        f"{_shade_zh(items[name])}{colour_of(items[name], True)}的{name_of(name, True)}"
        for name in ("sky", "grass", "sun", "path")
        if name in items
    ]
    text = f"图片里是一座房子，有{join(features, True)}。"
    return f"{text}周围有{join(around, True)}。" if around else text


def _shade_zh(item: Item) -> str:
    return {"light": "浅", "dark": "深", "": ""}[item.shade]


def say_count(number: int, thing: Tuple[str, str], chinese: bool) -> str:
    """ "There are 3 red squares in the picture." """
    if chinese:
        return f"图片里有{number}个{thing[1]}。"
    if number == 1:
        return f"There is 1 {thing[0]} in the picture."
    return f"There are {number or 'no'} {plural(thing[0])} in the picture."
