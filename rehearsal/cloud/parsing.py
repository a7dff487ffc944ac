"""From an HTTP request to the service, the operation and its parameters."""

from __future__ import annotations

import re
from typing import Any, Dict, Optional, Tuple
from urllib.parse import parse_qs

from . import moto_settings
from .calls import CALLER_BY_ACCESS_KEY, ROLE_MARK, Call

from moto.core.parse import PROTOCOL_PARSERS  # noqa: E402  (after moto_settings)
from moto.core.request import Request, determine_request_protocol  # noqa: E402
from moto.core.routing import get_service_router  # noqa: E402
from moto.core.utils import get_service_model  # noqa: E402
from werkzeug.exceptions import NotFound  # noqa: E402

# Name in the signature's scope -> botocore's name. A service outside this table is refused: the
# rehearsal does not pretend to know it.
SERVICES = {
    "ec2": "ec2",
    "scheduler": "scheduler",
    "iam": "iam",
    "sts": "sts",
    "ssm": "ssm",
    "states": "stepfunctions",
    "s3": "s3",
    "sns": "sns",
    "servicequotas": "service-quotas",
    "pricing": "pricing",
}
APP = re.compile(r"(?:^|\s)app/(\S+)")
CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


class TrackingDict(Dict[str, str]):
    """Remembers which keys were read, so that the ones that no model knows can be named."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.read = set()  # type: set[str]

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().get(key, default)


def read_credential(environ: Dict[str, Any], body: bytes) -> Tuple[str, str, str]:
    """(access key, region, signing name); unsigned calls are STS's or S3's."""
    match = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if match:
        return match.group(1), match.group(2), match.group(3).lower()
    query = parse_qs(environ.get("QUERY_STRING", ""))
    if "X-Amz-Credential" in query:
        key, _, region, service, _ = query["X-Amz-Credential"][0].split("/")
        return key, region, service.lower()
    if b"Action=AssumeRole" in body:
        return "", moto_settings.DEFAULT_REGION, "sts"
    return "", moto_settings.DEFAULT_REGION, "s3"


def parse_call(environ: Dict[str, Any], body: bytes) -> Call:
    """Never raises: what cannot be understood is told by `bad_input` or a missing `operation`."""
    access_key, region, signing_name = read_credential(environ, body)
    user_agent = environ.get("HTTP_USER_AGENT", "")
    app = APP.search(user_agent)
    call = Call(
        service=SERVICES.get(signing_name, signing_name),
        region=region,
        action="?",
        protocol="rest-xml" if signing_name == "s3" else "json",
        caller=CALLER_BY_ACCESS_KEY.get(access_key, "client"),
        access_key=access_key,
        agent=user_agent.split(" ")[0],
        app=app.group(1) if app else "",
    )
    if call.caller != "client" and ROLE_MARK in user_agent:
        call.role_arn = user_agent.split(ROLE_MARK)[1].split(" ")[0]
    if signing_name not in SERVICES:
        return call
    model = get_service_model(call.service)
    request = Request(environ)
    try:
        call.protocol = determine_request_protocol(model, request.content_type)
    except NotImplementedError as problem:
        call.protocol = str(model.protocol)
        call.bad_input = str(problem)
    try:
        call.operation, uri_params = get_service_router(call.service).match(request)
    except (NotFound, NotImplementedError):
        call.action = request.values.get("Action") or _target(environ) or "?"
        return call
    call.action = call.operation.name
    values: Any = request.values
    if call.protocol in ("query", "ec2"):
        values = TrackingDict(request.values.to_dict())
    try:
        call.params = PROTOCOL_PARSERS[call.protocol](call.operation).parse(
            {
                "method": request.method,
                "values": values,
                "headers": request.headers,
                "body": body,
                "url_path": request.path,
                "url_params": uri_params,
            }
        )
    except Exception as problem:  # a parser that stumbles has met a malformed request
        call.bad_input = f"{type(problem).__name__}: {problem}"
    if isinstance(values, TrackingDict):
        call.unknown_keys = sorted(set(values) - values.read - {"Action", "Version"})
    if call.service == "s3":
        call.params = {name: item for name, item in call.params.items() if item is not None}
    return call


def _target(environ: Dict[str, Any]) -> Optional[str]:
    return environ.get("HTTP_X_AMZ_TARGET", "").split(".")[-1] or None
