"""The command line of `vllm serve`: the same options, refused in the same words.

The list is in options.txt. Values are checked as vLLM's parser does: numbers, choices and JSON.
"""

import json
import re
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, NoReturn, Optional, Tuple

OPTIONS_FILE = Path(__file__).with_name("options.txt")
USAGE_TOP = "usage: vllm [-h] [-v] {chat,complete,serve,launch,bench,collect-env,run-batch} ..."
USAGE_SERVE = "usage: vllm serve [model_tag] [options]"
SHORT_NAMES = {
    "-q": "--quantization",
    "-tp": "--tensor-parallel-size",
    "-pp": "--pipeline-parallel-size",
    "-dp": "--data-parallel-size",
    "-r": "--data-parallel-rank",
    "-cc": "--compilation-config",
    "-sc": "--speculative-config",
    "-n": "--nnodes",
}
SIZE_SUFFIXES = {
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "K": 2**10,
    "M": 2**20,
    "G": 2**30,
    "T": 2**40,
}


class OptionError(Exception):
    """A refused command line: what argparse would print before it exits with 2."""

    def __init__(self, message: str, top_level: bool = False) -> None:
        program, usage = ("vllm", USAGE_TOP) if top_level else ("vllm serve", USAGE_SERVE)
        super().__init__(f"{usage}\n{program}: error: {message}")


class OptionKind(NamedTuple):
    """What an option takes: a kind of value, and for a choice the values."""

    kind: str
    choices: Tuple[str, ...]


class ServeOptions(NamedTuple):
    """A parsed command line: the model and every option given, by name without dashes."""

    model: str
    values: Dict[str, Any]

    def get(self, name: str, default: Any = None) -> Any:
        """The value given for an option such as "max-model-len", else `default`."""
        value = self.values.get(name)
        return default if value is None else value


def read_option_kinds(path: Path = OPTIONS_FILE) -> Dict[str, OptionKind]:
    """Every option of options.txt by its name, dashes included."""
    kinds: Dict[str, OptionKind] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("--"):
            name, kind, *choices = line.split()
            kinds[name] = OptionKind(kind, tuple(choices))
    return kinds


def parse_command_line(argv: List[str]) -> ServeOptions:
    """Parse `MODEL [options]`, what follows `vllm serve`.

    Raises OptionError for what vLLM refuses. Example: `["Qwen/Qwen3-VL-2B-Instruct",
    "--limit-mm-per-prompt.video", "0"]` gives limit-mm-per-prompt as `{"video": 0}`.
    """
    kinds = read_option_kinds()
    values: Dict[str, Any] = {}
    positionals: List[str] = []
    unrecognized: List[str] = []
    rest = list(argv)
    while rest:
        token = rest.pop(0)
        if not _is_option(token):
            positionals.append(token)
            continue
        name, _, inline = token.partition("=")
        given = inline if "=" in token else None
        if re.fullmatch(r"-O\d", name):
            name, given = "--optimization-level", name[2:]
        name = SHORT_NAMES.get(name, name)
        name, _, dotted = name.partition(".")
        name = name.replace("_", "-")
        if name in kinds:
            raw = _take_value(name, kinds[name], given, rest)
            _store(values, name, kinds[name], raw, dotted)
        elif name.startswith("--no-") and _kind_of(kinds, "--" + name[5:]) == "flag":
            values[name[5:]] = False
        else:
            unrecognized.append(token)
            # argparse lists the words after an unknown option as unknown too
            while rest and not _is_option(rest[0]):
                unrecognized.append(rest.pop(0))
    _refuse_leftovers(positionals, unrecognized)
    if values.get("config"):
        raise OptionError("argument --config: the model stand-in reads no configuration file")
    return ServeOptions(positionals[0], values)


def _refuse_leftovers(positionals: List[str], unrecognized: List[str]) -> None:
    leftovers = positionals[1:] + unrecognized
    if leftovers:
        raise OptionError(f"unrecognized arguments: {' '.join(leftovers)}", top_level=True)
    if not positionals:
        # vLLM falls back to a small text model of its own here; a rehearsal has none
        raise OptionError("the following arguments are required: model_tag")


def _is_option(token: str) -> bool:
    return token.startswith("-") and not re.fullmatch(r"-\d+(\.\d+)?", token) and token != "-"


def _kind_of(kinds: Dict[str, OptionKind], name: str) -> Optional[str]:
    return kinds[name].kind if name in kinds else None


def _take_value(name: str, kind: OptionKind, given: Optional[str], rest: List[str]) -> List[str]:
    """The words that belong to an option, taken off `rest`."""
    if kind.kind == "flag":
        if given is not None:
            raise OptionError(
                f"argument {name}/--no-{name[2:]}: ignored explicit argument {given!r}"
            )
        return []
    if given is not None:
        return [given]
    if not rest or _is_option(rest[0]):
        many = kind.kind == "list"
        raise OptionError(f"argument {name}: expected {'at least one' if many else 'one'} argument")
    words = [rest.pop(0)]
    while kind.kind == "list" and rest and not _is_option(rest[0]):
        words.append(rest.pop(0))
    return words


def _store(
    values: Dict[str, Any], name: str, kind: OptionKind, raw: List[str], dotted: str
) -> None:
    key = name[2:]
    if not dotted:
        values[key] = _convert(name, kind, raw)
        return
    if kind.kind != "json":
        raise OptionError(f"unrecognized arguments: {name}.{dotted} {' '.join(raw)}".rstrip(), True)
    whole = values.setdefault(key, {})
    if not isinstance(whole, dict):
        _refuse_value(name, raw[0], "json.loads")
    *parents, last = dotted.split(".")
    for parent in parents:
        whole = whole.setdefault(parent, {})
    if last.endswith("+"):
        whole.setdefault(last[:-1], []).extend(_json_or_text(part) for part in raw[0].split(","))
    else:
        whole[last] = _json_or_text(raw[0])


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _convert(name: str, kind: OptionKind, raw: List[str]) -> Any:
    if kind.kind == "flag":
        return True
    if kind.kind == "list":
        return raw
    text = raw[0]
    if kind.kind == "str":
        return text
    if kind.kind == "choice":
        if text not in kind.choices:
            allowed = ", ".join(repr(choice) for choice in kind.choices)
            raise OptionError(f"argument {name}: invalid choice: {text!r} (choose from {allowed})")
        return text
    if kind.kind == "json":
        try:
            return json.loads(text)
        except ValueError:
            _refuse_value(name, text, "<function loads>")
    return _convert_number(name, kind.kind, text)


def _convert_number(name: str, kind: str, text: str) -> Any:
    try:
        if kind == "float":
            return float(text)
        if kind == "size":
            if text == "auto" and name == "--max-model-len":
                return -1
            match = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmMgGtT])", text)
            if match:
                return int(float(match.group(1)) * SIZE_SUFFIXES[match.group(2)])
        return int(text)
    except ValueError:
        type_name = {"float": "float", "int": "int", "size": "human_readable_int"}[kind]
        raise OptionError(f"argument {name}: invalid {type_name} value: {text!r}") from None


def _refuse_value(name: str, text: str, type_name: str) -> NoReturn:
    raise OptionError(f"argument {name}: Value {text} cannot be converted to {type_name}.")
