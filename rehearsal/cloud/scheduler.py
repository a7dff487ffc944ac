"""EventBridge Scheduler that really fires: moto stores schedules, this reads and keeps them.

Every invocation goes through the cloud's own front door, signed as caller "scheduler", so that it
is logged, can be hit by faults and is judged like any other call. AWS fires within 60 s; this fires
at once, because a rehearsal's minutes are dear.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Dict, Iterator, List, Optional, Tuple
from zoneinfo import ZoneInfo

from . import moto_settings

import botocore.exceptions  # noqa: E402
from moto.scheduler.exceptions import ScheduleExists  # noqa: E402
from moto.scheduler.models import scheduler_backends  # noqa: E402
from moto.stepfunctions.models import stepfunctions_backends  # noqa: E402
from moto.stepfunctions.parser.models import stepfunctions_parser_backends  # noqa: E402

from .calls import Call, CallLog
from .clock import Clock, iso
from .errors import AwsError
from .roles import find_role, trusts
from .service_clients import service_client

SERVICE = "scheduler.amazonaws.com"
RATE = re.compile(r"rate\((\d+) (minutes?|hours?|days?)\)")
AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")
SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
STATE_MACHINE = re.compile(r"arn:aws[\w-]*:states:([\w-]+):\d{12}:stateMachine:.+")
UNIVERSAL = re.compile(r"arn:aws[\w-]*:scheduler:::aws-sdk:(\w+):(\w+)")
READ_ONLY = re.compile(
    r"(get|describe|list|poll|receive|search|scan|query|select|read|lookup)", re.I
)
# AWS retries a failed invocation with growing pauses, 185 times within a day unless told otherwise.
FIRST_RETRY_SECONDS = 5.0
SETTLE_SECONDS = 20.0


@dataclass
class Plan:
    """When a schedule fires next; None once it never will again."""

    fingerprint: Tuple[Any, ...]
    next_tick: Optional[float]


@dataclass
class Retry:
    due: float
    attempt: int
    tick: float
    schedule: Any
    region: str


class Scheduler:
    def __init__(self, clock: Clock, log: CallLog, lock: threading.RLock) -> None:
        self._clock = clock
        self._log = log
        self._cloud_lock = lock
        self._plans: Dict[str, Plan] = {}
        self._retries: List[Retry] = []
        # One thing at a time: the thread's own round, or a jump of the clock.
        self._round = threading.Lock()
        self._wake = threading.Event()
        self._stopped = False
        self._created: Dict[Tuple[str, str, str, str], Any] = {}
        # Names of schedules whose ticks do nothing, as a broken one's; None: all work.
        self.muted: Optional[re.Pattern[str]] = None
        ScheduleExists.code = 409

    def created_before(self, call: Call) -> Optional[str]:
        """The ARN of the schedule that this CreateSchedule, by its ClientToken, made earlier."""
        schedule = self._created.get(_creation_key(call))
        exists = any(schedule is one for _, _, one in self._schedules())
        return schedule.arn if schedule is not None and exists else None

    def remember(self, call: Call) -> None:
        """Call it after a CreateSchedule that went well."""
        for region, group, schedule in self._schedules():
            wanted = (call.region, call.params.get("GroupName") or "default", call.params["Name"])
            if (region, group.name, schedule.name) == wanted and call.params.get("ClientToken"):
                self._created[_creation_key(call)] = schedule

    def begin(self) -> None:
        threading.Thread(target=self._run, name="scheduler", daemon=True).start()

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()

    def wake(self) -> None:
        self._wake.set()

    def advance(self, seconds: float) -> int:
        """Moves the clock, stopping at every tick on the way, as if the time had really passed.

        Waits for the executions that a tick started before it moves on, so that a machine ended at
        its deadline is not billed for the rest of the jump. Returns the number of invocations.
        """
        if seconds < 0:
            raise ValueError(f"advanceSeconds is {seconds}; the clock only moves forward")
        with self._round:
            target = self._clock.now() + seconds
            fired = 0
            while True:
                self._read_schedules()
                due = [
                    plan.next_tick for plan in self._plans.values() if plan.next_tick is not None
                ]
                due += [retry.due for retry in self._retries]
                if not due or min(due) > target:
                    break
                self._clock.jump_to(min(due))
                fired += self._fire_due()
                self._wait_for_executions()
            self._clock.jump_to(target)
            return fired

    def _run(self) -> None:
        while not self._stopped:
            self._wake.wait(timeout=0.5)
            self._wake.clear()
            try:
                with self._round:
                    self._read_schedules()
                    self._fire_due()
            except Exception as problem:
                print(f"rehearsal cloud: scheduler: {problem!r}", file=sys.stderr, flush=True)

    def _schedules(self) -> Iterator[Tuple[str, Any, Any]]:
        for region, backend in list(scheduler_backends[moto_settings.ACCOUNT_ID].items()):
            for group in list(backend.schedule_groups.values()):
                for schedule in list(group.schedules.values()):
                    yield region, group, schedule

    def _read_schedules(self) -> None:
        with self._cloud_lock:
            seen = set()
            for _, group, schedule in self._schedules():
                seen.add(schedule.arn)
                fingerprint = (
                    id(schedule),
                    schedule.schedule_expression,
                    schedule.start_date,
                    schedule.end_date,
                    schedule.state,
                )
                plan = self._plans.get(schedule.arn)
                if plan is None or plan.fingerprint != fingerprint:
                    first = first_tick(schedule, self._clock.now())
                    self._plans[schedule.arn] = Plan(fingerprint, first)
                    if first is None:
                        self._complete(group, schedule)
            for arn in set(self._plans) - seen:
                del self._plans[arn]

    def _fire_due(self) -> int:
        now = self._clock.now()
        fired = 0
        for region, group, schedule in list(self._schedules()):
            plan = self._plans.get(schedule.arn)
            if plan is None or plan.next_tick is None or plan.next_tick > now:
                continue
            tick = plan.next_tick
            plan.next_tick = tick_after(schedule, tick, now)
            fired += 1
            is_muted = self.muted is not None and self.muted.fullmatch(schedule.name)
            if schedule.state == "ENABLED" and not is_muted:
                self._invoke(region, schedule, tick, attempt=1)
            if plan.next_tick is None:
                self._complete(group, schedule)
        for retry in [one for one in self._retries if one.due <= now]:
            self._retries.remove(retry)
            fired += 1
            self._invoke(retry.region, retry.schedule, retry.tick, retry.attempt)
        return fired

    def _complete(self, group: Any, schedule: Any) -> None:
        if schedule.action_after_completion == "DELETE":
            with self._cloud_lock:
                group.schedules.pop(schedule.name, None)

    def _invoke(self, region: str, schedule: Any, tick: float, attempt: int) -> None:
        target = schedule.target
        problem = self._role_problem(target)
        if problem:
            call = Call("scheduler", region, "Invoke", "rest-json", "scheduler")
            call.params = {"Name": schedule.name, "Target": {"Arn": target["Arn"]}}
            self._log.add(call, 403, "AccessDeniedException", problem)
            return
        text = (target.get("Input") or "{}").replace(
            "<aws.scheduler.scheduled-time>", iso(tick) or ""
        )
        text = text.replace("<aws.scheduler.schedule-arn>", schedule.arn)
        text = text.replace("<aws.scheduler.execution-id>", str(uuid.uuid4()))
        text = text.replace("<aws.scheduler.attempt-number>", str(attempt))
        try:
            self._send(region, target, text)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as failure:
            status = getattr(failure, "response", {}).get("ResponseMetadata", {})
            if status.get("HTTPStatusCode", 500) < 500:
                return
            policy = target.get("RetryPolicy") or {}
            age = self._clock.now() - tick
            if attempt <= policy.get("MaximumRetryAttempts", 185) and age < policy.get(
                "MaximumEventAgeInSeconds", 86400
            ):
                pause = min(FIRST_RETRY_SECONDS * 2 ** (attempt - 1), 300)
                due = self._clock.now() + pause
                self._retries.append(Retry(due, attempt + 1, tick, schedule, region))

    def _role_problem(self, target: Dict[str, Any]) -> str:
        role = find_role(target["RoleArn"])
        if role is None or not trusts(role, SERVICE):
            return f"{target['RoleArn']} does not exist or does not trust {SERVICE}"
        return ""

    def _send(self, region: str, target: Dict[str, Any], text: str) -> None:
        arn, role_arn = target["Arn"], target["RoleArn"]
        state_machine = STATE_MACHINE.fullmatch(arn)
        if state_machine:
            region = state_machine.group(1)
            client = service_client("scheduler", role_arn, "stepfunctions", region)
            client.start_execution(stateMachineArn=arn, name=str(uuid.uuid4()), input=text)
            return
        universal = UNIVERSAL.fullmatch(arn)
        assert universal, arn
        service, action = universal.groups()
        service = {"sfn": "stepfunctions"}.get(service, service)
        client = service_client("scheduler", role_arn, service, region)
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()
        getattr(client, method)(**json.loads(text))

    def _wait_for_executions(self) -> None:
        """Until no execution runs and what they ended has settled; AWS's own would take as long."""
        give_up = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < give_up and any(_running_executions()):
            time.sleep(0.05)


def _running_executions() -> Iterator[Any]:
    for backends in (stepfunctions_backends, stepfunctions_parser_backends):
        for backend in list(backends[moto_settings.ACCOUNT_ID].values()):
            for machine in list(backend.state_machines):
                for execution in list(machine.executions):
                    status = getattr(execution, "exec_status", None) or getattr(
                        execution, "status", ""
                    )
                    if str(getattr(status, "value", status)) == "RUNNING":
                        yield execution


def _creation_key(call: Call) -> Tuple[str, str, str, str]:
    params = call.params
    group, token = params.get("GroupName") or "default", params.get("ClientToken") or ""
    return call.region, group, params["Name"], token


def first_tick(schedule: Any, now: float) -> Optional[float]:
    """The first tick of a schedule seen at `now`; a start that is past already fires at once."""
    at = AT.fullmatch(schedule.schedule_expression)
    if at:
        return _at_instant(schedule, at.group(1))
    start = _number(schedule.start_date)
    first = now if start is None else max(start, now)
    return _within(schedule, first)


def tick_after(schedule: Any, tick: float, now: float) -> Optional[float]:
    """The tick that follows; ticks that the host slept through are not made up for."""
    rate = RATE.fullmatch(schedule.schedule_expression)
    if not rate:
        return None
    period = int(rate.group(1)) * SECONDS[rate.group(2).rstrip("s")]
    following = tick + period
    if following < now - period:
        following += ((now - following) // period) * period
    return _within(schedule, following)


def _within(schedule: Any, tick: float) -> Optional[float]:
    end = _number(schedule.end_date)
    return None if end is not None and tick > end else tick


def _at_instant(schedule: Any, text: str) -> float:
    zone = schedule.schedule_expression_timezone or "UTC"
    naive = datetime.fromisoformat(text)
    tz = timezone.utc if zone == "UTC" else ZoneInfo(zone)
    return naive.replace(tzinfo=tz).timestamp()


def _number(value: Any) -> Optional[float]:
    return None if value is None else float(value)


def check_schedule(params: Dict[str, Any], now: float) -> None:
    """What CreateSchedule and UpdateSchedule refuse; raises AwsError."""
    expression = params["ScheduleExpression"]
    if expression.startswith("cron("):
        raise AwsError("NotImplemented", "the rehearsal fires rate() and at() schedules only", 501)
    rate = RATE.fullmatch(expression)
    if not AT.fullmatch(expression) and not (rate and int(rate.group(1)) > 0):
        raise AwsError("ValidationException", f"Invalid Schedule Expression {expression}.")
    start, end = _instant(params.get("StartDate")), _instant(params.get("EndDate"))
    if rate and start is not None and start < now - 300:
        raise AwsError(
            "ValidationException",
            "The StartDate you specify cannot be earlier than 5 minutes ago.",
        )
    if start is not None and end is not None and end <= start:
        raise AwsError("ValidationException", "EndDate must be later than StartDate.")
    target = params["Target"]
    universal = UNIVERSAL.fullmatch(target["Arn"])
    if universal and READ_ONLY.match(universal.group(2)):
        raise AwsError(
            "ValidationException",
            f"The target action {universal.group(2)} is read-only; Scheduler does not support it.",
        )
    if not universal and not STATE_MACHINE.fullmatch(target["Arn"]):
        raise AwsError(
            "NotImplemented", f"the rehearsal cannot invoke the target {target['Arn']}", 501
        )
    role = find_role(target["RoleArn"])
    if role is None or not trusts(role, SERVICE):
        raise AwsError(
            "ValidationException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the "
            "role.",
        )


def _instant(moment: Any) -> Optional[float]:
    """moto's parsers give naive UTC."""
    return None if moment is None else moment.replace(tzinfo=timezone.utc).timestamp()
