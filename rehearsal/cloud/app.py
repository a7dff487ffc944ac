"""The front door: every request is read, logged, hit by faults, judged, and only then moto's."""

from __future__ import annotations

import io
import json
import re
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple
from urllib.parse import parse_qs

from . import moto_settings, prices

from moto.core.config import default_user_config  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    create_backend_app,
)

from .account import furnish_region
from .calls import Call, CallLog, current_call
from .clock import Clock, iso
from .compute import SPOT_NOTICE_SECONDS, Compute
from .errors import AwsError, Response, error_response
from .faults import Faults
from .holds import Holds
from .meter import Meter
from .named_resources import tags_of_named
from .parsing import SERVICES, parse_call
from .quotas import Quotas
from .roles import find_role, refuse_unless_allowed, trusts
from .scheduler import Scheduler, check_schedule
from .service_clients import (
    let_paths_be_parsed_once,
    let_states_start_executions,
    let_states_use_its_role,
    let_wildcards_match_nothing,
)
from .validation import validate

Environ = Dict[str, Any]
ERROR_CODE = re.compile(rb"<Code>([^<]+)</Code>")


class Cloud:
    """The emulated cloud as a WSGI application."""

    def __init__(self, state_dir: Path, machines: Any) -> None:
        default_user_config["stepfunctions"] = {"execute_state_machine": True}
        let_states_use_its_role()
        let_states_start_executions()
        let_wildcards_match_nothing()
        let_paths_be_parsed_once()
        self.clock = Clock()
        prices.install_spot_prices(self.clock)
        self.meter = Meter(self.clock)
        self.log = CallLog(state_dir / "calls.jsonl", self.clock)
        self.faults = Faults()
        self.holds = Holds(self.clock)
        self.quotas = Quotas()
        self.machines = machines
        self.lock = threading.RLock()
        self.compute = Compute(self.clock, self.meter, machines, self.quotas, self.lock)
        self.scheduler = Scheduler(self.clock, self.log, self.lock)
        self._moto = DomainDispatcherApplication(create_backend_app)
        furnish_region(moto_settings.DEFAULT_REGION, self.clock)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = _read_body(environ)
        # Chunked or not, from here on the body is whole.
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ.pop("wsgi.input_terminated", None)
        environ["CONTENT_LENGTH"] = str(len(body))
        if environ.get(FROM_MACHINE):
            status, headers, data = self._serve(environ, body)
        elif environ["PATH_INFO"].startswith("/_rehearsal/"):
            status, headers, data = self._control(environ, body)
        elif environ["PATH_INFO"].startswith("/moto-api"):
            status, headers, data = _plain(404, "the rehearsal's control API is /_rehearsal/")
        else:
            status, headers, data = self._serve(environ, body)
        if environ["REQUEST_METHOD"] == "HEAD":
            data = b""
        start_response(f"{status} {_reason(status)}", headers)
        return [data]

    def for_machines(
        self, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """The same cloud, for whoever can prove to be one of its machines."""
        return self({**environ, FROM_MACHINE: True}, start_response)

    # AWS

    def _serve(self, environ: Environ, body: bytes) -> Response:
        environ["wsgi.input"] = io.BytesIO(body)
        call = parse_call(environ, body)
        hits = []
        try:
            only_machines = FROM_MACHINE in environ
            self.compute.machine_roles.admit(call, environ, body, only_machines)
            self._refuse_unknown(call)
            validate(call)
            with self.lock:
                call.resource_tags = tags_of_named(call)
            if self.holds.wait(call, "before") and _caller_is_gone(environ):
                self.log.add(call, 0, None, "held: its caller died before it was done")
                _hang_up(environ)
            hits = self.faults.strike(call)
            for fault in hits:
                if fault.kind == "delay":
                    time.sleep(fault.delaySeconds)
            for fault in hits:
                if fault.kind == "error":
                    raise AwsError(fault.code, fault.message, fault.httpStatus)
            response = self._answer(call, environ, body)
        except AwsError as error:
            response = error_response(call.protocol, error)
        note = ", ".join(f"fault: {fault.kind}" for fault in hits)
        self.holds.wait(call, "after")
        status, headers, data = response
        code = _error_code(headers, data) if status >= 400 else None
        dropped = any(fault.kind == "drop-response" for fault in hits)
        self.log.add(call, 0 if dropped else status, code, note)
        if dropped:
            _hang_up(environ)
        return response

    def _refuse_unknown(self, call: Call) -> None:
        if call.service not in SERVICES.values():
            raise AwsError(
                "NotImplemented", f"the rehearsal does not emulate the service {call.service}", 501
            )
        if call.operation is None:
            raise AwsError(
                "InvalidAction", f"The action {call.action} is not valid for this web service."
            )

        if call.action in OTHER_LAUNCHES:
            raise AwsError(
                "NotImplemented", f"the rehearsal launches by RunInstances, not {call.action}", 501
            )

    def _answer(self, call: Call, environ: Environ, body: bytes) -> Response:
        if call.service == "service-quotas":
            return _json(200, self.quotas.answer(call.action, call.params, call.region))
        if call.service == "pricing":
            return _json(200, prices.answer(call.action, call.params))
        with self.lock:
            furnish_region(call.region, self.clock)
            self._judge(call)
            if call.service == "scheduler" and call.action == "CreateSchedule":
                arn = self.scheduler.created_before(call)
                if arn:
                    return _json(200, {"ScheduleArn": arn})
            token = current_call.set(call)
            try:
                response = self._ask_moto(environ, body)
            except NotImplementedError as problem:
                raise AwsError(
                    "NotImplemented", f"moto does not know {call.action}: {problem}", 501
                )
            except Exception as problem:
                traceback.print_exc(file=sys.stderr)
                raise AwsError("InternalFailure", f"the emulation failed: {problem!r}", 500)
            finally:
                current_call.reset(token)
            if call.action == "CreateSchedule" and response[0] == 200:
                self.scheduler.remember(call)
        if call.service == "scheduler":
            self.scheduler.wake()
        return response

    def _judge(self, call: Call) -> None:
        """What needs the cloud's state to be refused."""
        if call.role_arn:
            refuse_unless_allowed(call)
        if call.service == "scheduler" and call.action in ("CreateSchedule", "UpdateSchedule"):
            check_schedule(call.params, self.clock.now())
        if call.service == "stepfunctions" and call.action == "CreateStateMachine":
            role = find_role(call.params["roleArn"])
            if role is None or not trusts(role, "states.amazonaws.com"):
                raise AwsError(
                    "AccessDeniedException",
                    "Neither the global service principal states.amazonaws.com, nor the regional "
                    "one is authorized to assume the provided role.",
                )

    def _ask_moto(self, environ: Environ, body: bytes) -> Response:
        environ = dict(environ)
        environ["wsgi.input"] = io.BytesIO(body)
        started: List[Any] = []

        def start_response(status: str, headers: List[Tuple[str, str]], *_: Any) -> Any:
            started[:] = [int(status.split(" ")[0]), headers]
            return lambda data: None

        result = self._moto(environ, start_response)
        try:
            data = b"".join(result)
        finally:
            close = getattr(result, "close", None)
            if close:
                close()
        status, headers = started
        kept = [(name, text) for name, text in headers if name.lower() not in HOP_BY_HOP]
        if environ["REQUEST_METHOD"] != "HEAD":
            kept = [(name, text) for name, text in kept if name.lower() != "content-length"]
            kept.append(("Content-Length", str(len(data))))
        return status, kept, data

    # Control

    def _control(self, environ: Environ, body: bytes) -> Response:
        query = {
            name: texts[0] for name, texts in parse_qs(environ.get("QUERY_STRING", "")).items()
        }
        name = environ["PATH_INFO"][len("/_rehearsal/") :].strip("/")
        handler = self._handlers().get((environ["REQUEST_METHOD"], name))
        if handler is None:
            known = ", ".join(f"{method} {path}" for method, path in self._handlers())
            return _plain(404, f"unknown: {environ['REQUEST_METHOD']} {name}; known: {known}")
        try:
            answer = handler(query, json.loads(body or b"{}"))
        except (ValueError, KeyError, TypeError) as problem:
            return _json(400, {"error": str(problem)})
        return _plain(200, answer) if isinstance(answer, str) else _json(200, answer)

    def _handlers(self) -> Dict[Tuple[str, str], Callable[[Dict[str, str], Any], Any]]:
        return {
            ("GET", "health"): lambda query, body: {"ok": True, "now": iso(self.clock.now())},
            ("GET", "meter"): self._meter,
            ("GET", "calls"): lambda query, body: self.log.entries(),
            ("GET", "clock"): lambda query, body: self._clock(0),
            ("POST", "clock"): lambda query, body: self._advance(float(body["advanceSeconds"])),
            ("GET", "faults"): lambda query, body: self.faults.to_json(),
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "hold"): self._held,
            ("POST", "hold"): self._hold,
            ("DELETE", "hold"): self._let_go,
            ("POST", "mute"): self._mute,
            ("POST", "quotas"): self._set_quotas,
            ("POST", "poweroff"): self._power_off,
            ("POST", "interrupt"): self._interrupt,
            ("POST", "spot-notice"): self._spot_notice,
            ("POST", "lag"): self._set_lag,
            ("GET", "console"): lambda query, body: self.machines.console(query["instanceId"]),
        }

    def _meter(self, query: Dict[str, str], body: Any) -> Any:
        self.compute.refresh_tags()
        return self.meter.report()

    def _advance(self, seconds: float) -> Any:
        return self._clock(self.scheduler.advance(seconds))

    def _clock(self, fired: int) -> Any:
        now, offset = iso(self.clock.now()), round(self.clock.offset_seconds, 3)
        return {"now": now, "offsetSeconds": offset, "fired": fired}

    def _add_faults(self, query: Dict[str, str], body: Any) -> Any:
        self.faults.add(body)
        return self.faults.to_json()

    def _clear_faults(self, query: Dict[str, str], body: Any) -> Any:
        self.faults.clear()
        return []

    def _held(self, query: Dict[str, str], body: Any) -> Any:
        return {"struckAt": self.holds.struck_at(query["name"])}

    def _hold(self, query: Dict[str, str], body: Any) -> Any:
        self.holds.add(query["name"], body)
        return {}

    def _let_go(self, query: Dict[str, str], body: Any) -> Any:
        self.holds.let_go(query["name"])
        return {}

    def _mute(self, query: Dict[str, str], body: Any) -> Any:
        self.scheduler.muted = re.compile(body["schedules"])
        return {}

    def _set_quotas(self, query: Dict[str, str], body: Any) -> Any:
        self.quotas.set(body)
        return self.quotas.values

    def _set_lag(self, query: Dict[str, str], body: Any) -> Any:
        self.compute.describe_lag_seconds = float(body["describeInstancesSeconds"])
        return body

    def _power_off(self, query: Dict[str, str], body: Any) -> Any:
        self.machines.power_off_inside(body["instanceId"])
        return {}

    def _interrupt(self, query: Dict[str, str], body: Any) -> Any:
        self.compute.interrupt(body["instanceId"])
        return {}

    def _spot_notice(self, query: Dict[str, str], body: Any) -> Any:
        seconds = float(body.get("seconds", SPOT_NOTICE_SECONDS))
        return {"time": self.compute.give_spot_notice(body["instanceId"], seconds)}

    def close(self) -> None:
        self.scheduler.stop()
        self.compute.end_all()
        self.machines.close()
        self.compute.addresses.close()


# moto would launch these past the meter and without a machine.
OTHER_LAUNCHES = ("RequestSpotInstances", "RequestSpotFleet", "CreateFleet")
# Set by the door that only machines reach.
FROM_MACHINE = "rehearsal.from_machine"
HOP_BY_HOP = ("connection", "transfer-encoding", "keep-alive")


def _read_body(environ: Environ) -> bytes:
    # The end of a chunked body is known to the stream; of any other only to its length.
    if environ.get("wsgi.input_terminated"):
        return environ["wsgi.input"].read()
    return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))


def _caller_is_gone(environ: Environ) -> bool:
    connection = environ.get("werkzeug.socket")
    if connection is None:
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _hang_up(environ: Environ) -> None:
    """Its caller never learns of what became of the call."""
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("a fault of the rehearsal drops this response")


def _error_code(headers: List[Tuple[str, str]], data: bytes) -> Optional[str]:
    for name, text in headers:
        if name.lower() == "x-amzn-errortype":
            return text.split(":")[0]
    match = ERROR_CODE.search(data)
    if match:
        return match.group(1).decode("utf-8")
    try:
        return str(json.loads(data)["__type"]).split("#")[-1]
    except (ValueError, KeyError, TypeError):
        return None


def _reason(status: int) -> str:
    return "OK" if status < 300 else "Error"


def _json(status: int, value: Any) -> Response:
    data = json.dumps(value, indent=2).encode("utf-8")
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(data)))]
    return status, headers, data


def _plain(status: int, text: str) -> Response:
    data = text.encode("utf-8")
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(data)))]
    return status, headers, data
