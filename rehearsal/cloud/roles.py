"""The part of IAM that decides a rehearsal: may this service or machine do this with its role?

Reads a role's trust and its policies, Allow and Deny, with wildcards. Conditions are not judged: an
Allow counts whatever its condition, a Deny with one does not. Nor are permission boundaries,
session policies or service control policies.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterator, List, Optional
from urllib.parse import unquote

from . import moto_settings

from moto.iam.models import iam_backends  # noqa: E402

from .calls import Call
from .errors import AwsError


REFUSALS = {"ec2": "UnauthorizedOperation", "s3": "AccessDenied"}
# S3, "Actions, resources, and condition keys": what is not named as its call is.
PERMISSIONS = {
    ("s3", "HeadObject"): "GetObject",
    ("s3", "HeadBucket"): "ListBucket",
    ("s3", "ListObjects"): "ListBucket",
    ("s3", "ListObjectsV2"): "ListBucket",
}


def find_role(role_arn: str) -> Optional[Any]:
    backend = iam_backends[moto_settings.ACCOUNT_ID]["aws"]
    return next((role for role in backend.roles.values() if role.arn == role_arn), None)


def trusts(role: Any, service: str) -> bool:
    """True where the role's trust policy lets `service` (scheduler.amazonaws.com) assume it."""
    for statement in _statements(role.assume_role_policy_document):
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        if (
            statement.get("Effect") == "Allow"
            and service in _list(services)
            and any(_matches(one, "sts:AssumeRole") for one in _list(statement.get("Action")))
        ):
            return True
    return False


def allows(role: Any, action: str, resource: str) -> bool:
    """True where the role's inline and attached policies allow the action on the resource."""
    allowed = False
    for document in _documents(role):
        for statement in _statements(document):
            if not _covers(statement, "Action", action) or not _covers(
                statement, "Resource", resource
            ):
                continue
            if statement.get("Effect") == "Allow":
                allowed = True
            elif "Condition" not in statement:
                return False
    return allowed


def refuse_unless_allowed(call: Call) -> None:
    """Raises what AWS answers a service whose role does not allow the call."""
    role = find_role(call.role_arn)
    prefix = {"stepfunctions": "states"}.get(call.service, call.service)
    action = f"{prefix}:{PERMISSIONS.get((call.service, call.action), call.action)}"
    for resource in _resources(call):
        if role is None or not allows(role, action, resource):
            code = REFUSALS.get(call.service, "AccessDeniedException")
            raise AwsError(
                code,
                f"{call.role_arn} is not authorized to perform: {action} on resource: {resource}",
                403,
            )


def _resources(call: Call) -> List[str]:
    if call.service == "s3":
        names = [str(call.params[name]) for name in ("Bucket", "Key") if name in call.params]
        return [f"arn:aws:s3:::{'/'.join(names) or '*'}"]
    if call.service == "ec2" and not call.action.startswith("Describe"):
        ids = call.params.get("InstanceIds") or []
        account = f"{call.region}:{moto_settings.ACCOUNT_ID}"
        if ids:
            return [f"arn:aws:ec2:{account}:instance/{one}" for one in ids]
    return [str(call.params.get("stateMachineArn") or call.params.get("TopicArn") or "*")]


def _covers(statement: Dict[str, Any], member: str, text: str) -> bool:
    ignore_case = member == "Action"
    if f"Not{member}" in statement:
        patterns = _list(statement[f"Not{member}"])
        return not any(_matches(one, text, ignore_case) for one in patterns)
    return any(_matches(one, text, ignore_case) for one in _list(statement.get(member)))


def _documents(role: Any) -> Iterator[Any]:
    yield from role.policies.values()
    for policy in role.managed_policies.values():
        yield policy.document


def _statements(document: Any) -> List[Dict[str, Any]]:
    if isinstance(document, str):
        text = document if document.lstrip().startswith("{") else unquote(document)
        document = json.loads(text)
    return _list(document.get("Statement"))


def _list(value: Any) -> List[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _matches(pattern: str, text: str, ignore_case: bool = False) -> bool:
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(regex, text, re.IGNORECASE if ignore_case else 0) is not None
