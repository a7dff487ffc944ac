"""The role of a machine: credentials for its metadata service, and proof that a call came with them.

A machine's call is believed only as far as AWS would: known key, right signature over everything that
S3 wants signed, not expired. Its clock is the host's, whatever the emulated one says.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import time
from calendar import timegm
from dataclasses import dataclass
from typing import Any, Dict, Optional

from . import moto_settings

from botocore.auth import S3SigV4Auth  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402
from moto.iam.models import iam_backends  # noqa: E402

from .calls import Call
from .errors import AwsError

# AWS, "IAM roles for Amazon EC2": new ones come five minutes before the old ones expire.
LIFE_SECONDS = 6 * 3600
# S3, "RequestTimeTooSkewed".
MOST_SKEW_SECONDS = 15 * 60
SIGNATURE = re.compile(r"SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})")
CAPITALS = string.ascii_uppercase + string.digits


@dataclass
class MachineCredentials:
    instance_id: str
    role_name: str
    role_arn: str
    access_key: str
    secret_key: str
    token: str
    issued_at: float
    expires_at: float

    def as_metadata(self) -> Dict[str, str]:
        return {
            "Code": "Success",
            "LastUpdated": _instant(self.issued_at),
            "Type": "AWS-HMAC",
            "AccessKeyId": self.access_key,
            "SecretAccessKey": self.secret_key,
            "Token": self.token,
            "Expiration": _instant(self.expires_at),
        }


class MachineRoles:
    def __init__(self) -> None:
        self._by_key: Dict[str, MachineCredentials] = {}

    def metadata(self, instance_id: str, call: Call) -> Dict[str, Any]:
        """What the metadata service of an instance that this call launches can answer."""
        metadata: Dict[str, Any] = {"region": call.region, "domain": "amazonaws.com"}
        role = _role_of(call.params.get("IamInstanceProfile") or {})
        if role:
            issued = self._issue(instance_id, role)
            metadata["role"] = issued.role_name
            metadata["credentials"] = issued.as_metadata()
        return metadata

    def admit(self, call: Call, environ: Dict[str, Any], body: bytes, only_machines: bool) -> None:
        """Marks a machine's call as its own; raises the AwsError that a false one gets."""
        known = self._by_key.get(call.access_key)
        if known is None:
            if only_machines:
                raise AwsError(
                    "InvalidAccessKeyId",
                    "The AWS Access Key Id you provided does not exist in our records.",
                    403,
                )
            return
        call.caller, call.role_arn = "machine", known.role_arn
        if call.service != "s3":
            raise AwsError("AccessDenied", "the rehearsal's machines can use S3 only", 403)
        _verify(known, call, environ, body)

    def _issue(self, instance_id: str, role: Any) -> MachineCredentials:
        now = time.time()
        issued = MachineCredentials(
            instance_id=instance_id,
            role_name=role.name,
            role_arn=role.arn,
            access_key="ASIA" + "".join(secrets.choice(CAPITALS) for _ in range(16)),
            secret_key=secrets.token_urlsafe(30),
            token=secrets.token_urlsafe(240),
            issued_at=now,
            expires_at=now + LIFE_SECONDS,
        )
        self._by_key[issued.access_key] = issued
        return issued


def _role_of(wanted: Dict[str, str]) -> Optional[Any]:
    profiles = iam_backends[moto_settings.ACCOUNT_ID]["aws"].instance_profiles.values()
    for profile in profiles:
        if wanted.get("Name") == profile.name or wanted.get("Arn") == profile.arn:
            return profile.roles[0] if profile.roles else None
    return None


def _verify(known: MachineCredentials, call: Call, environ: Dict[str, Any], body: bytes) -> None:
    headers = {
        name[5:].replace("_", "-").lower(): text
        for name, text in environ.items()
        if name.startswith("HTTP_")
    }
    match = SIGNATURE.search(headers.get("authorization", ""))
    if match is None:
        raise AwsError("AccessDenied", "The request is not signed.", 403)
    signed = match.group(1).split(";")
    unsigned = [name for name in headers if name.startswith("x-amz-") and name not in signed]
    if unsigned or "host" not in signed:
        raise AwsError(
            "AccessDenied",
            f"There were headers present in the request which were not signed: {unsigned}",
            403,
        )
    if time.time() >= known.expires_at:
        raise AwsError("ExpiredToken", "The provided token has expired.")
    if not hmac.compare_digest(headers.get("x-amz-security-token", ""), known.token):
        raise AwsError("InvalidToken", "The provided token is malformed or otherwise invalid.")
    try:
        sent_at = timegm(time.strptime(headers.get("x-amz-date", ""), "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise AwsError("AccessDenied", "The request has no valid x-amz-date.", 403)
    if abs(time.time() - sent_at) > MOST_SKEW_SECONDS:
        raise AwsError("RequestTimeTooSkewed", "The request's time is too far from ours.", 403)
    if headers.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest():
        raise AwsError("XAmzContentSHA256Mismatch", "The content is not what was signed.")
    if not hmac.compare_digest(_signature(known, call, environ, headers, signed), match.group(2)):
        raise AwsError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided.",
            403,
        )


def _signature(
    known: MachineCredentials,
    call: Call,
    environ: Dict[str, Any],
    headers: Dict[str, str],
    signed: Any,
) -> str:
    """As botocore computes it for the same request."""
    request = AWSRequest(
        environ["REQUEST_METHOD"],
        f"http://{headers['host']}{environ['REQUEST_URI']}",
        {name: headers.get(name, "") for name in signed},
    )
    request.context["timestamp"] = headers["x-amz-date"]
    credentials = Credentials(known.access_key, known.secret_key, known.token)
    signer = S3SigV4Auth(credentials, "s3", call.region)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return signer.signature(text, request)


def _instant(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
