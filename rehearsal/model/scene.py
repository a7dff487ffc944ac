"""Makes things of areas: shapes on a background, or a building with its parts, told by geometry."""

from typing import List, NamedTuple, Optional

from vision import Area

OPENING_SHAPES = ("square", "rectangle", "circle", "oval", "trapezoid", "hexagon", "pentagon")


class Item(NamedTuple):
    """A thing in a picture."""

    name: str
    """Its part of a building, or its shape."""
    area: Area
    colour: str
    shade: str = ""

    @property
    def is_part(self) -> bool:
        return self.name != self.area.shape

    @property
    def full_colour(self) -> str:
        """With the shade: "light blue"."""
        return f"{self.shade} {self.colour}".strip()


class Scene(NamedTuple):
    """What a picture shows."""

    items: List[Item]
    background: Item
    has_building: bool


class _House(NamedTuple):
    wall: Area
    roof: Optional[Area]
    windows: List[Item]
    doors: List[Item]


def build_scene(areas: List[Area]) -> Scene:
    """Sort a picture's areas into things."""
    back = next((area for area in areas if area.is_background), areas[0])
    background = Item("background", back, back.colour, back.shade)
    loose = [area for area in areas if not area.is_background and area is not back]
    house = _find_house(loose)
    if house is None:
        return Scene(
            [_plain(area) for area in loose if not _is_hole(area, loose, back)], background, False
        )
    items = [_plain(house.wall)._replace(name="wall")]
    if house.roof:
        items.append(_plain(house.roof)._replace(name="roof"))
    items += house.doors + house.windows
    used = [item.area for item in items]
    for area in areas:
        if area in used or any(part.encloses(area) for part in used):
            continue
        name = _around(area, house)
        if name != "grass" or not any(item.name == "grass" for item in items):
            items.append(_plain(area)._replace(name=name))
    return Scene([item for item in items if item.name != "background"], background, True)


def _plain(area: Area) -> Item:
    return Item(area.shape, area, area.colour, area.shade)


def _is_hole(area: Area, others: List[Area], back: Area) -> bool:
    """A ring's inside and the rims of a blurred edge are no things."""
    if area.hole_share > 0.6:
        inside = [other for other in others if area.encloses(other)]
        if area.colour in [back.colour, *(other.colour for other in inside)]:
            return True
    if area.colour != back.colour or area.shade != back.shade:
        return False
    return any(other.encloses(area) and other.hole_share > 0.05 for other in others)


def _find_house(areas: List[Area]) -> Optional[_House]:
    best: Optional[_House] = None
    for wall in areas:
        if wall.share < 0.02 or wall.hole_share < 0.01:
            continue
        house = _as_house(wall, areas)
        enough = len(house.windows) + len(house.doors) + (2 if house.roof else 0) >= 3
        if (
            enough
            and house.windows + house.doors
            and (best is None or _openings(house) > _openings(best))
        ):
            best = house
    return best


def _openings(house: _House) -> int:
    return len(house.windows) + len(house.doors)


def _as_house(wall: Area, areas: List[Area]) -> _House:
    inside = [area for area in areas if wall.encloses(area)]
    outermost = [area for area in inside if not any(other.encloses(area) for other in inside)]
    height = wall.bottom - wall.top
    windows, doors = [], []
    for area in outermost:
        wide, high = area.right - area.left, area.bottom - area.top
        if area.bottom > wall.bottom - 0.04 * height and high > 1.1 * wide:
            doors.append(_opening("door", area, inside))
        elif area.shape in OPENING_SHAPES and area.share < 0.3 * wall.share:
            windows.append(_opening("window", area, inside))
    above = [area for area in areas if area not in inside and _sits_on(area, wall)]
    return _House(wall, above[0] if above else None, windows, doors)


def _opening(name: str, area: Area, inside: List[Area]) -> Item:
    """A frame is called after what it frames."""
    framed = [other for other in inside if area.encloses(other)]
    total = sum(other.share for other in framed)
    inner = framed[0] if framed and total > 0.5 * area.share else area
    return Item(name, area, inner.colour, inner.shade)


def _sits_on(area: Area, wall: Area) -> bool:
    overlap = min(area.right, wall.right) - max(area.left, wall.left)
    high = wall.bottom - wall.top
    return (
        abs(area.bottom - wall.top) < 0.06 * high + 0.01
        and area.top < wall.top
        and overlap > 0.6 * (wall.right - wall.left)
    )


def _around(area: Area, house: _House) -> str:
    """What an area beside the house is; its shape when it is nothing known."""
    if area.top < 0.01 and area.is_background:
        return "sky" if area.colour in ("blue", "cyan") else "background"
    if area.bottom > 0.99 and area.top > house.wall.top:
        if area.colour == "green":
            return "grass"
        doors = [
            door
            for door in house.doors
            if door.area.left >= area.left and door.area.right <= area.right
        ]
        return "path" if doors else "background"
    if (
        area.shape == "circle"
        and area.colour in ("yellow", "orange")
        and area.centre_y < house.wall.top + 0.1
    ):
        return "sun"
    return area.shape
