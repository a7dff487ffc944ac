"""The HTTP surface of `vllm serve`: OpenAI's chat completions and vLLM's own pages."""

import json
import threading
import time
import traceback
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import unquote

from chat_request import ApiError, ChatRequest, check_model, read_chat_request, read_object
from engine import Engine
from faults import FaultError, Faults, parse_faults
from log import log, log_access, log_engine_death
from request_memory import EngineDeadError
from tokens import split_tokens, token_id

VLLM_VERSION = "0.33.0"
NAME = "ephemeral-gpu-ci model stand-in"
MAX_BODY_BYTES = 512 * 2**20
FAULTS_PREFIX = "/with-faults/"
ROUTES = {
    "/health": "GET",
    "/ping": "GET",
    "/load": "GET",
    "/version": "GET",
    "/metrics": "GET",
    "/v1/models": "GET",
    "/tokenize": "POST",
    "/v1/chat/completions": "POST",
}


class Service(NamedTuple):
    """What the handler answers with; `engine` is none until the start is over."""

    engine: Engine
    served_names: List[str]
    model: str
    api_keys: List[str]
    reasoning_parser: Optional[str]
    log_access: bool
    started_at: int


class ModelServer(ThreadingHTTPServer):
    """One thread a connection."""

    daemon_threads = True
    request_queue_size = 128
    service: Service
    _ending = False

    def end_with_engine(self) -> None:
        """Stop serving, as vLLM's server does when its engine has died."""
        if not self._ending:
            self._ending = True
            log_engine_death(self.service.engine.memory.cause_of_death or "")
            # vLLM's waits for its connections to close.
            threading.Timer(0.5, self.shutdown).start()


class Handler(BaseHTTPRequestHandler):
    """Routes and writes; what is said comes from the engine."""

    protocol_version = "HTTP/1.1"
    server: ModelServer
    _faults: Optional[Faults] = None
    # small packets of a stream must not wait for each other
    disable_nagle_algorithm = True

    def version_string(self) -> str:
        return f"stand-in-for-vllm/{VLLM_VERSION}"

    def do_GET(self) -> None:  # noqa: N802, the base class's name
        self._answer("GET")

    def do_POST(self) -> None:  # noqa: N802, the base class's name
        self._answer("POST")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the base class's name
        """Requests are logged by `_access`, in uvicorn's form."""

    def _answer(self, method: str) -> None:
        body = self._read_body()
        try:
            path, self._faults = _split_faults(self.path.split("?", 1)[0])
        except FaultError as error:
            self._send_json(ApiError(str(error)).to_json(), 400)
            return
        if path not in ROUTES:
            self._send_json({"detail": "Not Found"}, 404)
        elif ROUTES[path] != method:
            self._send_json({"detail": "Method Not Allowed"}, 405)
        elif not self._is_allowed(path):
            self._send_json({"error": "Unauthorized"}, 401)
        else:
            try:
                self._route(path, body)
            except ApiError as error:
                self._send_json(error.to_json(), error.status)
            except EngineDeadError as error:
                self.server.end_with_engine()
                self.close_connection = True
                failure = ApiError(str(error), 500, "InternalServerError")
                self._send_json(failure.to_json(), failure.status)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            except Exception as error:  # a fault of ours must not take the server down
                log(traceback.format_exc(), level="ERROR")
                self.close_connection = True
                failure = ApiError(str(error), 500, "InternalServerError")
                self._send_json(failure.to_json(), failure.status)

    def _route(self, path: str, body: bytes) -> None:
        service = self.server.service
        if path in ("/health", "/ping"):
            dead = service.engine.memory.cause_of_death is not None
            self._send(b"", 503 if dead else 200, "text/plain")
        elif path == "/version":
            self._send_json({"version": VLLM_VERSION, "stand_in": True, "name": NAME})
        elif path == "/load":
            self._send_json(
                {"server_load": int(service.engine.metrics.get("num_requests_running"))}
            )
        elif path == "/metrics":
            text = service.engine.metrics.render().encode("utf-8")
            self._send(text, 200, "text/plain; version=0.0.4; charset=utf-8")
        elif path == "/v1/models":
            self._send_json(
                {"object": "list", "data": [self._card(name) for name in service.served_names]}
            )
        elif path == "/tokenize":
            self._tokenize(body)
        else:
            self._chat(body)

    def _card(self, name: str) -> Dict[str, Any]:
        return {
            "id": name,
            "object": "model",
            "created": self.server.service.started_at,
            "owned_by": "vllm",
            "root": self.server.service.model,
            "parent": None,
            "max_model_len": self.server.service.engine.report.max_model_len,
        }

    def _tokenize(self, raw: bytes) -> None:
        body = read_object(raw)
        check_model(body, self.server.service.served_names)
        longest = self.server.service.engine.report.max_model_len
        if isinstance(body.get("prompt"), str):
            pieces = split_tokens(body["prompt"])
            ids = [token_id(piece) for piece in pieces]
        else:
            request = self._read_chat(raw)
            text = "\n".join(turn.text for turn in request.turns)
            ids = [token_id(piece) for piece in split_tokens(text)]
            ids += [0] * (request.prompt_tokens - len(ids))
        self._send_json(
            {"count": len(ids), "max_model_len": longest, "tokens": ids, "token_strs": None}
        )

    def _read_chat(self, raw: bytes) -> ChatRequest:
        service = self.server.service
        engine = service.engine
        return read_chat_request(raw, engine.settings, engine.report, service.served_names)

    def _chat(self, raw: bytes) -> None:
        request = self._read_chat(raw)
        head = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "created": int(time.time()),
            "model": request.model,
        }
        if request.stream:
            self._stream(request, head)
        else:
            self._complete(request, head)

    def _complete(self, request: ChatRequest, head: Dict[str, Any]) -> None:
        choices, produced = [], 0
        for index in range(request.choices):
            pieces = list(self.server.service.engine.generate(request, index, self._faults))
            produced += len(pieces)
            text = "".join(piece.text for piece in pieces)
            logprobs = {"content": [_logprob(piece.text, request) for piece in pieces]}
            choices.append(
                {
                    "index": index,
                    "message": {
                        "role": "assistant",
                        **self._split_reasoning(text),
                        "tool_calls": [],
                    },
                    "logprobs": logprobs if request.logprobs else None,
                    "finish_reason": pieces[-1].finish_reason,
                    "stop_reason": None,
                }
            )
        usage = _usage(request, produced)
        self._send_json({**head, "object": "chat.completion", "choices": choices, "usage": usage})

    def _split_reasoning(self, text: str) -> Dict[str, Any]:
        thought, ended, rest = text.partition("</think>")
        if not self.server.service.reasoning_parser:
            return {"content": text, "reasoning": None}
        if not ended:
            return {"content": text, "reasoning": None}
        return {"content": rest.lstrip("\n"), "reasoning": thought.strip()}

    def _stream(self, request: ChatRequest, head: Dict[str, Any]) -> None:
        self._start(200, "text/event-stream; charset=utf-8", {"Transfer-Encoding": "chunked"})
        try:
            self._stream_choices(request, head)
        except EngineDeadError as error:
            # the status line is long gone
            self.server.end_with_engine()
            self.close_connection = True
            self._event(ApiError(str(error), 500, "InternalServerError").to_json())
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _stream_choices(self, request: ChatRequest, head: Dict[str, Any]) -> None:
        head = {**head, "object": "chat.completion.chunk"}
        produced = 0
        for index in range(request.choices):
            role = {"role": "assistant", "content": ""}
            self._event({**head, "choices": [_delta(index, role, None)]})
            thinking = self._thinks()
            for piece in self.server.service.engine.generate(request, index, self._faults):
                produced += 1
                field = "reasoning" if thinking else "content"
                chunk = _delta(index, {field: piece.text}, piece.finish_reason)
                if request.logprobs:
                    chunk["logprobs"] = {"content": [_logprob(piece.text, request)]}
                self._event({**head, "choices": [chunk]})
                thinking = thinking and ">" not in piece.text
        if request.include_usage:
            self._event({**head, "choices": [], "usage": _usage(request, produced)})

    def _thinks(self) -> bool:
        thinking = self.server.service.engine.settings.identity.variant == "Thinking"
        return thinking and bool(self.server.service.reasoning_parser)

    def _event(self, data: Dict[str, Any]) -> None:
        self._chunk(b"data: " + json.dumps(data, ensure_ascii=False).encode("utf-8") + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode("ascii") + data + b"\r\n")
        self.wfile.flush()

    def _is_allowed(self, path: str) -> bool:
        keys = self.server.service.api_keys
        if not keys or not path.startswith("/v1"):
            return True
        return self.headers.get("Authorization", "") in [f"Bearer {key}" for key in keys]

    def _read_body(self) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(min(length, MAX_BODY_BYTES))

    def _send_json(self, data: Dict[str, Any], status: int = 200) -> None:
        self._send(json.dumps(data, ensure_ascii=False).encode("utf-8"), status, "application/json")

    def _send(self, data: bytes, status: int, kind: str) -> None:
        self._start(status, kind, {"Content-Length": str(len(data))})
        self.wfile.write(data)

    def _start(self, status: int, kind: str, headers: Dict[str, str]) -> None:
        if self.server.service.log_access:
            log_access(
                f"{self.client_address[0]}:{self.client_address[1]}", self.requestline, status
            )
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def _split_faults(path: str) -> Tuple[str, Optional[Faults]]:
    """A path without the faults that it begins with, and those faults.

    Only this server knows `/with-faults/LIST/v1/...`: whoever tries many faults needs one warm server.
    """
    if not path.startswith(FAULTS_PREFIX):
        return path, None
    told, _, rest = path[len(FAULTS_PREFIX) :].partition("/")
    return f"/{rest}", parse_faults(unquote(told))


def _usage(request: ChatRequest, produced: int) -> Dict[str, Any]:
    return {
        "prompt_tokens": request.prompt_tokens,
        "total_tokens": request.prompt_tokens + produced,
        "completion_tokens": produced,
        "prompt_tokens_details": None,
    }


def _delta(index: int, delta: Dict[str, Any], finish_reason: Optional[str]) -> Dict[str, Any]:
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _logprob(text: str, request: ChatRequest) -> Dict[str, Any]:
    """Made up by a fixed rule, 0 to -0.5 by the token, as are the runners-up: it has no odds."""
    logprob = -(token_id(text) % 1000) / 2000
    entry = {"token": text, "logprob": logprob, "bytes": list(text.encode("utf-8"))}
    others = [
        {"token": f"<{rank}>", "logprob": -4.6 - rank, "bytes": None}
        for rank in range(1, request.top_logprobs)
    ]
    return {**entry, "top_logprobs": [entry, *others] if request.top_logprobs else []}
