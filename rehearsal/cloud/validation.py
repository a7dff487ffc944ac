"""Refuses what AWS would refuse: service models first, then the limits that only documents name.

moto takes almost anything. A rehearsal that does the same would pass where AWS fails.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Any, Dict, List, Optional, Pattern

from .calls import Call
from .errors import AwsError
from .limits import check_documented_limits

# Java's Unicode classes, as near as Python's re comes; erring towards accepting.
UNICODE_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": r"\s",
    r"\p{M}": r"\w",
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{Alpha}": "a-zA-Z",
    r"\p{Digit}": "0-9",
}
TYPES: Dict[str, Any] = {
    "string": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
    "timestamp": datetime,
    "list": (list, tuple),
    "map": dict,
    "structure": dict,
    "blob": (bytes, bytearray, str),
}


class Violation:
    """One way in which a value breaks its shape; `kind` is missing, type, length, range, pattern
    or enum."""

    def __init__(self, kind: str, path: str, value: Any, constraint: str) -> None:
        self.kind = kind
        self.path = path
        self.value = value
        self.constraint = constraint


def validate(call: Call) -> None:
    """Raises the AwsError that AWS would answer with."""
    if call.bad_input:
        code = "InvalidParameterValue" if call.protocol == "ec2" else "SerializationException"
        raise AwsError(code, f"The request could not be read: {call.bad_input}")
    if call.protocol == "ec2" and call.unknown_keys:
        raise AwsError(
            "UnknownParameter", f"The parameter {call.unknown_keys[0]} is not recognized"
        )
    shape = call.operation.input_shape
    violations: List[Violation] = []
    if shape is not None:
        _check(shape, call.params, "", call, violations)
    if violations:
        raise _model_error(call, violations)
    check_documented_limits(call)


def _check(shape: Any, value: Any, path: str, call: Call, found: List[Violation]) -> None:
    if getattr(shape, "is_document_type", False):
        return
    expected = TYPES.get(shape.type_name)
    wrong_bool = isinstance(value, bool) and shape.type_name != "boolean"
    if expected and (not isinstance(value, expected) or wrong_bool):
        found.append(Violation("type", path, value, f"Member must be of type {shape.type_name}"))
        return
    if shape.type_name == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                found.append(Violation("missing", _member(path, shape, name, call), None, ""))
        for name, item in value.items():
            if name in shape.members and item is not None:
                _check(shape.members[name], item, _member(path, shape, name, call), call, found)
    elif shape.type_name == "list":
        _check_size(shape, len(value), path, value, "length", found)
        for index, item in enumerate(value, 1):
            _check(shape.member, item, f"{path}.{index}.member", call, found)
    elif shape.type_name == "map":
        _check_size(shape, len(value), path, value, "length", found)
        for key, item in value.items():
            _check(shape.key, key, path, call, found)
            _check(shape.value, item, f"{path}.{key}", call, found)
    elif shape.type_name in ("string", "blob"):
        _check_size(shape, len(value), path, value, "length", found)
        if shape.type_name == "string":
            _check_text(shape, value, path, call, found)
    elif shape.type_name in ("integer", "long", "float", "double"):
        _check_size(shape, value, path, value, "value", found)


def _check_size(
    shape: Any, size: float, path: str, value: Any, what: str, found: List[Violation]
) -> None:
    kind = "range" if what == "value" else "length"
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        text = f"Member must have {what} greater than or equal to {low}"
        found.append(Violation(kind, path, value, text))
    if high is not None and size > high:
        text = f"Member must have {what} less than or equal to {high}"
        found.append(Violation(kind, path, value, text))


def _check_text(shape: Any, value: str, path: str, call: Call, found: List[Violation]) -> None:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        text = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        found.append(Violation("enum", path, value, text))
    written = shape.metadata.get("pattern")
    pattern = compile_pattern(written) if written and call.service != "s3" else None
    if pattern:
        # Newer models anchor their patterns themselves; older ones mean the whole value.
        match = pattern.search(value) if written.startswith("^") else pattern.fullmatch(value)
        if not match:
            text = f"Member must satisfy regular expression pattern: {written}"
            found.append(Violation("pattern", path, value, text))


@lru_cache(maxsize=None)
def compile_pattern(written: str) -> Optional[Pattern[str]]:
    """A model's pattern for Python; None where Python cannot express it."""
    text = written
    for java, python in UNICODE_CLASSES.items():
        text = text.replace(java, python)
    if r"\p" in text or r"\P" in text:
        return None
    try:
        return re.compile(text, 0 if text != written else re.ASCII)
    except re.error:
        return None


def _member(path: str, shape: Any, name: str, call: Call) -> str:
    if call.protocol == "ec2":
        traits = shape.members[name].serialization
        wire = traits.get("queryName") or traits.get("name") or name
        name = wire[0].upper() + wire[1:]
    else:
        name = name[0].lower() + name[1:]
    return f"{path}.{name}" if path else name


def _model_error(call: Call, violations: List[Violation]) -> AwsError:
    first = violations[0]
    if call.protocol == "ec2":
        path = first.path.replace(".member", "")
        if first.kind == "missing":
            return AwsError("MissingParameter", f"The request must contain the parameter {path}")
        return AwsError(
            "InvalidParameterValue",
            f"Value ({_shown(first.value)}) for parameter {path} is invalid. {first.constraint}",
        )
    if call.protocol == "rest-xml":
        return AwsError("InvalidArgument", f"{first.path}: {first.constraint or 'is required'}")
    if first.kind == "type":
        return AwsError("SerializationException", f"{first.path}: {first.constraint}")
    texts = [
        f"Value {_quoted(one)} at '{one.path}' failed to satisfy constraint: "
        + ("Member must not be null" if one.kind == "missing" else one.constraint)
        for one in violations
    ]
    count = len(violations)
    head = f"{count} validation error{'s' if count > 1 else ''} detected: "
    code = "ValidationError" if call.protocol == "query" else "ValidationException"
    return AwsError(code, head + "; ".join(texts))


def _quoted(violation: Violation) -> str:
    return "null" if violation.kind == "missing" else f"'{_shown(violation.value)}'"


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 200 else text[:200] + "..."
