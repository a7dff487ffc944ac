"""Reads the body of /v1/chat/completions and refuses what vLLM refuses, with its words."""

import json
from typing import Any, Dict, List, NamedTuple, Optional

from images import ImageError, Picture, load_picture
from memory import MemoryReport, Settings, pixel_bounds
from tokens import TEMPLATE_TOKENS_A_MESSAGE, TEMPLATE_TOKENS_ANSWER, count_tokens

ROLES = ("system", "developer", "user", "assistant", "tool")


class ApiError(Exception):
    """An answer that is an error, in OpenAI's form."""

    def __init__(
        self,
        message: str,
        status: int = 400,
        kind: str = "BadRequestError",
        param: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.param = param

    def to_json(self) -> Dict[str, Any]:
        """The body of the answer."""
        return {
            "error": {
                "message": self.message,
                "type": self.kind,
                "param": self.param,
                "code": self.status,
            }
        }


class Turn(NamedTuple):
    """One message: who said it, the text of its parts, its pictures in order."""

    role: str
    text: str
    pictures: List[Picture]


class ChatRequest(NamedTuple):
    """A request that can be answered."""

    turns: List[Turn]
    model: str
    prompt_tokens: int
    visual_tokens: int
    max_tokens: int
    temperature: float
    seed: Optional[int]
    choices: int
    stop: List[str]
    stream: bool
    include_usage: bool
    logprobs: bool
    top_logprobs: int
    response_format: Optional[Dict[str, Any]]


def read_chat_request(
    raw: bytes, settings: Settings, report: MemoryReport, served_names: List[str]
) -> ChatRequest:
    """Read and check a body. Raises ApiError."""
    body = read_object(raw)
    check_model(body, served_names)
    turns = _read_turns(body, settings)
    temperature = _number(body, "temperature", 1.0)
    if temperature < 0:
        raise ApiError(f"temperature must be non-negative, got {temperature}.", param="temperature")
    top_p = _number(body, "top_p", 1.0)
    if not 0 < top_p <= 1:
        raise ApiError(f"top_p must be in (0, 1], got {top_p}.", param="top_p")
    visual = sum(picture.tokens for turn in turns for picture in turn.pictures)
    prompt = visual + TEMPLATE_TOKENS_ANSWER
    prompt += sum(count_tokens(turn.text) + TEMPLATE_TOKENS_A_MESSAGE for turn in turns)
    options = body.get("stream_options") or {}
    stop = body.get("stop") or []
    return ChatRequest(
        turns=turns,
        model=body.get("model") or served_names[0],
        prompt_tokens=prompt,
        visual_tokens=visual,
        max_tokens=_room(body, prompt, report.max_model_len),
        temperature=temperature,
        seed=body.get("seed"),
        choices=_at_least_one(body, "n"),
        stop=[stop] if isinstance(stop, str) else list(stop),
        stream=bool(body.get("stream")),
        include_usage=bool(options.get("include_usage")),
        logprobs=bool(body.get("logprobs")),
        top_logprobs=int(body.get("top_logprobs") or 0),
        response_format=body.get("response_format"),
    )


def read_object(raw: bytes) -> Dict[str, Any]:
    """A body as a JSON object. Raises ApiError."""
    try:
        body = json.loads(raw)
    except ValueError as error:
        place = getattr(error, "pos", 0)
        raise ApiError(
            f"[{{'type': 'json_invalid', 'loc': ('body', {place}), 'msg': 'JSON decode error',"
            f" 'input': {{}}, 'ctx': {{'error': {str(error)!r}}}}}]"
        ) from None
    if not isinstance(body, dict):
        raise ApiError(
            "[{'type': 'model_attributes_type', 'loc': ('body',), 'msg': 'Input should be an"
            " object'}]"
        )
    return body


def check_model(body: Dict[str, Any], served_names: List[str]) -> None:
    """Raise ApiError 404 when the model that is asked for is not the one served."""
    model = body.get("model")
    if model and model not in served_names:
        raise ApiError(f"The model `{model}` does not exist.", 404, "NotFoundError", "model")


def _read_turns(body: Dict[str, Any], settings: Settings) -> List[Turn]:
    messages = body.get("messages")
    if not isinstance(messages, list):
        what = "missing" if messages is None else "list_type"
        raise ApiError(
            f"[{{'type': '{what}', 'loc': ('body', 'messages'), 'msg': 'Field required'}}]"
        )
    if not messages:
        raise ApiError("list index out of range")
    pixels = {"min_pixels": settings.min_pixels, "max_pixels": settings.max_pixels}
    if body.get("mm_processor_kwargs"):
        pixels = pixel_bounds({**pixels, **body["mm_processor_kwargs"]})
    _check_counts(messages, settings)
    return [_read_turn(message, pixels) for message in messages]


def _parts(message: Any) -> List[Any]:
    content = message.get("content") if isinstance(message, dict) else None
    if content is None:
        return []
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


def _check_counts(messages: List[Any], settings: Settings) -> None:
    limits = {"image": settings.image_limit, "video": settings.video_limit}
    for modality, limit in limits.items():
        found = sum(
            1
            for message in messages
            for part in _parts(message)
            if isinstance(part, dict) and part.get("type") == f"{modality}_url"
        )
        if found > limit:
            raise ApiError(
                f"At most {limit} {modality}(s) may be provided in one prompt."
                f" (parameter={modality})",
                param=modality,
            )


def _read_turn(message: Any, pixels: Dict[str, int]) -> Turn:
    role = message.get("role") if isinstance(message, dict) else None
    if role not in ROLES:
        raise ApiError(
            "[{'type': 'value_error', 'loc': ('body', 'messages', 'role'), 'msg': 'Unknown role"
            f" {role}'}}]"
        )
    texts, pictures = [], []
    for part in _parts(message):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("text", "input_text") and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif kind == "image_url":
            pictures.append(_read_picture(part, pixels))
        elif kind == "video_url":
            raise ApiError("Failed to load video: the model stand-in does not watch videos")
        else:
            raise ApiError(f"Unknown part type: {kind}")
    return Turn(role, "\n".join(texts), pictures)


def _read_picture(part: Dict[str, Any], pixels: Dict[str, int]) -> Picture:
    told = part.get("image_url")
    url = told.get("url") if isinstance(told, dict) else told
    if not isinstance(url, str):
        raise ApiError(
            "[{'type': 'missing', 'loc': ('body', 'messages', 'image_url', 'url'), 'msg': 'Field"
            " required'}]"
        )
    try:
        return load_picture(url, pixels["min_pixels"], pixels["max_pixels"])
    except ImageError as error:
        raise ApiError(str(error)) from None


def _room(body: Dict[str, Any], prompt: int, longest: int) -> int:
    """How many tokens the answer may have; refuses a prompt that leaves none."""
    asked = body.get("max_completion_tokens", body.get("max_tokens"))
    if asked is not None and (not isinstance(asked, int) or asked < 1):
        raise ApiError(f"max_tokens must be at least 1, got {asked}.", param="max_tokens")
    if prompt >= longest:
        raise ApiError(
            f"This model's maximum context length is {longest} tokens. However, your prompt"
            f" contains at least {prompt} input tokens. Please reduce the length of the input"
            f" prompt. (parameter=input_tokens, value={prompt})",
            param="input_tokens",
        )
    if asked is not None and prompt + asked > longest:
        raise ApiError(
            f"This model's maximum context length is {longest} tokens. However, you requested"
            f" {asked} output tokens and your prompt contains at least {prompt} input tokens, for a"
            f" total of at least {prompt + asked} tokens. Please reduce the length of the input"
            " prompt or the number of requested output tokens. (parameter=input_tokens,"
            f" value={prompt})",
            param="input_tokens",
        )
    return asked if asked is not None else longest - prompt


def _number(body: Dict[str, Any], key: str, default: float) -> float:
    value = body.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ApiError(
            f"[{{'type': 'float_type', 'loc': ('body', '{key}'), 'msg': 'Input should be a valid"
            " number'}]"
        )
    return float(value)


def _at_least_one(body: Dict[str, Any], key: str) -> int:
    value = body.get(key)
    if value is None:
        return 1
    if not isinstance(value, int) or value < 1:
        raise ApiError(f"{key} must be at least 1, got {value}.", param=key)
    return value
