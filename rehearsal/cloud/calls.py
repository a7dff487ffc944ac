"""Every call that reached the cloud: who asked for what, and what came of it. No secrets in it."""

from __future__ import annotations

import base64
import contextvars
import json
import threading
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Dict, List, Optional

from .clock import Clock, iso_millis

REDACTED_MEMBERS = {
    "userdata",
    "publickeymaterial",
    "keymaterial",
    "password",
    "secretaccesskey",
    "secretstring",
    "sessiontoken",
    "webidentitytoken",
    "samlassertion",
    "tokencode",
}

# The access keys by which the cloud's own services sign their calls.
ACCESS_KEY_BY_CALLER = {"states": "AKIASTATES0000000000", "scheduler": "AKIASCHEDULER0000000"}
CALLER_BY_ACCESS_KEY = {key: caller for caller, key in ACCESS_KEY_BY_CALLER.items()}
# Where moto's executor makes a client itself (see service_clients.py), it signs with this key.
CALLER_BY_ACCESS_KEY["ak"] = "states"
# In the user agent of such a call, before the role that the service has assumed.
ROLE_MARK = "role-of-service/"


@dataclass
class Call:
    """One request, taken apart."""

    service: str
    region: str
    action: str
    protocol: str
    caller: str
    access_key: str = ""
    agent: str = ""
    app: str = ""
    role_arn: str = ""
    params: Dict[str, Any] = field(default_factory=dict)
    # The tags of existing things that it names, by id; see named_resources.py.
    resource_tags: Dict[str, Dict[str, str]] = field(default_factory=dict)
    unknown_keys: List[str] = field(default_factory=list)
    operation: Any = None
    bad_input: Optional[str] = None


current_call: contextvars.ContextVar[Optional[Call]] = contextvars.ContextVar("call", default=None)


def redact(value: Any, name: str = "") -> Any:
    """A copy fit for JSON and for strangers' eyes: secrets and long blobs give their size only."""
    if name.lower() in REDACTED_MEMBERS and value is not None:
        if name.lower() == "userdata" and isinstance(value, dict):
            value = value.get("Value", "")
        size = len(value) if isinstance(value, (str, bytes)) else 0
        if name.lower() == "userdata" and isinstance(value, (str, bytes)):
            try:
                size = len(base64.b64decode(value))
            except ValueError:
                pass
        return f"<redacted: {size} bytes>"
    if isinstance(value, dict):
        return {str(key): redact(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(item, name) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes>"
    if isinstance(value, (datetime, date)):
        return value.isoformat() + ("Z" if getattr(value, "tzinfo", 1) is None else "")
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


class CallLog:
    """Keeps the calls in memory and, a JSON line each, in a file."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: List[Dict[str, Any]] = []
        self._file = path.open("a", encoding="utf-8")

    def add(self, call: Call, status: int, error: Optional[str] = None, note: str = "") -> None:
        """`status` 0 says that the caller got no answer at all."""
        entry: Dict[str, Any] = {
            "at": iso_millis(self._clock.now()),
            "service": call.service,
            "action": call.action,
            "caller": call.caller,
            "agent": call.agent,
            "app": call.app,
            "region": call.region,
            "status": status,
            "params": redact(call.params),
            "resourceTags": call.resource_tags,
        }
        if call.role_arn:
            entry["role"] = call.role_arn
        if error:
            entry["error"] = error
        if note:
            entry["note"] = note
        with self._lock:
            self._entries.append(entry)
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()

    def entries(self) -> List[Dict[str, Any]]:
        with self._lock:
            return list(self._entries)
