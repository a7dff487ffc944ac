"""Limits that AWS documents or enforces but its service models do not carry."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from typing import Any, Dict, Iterable, Iterator, List, Tuple

from .calls import Call
from .errors import AwsError

USER_DATA_BYTES = 16384
CLIENT_TOKEN_CHARACTERS = 64
TAGS_A_RESOURCE = 50
TAG_KEY_CHARACTERS = 128
TAG_VALUE_CHARACTERS = 256
GROUP_TEXT_CHARACTERS = 255
KEY_NAME_CHARACTERS = 255
INLINE_ROLE_POLICY_CHARACTERS = 10240
TRUST_POLICY_CHARACTERS = 2048

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
GROUP_TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]*")
GROUP_TEXT_SET = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
STATE_MACHINE_NAME = re.compile(r'[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]+')
# An IAM tag, EC2's and Scheduler's all share this set; EC2 alone takes any character.
TAG_TEXT = re.compile(r"[\w\s.:/=+\-@]*")


def check_documented_limits(call: Call) -> None:
    """Raises the AwsError of the first limit that the call breaks."""
    for tags in _tag_sets(call.params):
        _check_tags(call, tags)
    check = CHECKS.get((call.service, call.action))
    if check:
        check(call.params)


def _tag_sets(value: Any) -> Iterator[List[Dict[str, Any]]]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name in ("Tags", "tags", "TagSet") and isinstance(item, list):
                yield [
                    {key.lower(): text for key, text in tag.items()}
                    for tag in item
                    if isinstance(tag, dict)
                ]
            else:
                yield from _tag_sets(item)
    elif isinstance(value, list):
        for item in value:
            yield from _tag_sets(item)


def _check_tags(call: Call, tags: List[Dict[str, Any]]) -> None:
    def refuse(message: str) -> AwsError:
        if call.protocol == "ec2":
            return AwsError("InvalidParameterValue", message)
        return AwsError("ValidationException", message)

    keys = [str(tag.get("key", "")) for tag in tags]
    if len(tags) > TAGS_A_RESOURCE:
        raise AwsError("TagLimitExceeded", f"More than {TAGS_A_RESOURCE} tags on a resource")
    if call.protocol == "ec2" and len(set(keys)) < len(keys) and call.action != "DeleteTags":
        raise refuse(f"Duplicate tag key '{max(keys, key=keys.count)}' specified.")
    for tag in tags:
        key, text = str(tag.get("key", "")), str(tag.get("value") or "")
        if not key:
            raise refuse("Tag key cannot be null or empty.")
        if len(key) > TAG_KEY_CHARACTERS:
            raise refuse(f"Tag key exceeds the maximum length of {TAG_KEY_CHARACTERS} characters")
        if len(text) > TAG_VALUE_CHARACTERS:
            raise refuse(
                f"Tag value exceeds the maximum length of {TAG_VALUE_CHARACTERS} characters"
            )
        if key.lower().startswith("aws:"):
            raise refuse("Tag keys starting with 'aws:' are reserved for internal use")
        if call.protocol != "ec2" and not (TAG_TEXT.fullmatch(key) and TAG_TEXT.fullmatch(text)):
            raise refuse(
                f"The tag {key}={text} holds a character outside letters, digits, _.:/=+-@"
            )


def _client_token(token: Any) -> None:
    if token is None:
        return
    if len(token) > CLIENT_TOKEN_CHARACTERS or not token.isascii():
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({token}) for parameter clientToken is invalid. "
            f"Up to {CLIENT_TOKEN_CHARACTERS} ASCII characters are allowed.",
        )


def _run_instances(params: Dict[str, Any]) -> None:
    _client_token(params.get("ClientToken"))
    if params["MinCount"] < 1 or params["MaxCount"] < params["MinCount"]:
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({params['MaxCount']}) for parameter maxCount is invalid: minCount is "
            f"{params['MinCount']}.",
        )
    user_data = params.get("UserData")
    if user_data is not None:
        try:
            size = len(base64.b64decode(user_data, validate=False))
        except (binascii.Error, ValueError):
            raise AwsError("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
        if size > USER_DATA_BYTES:
            raise AwsError(
                "InvalidParameterValue", f"User data is limited to {USER_DATA_BYTES} bytes"
            )


def _create_security_group(params: Dict[str, Any]) -> None:
    for member, label, text in (
        ("GroupName", "name", params["GroupName"]),
        ("GroupDescription", "description", params["Description"]),
    ):
        if len(text) > GROUP_TEXT_CHARACTERS or not GROUP_TEXT.fullmatch(text):
            raise AwsError(
                "InvalidParameterValue",
                f"Value ({text}) for parameter {member} is invalid. Valid security group {label}s "
                f"are strings less than 256 characters from the following set: {GROUP_TEXT_SET}",
            )
    if params["GroupName"].startswith("sg-"):
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({params['GroupName']}) for parameter GroupName is invalid. "
            "Group names may not be in the format sg-*.",
        )


def _rules(params: Dict[str, Any]) -> Iterable[Tuple[str, str]]:
    for rule in params.get("IpPermissions") or []:
        for name, member in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
            for one in rule.get(name) or []:
                yield one.get(member) or "", one.get("Description") or ""
    if params.get("CidrIp"):
        yield params["CidrIp"], ""


def _security_group_rules(params: Dict[str, Any]) -> None:
    for cidr, description in _rules(params):
        try:
            ipaddress.ip_network(cidr, strict=False)
        except ValueError:
            raise AwsError("InvalidParameterValue", f"CIDR block {cidr} is malformed")
        if "/" not in cidr:
            raise AwsError("InvalidParameterValue", f"CIDR block {cidr} is malformed")
        if len(description) > GROUP_TEXT_CHARACTERS or not GROUP_TEXT.fullmatch(description):
            raise AwsError(
                "InvalidParameterValue",
                "Invalid rule description. Valid descriptions are strings less than 256 "
                f"characters from the following set: {GROUP_TEXT_SET}",
            )


def _key_name(params: Dict[str, Any]) -> None:
    name = params["KeyName"]
    if not name.isascii() or not 1 <= len(name) <= KEY_NAME_CHARACTERS:
        raise AwsError("InvalidParameterValue", f"Value ({name}) for parameter KeyName is invalid.")


def _create_role(params: Dict[str, Any]) -> None:
    _json_policy(params["AssumeRolePolicyDocument"], TRUST_POLICY_CHARACTERS)


def _put_role_policy(params: Dict[str, Any]) -> None:
    _json_policy(params["PolicyDocument"], INLINE_ROLE_POLICY_CHARACTERS)


def _json_policy(text: str, most: int) -> None:
    try:
        json.loads(text)
    except ValueError:
        raise AwsError("MalformedPolicyDocument", "This policy contains invalid Json")
    # IAM does not count white space.
    if len(re.sub(r"\s", "", text)) > most:
        raise AwsError("LimitExceeded", f"Maximum policy size of {most} bytes exceeded", 409)


def _state_machine(params: Dict[str, Any]) -> None:
    name = params.get("name")
    if name is not None and not STATE_MACHINE_NAME.fullmatch(name):
        raise AwsError("InvalidName", f"Invalid Name: '{name}'")
    if params.get("definition") is not None:
        try:
            json.loads(params["definition"])
        except ValueError as problem:
            raise AwsError(
                "InvalidDefinition", f"Invalid State Machine Definition: 'INVALID_JSON: {problem}'"
            )


def _start_execution(params: Dict[str, Any]) -> None:
    _state_machine({"name": params.get("name")})
    try:
        json.loads(params.get("input") or "{}")
    except ValueError as problem:
        raise AwsError(
            "InvalidExecutionInput", f"Invalid State Machine Execution Input: '{problem}'"
        )


CHECKS = {
    ("ec2", "RunInstances"): _run_instances,
    ("ec2", "CreateSecurityGroup"): _create_security_group,
    ("ec2", "AuthorizeSecurityGroupIngress"): _security_group_rules,
    ("ec2", "AuthorizeSecurityGroupEgress"): _security_group_rules,
    ("ec2", "CreateKeyPair"): _key_name,
    ("ec2", "ImportKeyPair"): _key_name,
    ("iam", "CreateRole"): _create_role,
    ("iam", "PutRolePolicy"): _put_role_policy,
    ("stepfunctions", "CreateStateMachine"): _state_machine,
    ("stepfunctions", "UpdateStateMachine"): _state_machine,
    ("stepfunctions", "StartExecution"): _start_execution,
}
