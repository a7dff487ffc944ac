"""Clients with which the cloud's own services call it: through the front door, under their role."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from . import moto_settings  # noqa: F401  (before moto)

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from moto.stepfunctions.parser.asl.component.common.path import result_path  # noqa: E402
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (  # noqa: E402
    state_task_service_aws_sdk,
    state_task_service_sfn,
    state_task_service_sns,
)
from moto.stepfunctions.parser.asl.utils import json_path  # noqa: E402

from .calls import ACCESS_KEY_BY_CALLER, ROLE_MARK


# Making a client reads its service's whole model; a jump over a day would make hundreds.
@lru_cache(maxsize=None)
def service_client(caller: str, role_arn: str, service: str, region: str) -> Any:
    """A client of `caller` ("scheduler" or "states") that has assumed `role_arn`.

    One attempt a call: retries are the calling service's own business.
    """
    return boto3.session.Session().client(
        service,
        region_name=region,
        endpoint_url=f"http://127.0.0.1:{os.environ['MOTO_PORT']}",
        aws_access_key_id=ACCESS_KEY_BY_CALLER[caller],
        aws_secret_access_key="rehearsal",
        config=Config(
            retries={"total_max_attempts": 1},
            parameter_validation=False,
            user_agent_extra=ROLE_MARK + role_arn,
        ),
    )


def let_states_use_its_role() -> None:
    """moto's executor signs with a key of nobody; the terminator's tasks get its role."""

    def client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        role_arn = getattr(state_credentials, "role_arn", None) or ""
        return service_client("states", role_arn, service, region)

    for tasks in (state_task_service_aws_sdk, state_task_service_sfn, state_task_service_sns):
        tasks.boto_client_for = client_for


def let_states_start_executions() -> None:
    """A task says StateMachineArn where botocore says stateMachineArn; moto does not translate."""
    task = state_task_service_sfn.StateTaskServiceSfn
    moto_normalise = task._normalise_parameters

    def normalise(self: Any, parameters: Any, *more: Any, **named: Any) -> None:
        moto_normalise(self, parameters, *more, **named)
        for name in list(parameters):
            parameters[name[0].lower() + name[1:]] = parameters.pop(name)

    task._normalise_parameters = normalise  # type: ignore[method-assign]


def let_wildcards_match_nothing() -> None:
    """In AWS a path with a wildcard that meets an empty list gives one; moto sees one wildcard only
    and fails an execution on `$.Reservations[*].Instances[*]` when nothing runs."""
    one_wildcard = json_path._contains_slice_or_wildcard_array
    json_path._contains_slice_or_wildcard_array = lambda path: "[*]" in path or one_wildcard(path)


def let_paths_be_parsed_once() -> None:
    """moto builds a parser anew for every path that it reads, which is most of its work."""
    for module in (json_path, result_path):
        module.parse = lru_cache(maxsize=None)(module.parse)  # type: ignore[attr-defined]
