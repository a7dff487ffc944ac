"""Errors in the format of the service that was called, so that every SDK understands them."""

from __future__ import annotations

import json
import uuid
from typing import Dict, List, Tuple
from xml.sax.saxutils import escape

Response = Tuple[int, List[Tuple[str, str]], bytes]


class AwsError(Exception):
    """An error as AWS words it: a code, a message, an HTTP status."""

    def __init__(self, code: str, message: str, http_status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.http_status = http_status


def error_response(protocol: str, error: AwsError) -> Response:
    """Renders an error for one of botocore's protocols: ec2, query, json, rest-json, rest-xml."""
    request_id = str(uuid.uuid4())
    code, message = escape(error.code), escape(error.message)
    headers: Dict[str, str] = {
        "x-amzn-requestid": request_id,
        "server": "ephemeral-gpu-ci-rehearsal",
    }
    if protocol == "ec2":
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>'
            f"<Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
        headers["content-type"] = "text/xml;charset=UTF-8"
    elif protocol == "query":
        fault = "Sender" if error.http_status < 500 else "Receiver"
        body = (
            f"<ErrorResponse><Error><Type>{fault}</Type><Code>{code}</Code>"
            f"<Message>{message}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        headers["content-type"] = "text/xml"
    elif protocol == "rest-xml":
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{code}</Code><Message>{message}</Message>"
            f"<RequestId>{request_id}</RequestId></Error>"
        )
        headers["content-type"] = "application/xml"
    else:
        body = json.dumps(
            {"__type": error.code, "message": error.message, "Message": error.message}
        )
        headers["x-amzn-errortype"] = error.code
        headers["content-type"] = (
            "application/json" if protocol == "rest-json" else "application/x-amz-json-1.1"
        )
    data = body.encode("utf-8")
    headers["content-length"] = str(len(data))
    return error.http_status, list(headers.items()), data
