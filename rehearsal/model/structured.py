"""Answers in JSON: for a request that names a schema, or a question that names the keys."""

import json
import re
from typing import Any, Dict, List, Optional

from extracted import object_told, sorted_numbers
from looking import Look, select
from phrases import colour_of, name_of, place_of, zone_of
from question import Question
from scene import Item, Scene

LISTS = r"objects|shapes|items|things|parts|colou?rs$"


def answer_as_json(
    question: Question, pictures: List[Scene], plain: str, response_format: Optional[Dict[str, Any]]
) -> Optional[str]:
    """A JSON object with what the plain answer says, or none when no JSON is asked for."""
    kind = (response_format or {}).get("type", "text")
    if kind == "text" and not re.search(r"(?<![a-z])json(?![a-z])", question.text.lower()):
        return None
    numbers = None if pictures or kind == "json_schema" else sorted_numbers(question.text)
    if numbers is not None:
        return json.dumps(numbers)
    types = _schema_types(response_format) if kind == "json_schema" else {}
    keys = list(types) or _named_keys(question.text) or ["answer"]
    told = None if pictures else object_told(question.text, keys)
    if told is not None:
        return json.dumps(told, ensure_ascii=False)
    items = _items(question, pictures)
    values = {
        key: _value(key, types.get(key, ""), items, question, pictures, plain) for key in keys
    }
    return json.dumps(values, ensure_ascii=False)


def _schema_types(response_format: Optional[Dict[str, Any]]) -> Dict[str, str]:
    schema = ((response_format or {}).get("json_schema") or {}).get("schema") or {}
    properties = schema.get("properties") or {}
    return {
        key: str(told.get("type", "")) for key, told in properties.items() if isinstance(told, dict)
    }


def _named_keys(text: str) -> List[str]:
    """Keys in quotes, in an example object, or in a list after "keys" or "fields"."""
    quoted = re.findall(r"[\"“'`]([\w-]+)[\"”'`]\s*:?", text)
    if quoted:
        return list(dict.fromkeys(quoted))
    match = re.search(r"(?:keys?|fields?|键|字段)[:：]?\s+([\w, 和、]+)", text)
    if not match:
        return []
    words = re.split(r"[\s,、和]+|\band\b", match.group(1))
    return [
        word for word in words if word and word not in ("and", "the", "is", "are", "in", "only")
    ]


def _items(question: Question, pictures: List[Scene]) -> List[Item]:
    if not pictures:
        return []
    index = question.ordinal or 0
    scene = pictures[index] if index < len(pictures) else pictures[0]
    return select(Look(question, [scene], ""), scene)


def _value(
    key: str, kind: str, items: List[Item], question: Question, pictures: List[Scene], plain: str
) -> Any:
    low = key.lower()
    value: Any
    if pictures and re.search(r"count|number|how_many|数", low):
        value = len(items)
    elif pictures and re.search("background|背景", low):
        value = colour_of(pictures[0].background, question.chinese)
    elif pictures and re.search("building|house|建筑", low):
        value = pictures[0].has_building
    elif items and re.search(LISTS, low):
        value = [_attribute(low, item, question) for item in items]
    elif items and re.search("colou?r|颜色|shape|形状|position|place|位置|name", low):
        found = list(dict.fromkeys(_attribute(low, item, question) for item in items))
        value = found[0] if len(found) == 1 else found
    else:
        value = _bare(plain)
    return _as_type(value, kind)


def _attribute(key: str, item: Item, question: Question) -> str:
    if re.search("colou?r|颜色", key):
        return colour_of(item, question.chinese)
    if re.search("position|place|位置", key):
        return place_of(item, True) if question.chinese else " ".join(zone_of(item) or ["centre"])
    return name_of(item.name, question.chinese)


def _bare(plain: str) -> Any:
    """A sentence's answer alone: "The answer is 42." gives 42."""
    text = re.sub(r"^.*\b(?:is|are)\s+|^.*是", "", plain).rstrip(".。")
    return int(text) if re.fullmatch(r"-?\d+", text) else text


def _as_type(value: Any, kind: str) -> Any:
    if kind in ("integer", "number") and not isinstance(value, (int, float)):
        digits = re.search(r"-?\d+", str(value))
        return int(digits.group()) if digits else 0
    if kind == "string" and not isinstance(value, str):
        return ", ".join(value) if isinstance(value, list) else str(value)
    if kind == "array" and not isinstance(value, list):
        return [value]
    if kind == "boolean" and not isinstance(value, bool):
        return str(value).lower().startswith(("yes", "true", "是"))
    return value
