"""The clock fires schedules, schedules start the terminator, the terminator ends machines."""

from __future__ import annotations

import json
import time
import unittest
from datetime import datetime, timedelta, timezone
from typing import Any, Set
from urllib.error import HTTPError


from botocore.exceptions import HTTPClientError

from .support import TRUST, CloudTest, CloudUnderTest, wait_until

TAGS = "$$.Map.Item.Value.Tags"
DEFINITION = {
    "QueryLanguage": "JSONPath",
    "StartAt": "Find",
    "States": {
        "Find": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:ec2:describeInstances",
            "Parameters": {
                "Filters": [
                    {"Name": "tag:product", "Values": ["ephemeral-gpu-ci"]},
                    {
                        "Name": "instance-state-name",
                        "Values": ["pending", "running", "stopping", "stopped"],
                    },
                ]
            },
            "ResultSelector": {"machines.$": "$.Reservations[*].Instances[*]"},
            "ResultPath": "$.found",
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.found.machines",
            "ItemSelector": {
                "now.$": "$.now",
                "id.$": "$$.Map.Item.Value.InstanceId",
                "expiresAt.$": f"States.ArrayGetItem({TAGS}[?(@.Key=='expires-at')].Value, 0)",
            },
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "Past",
                "States": {
                    "Past": {
                        "Type": "Choice",
                        "Choices": [
                            {
                                "And": [
                                    {"Variable": "$.expiresAt", "IsTimestamp": True},
                                    {
                                        "Variable": "$.expiresAt",
                                        "TimestampLessThanEqualsPath": "$.now",
                                    },
                                ],
                                "Next": "End it",
                            }
                        ],
                        "Default": "Keep it",
                    },
                    "End it": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::aws-sdk:ec2:terminateInstances",
                        "Parameters": {"InstanceIds.$": "States.Array($.id)"},
                        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Keep it"}],
                        "End": True,
                    },
                    "Keep it": {"Type": "Pass", "End": True},
                },
            },
            "End": True,
        },
    },
}
INPUT = json.dumps({"now": "<aws.scheduler.scheduled-time>"})


def now(cloud: CloudUnderTest) -> datetime:
    return datetime.fromisoformat(cloud.control("GET", "clock")["now"].replace("Z", "+00:00"))


def names(cloud: CloudUnderTest) -> Set[str]:
    return {one["Name"] for one in cloud.client("scheduler").list_schedules()["Schedules"]}


class DeadlineTest(CloudTest):
    terminator: str
    deadline_role: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.terminator = cls.make_terminator("terminator", cls.cloud.role("terminator"))
        cls.deadline_role = cls.cloud.role("deadline")

    @classmethod
    def make_terminator(cls, name: str, role_arn: str) -> str:
        answer = cls.cloud.client("stepfunctions").create_state_machine(
            name=name, definition=json.dumps(DEFINITION), roleArn=role_arn
        )
        return answer["stateMachineArn"]

    def arm(self, name: str, **more: Any) -> None:
        target = {"Arn": self.terminator, "RoleArn": self.deadline_role, "Input": INPUT}
        arguments = {
            "Name": name,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {**target, **more.pop("Target", {})},
            **more,
        }
        self.cloud.client("scheduler").create_schedule(**arguments)

    def soon(self, seconds: int = 1) -> str:
        return (now(self.cloud) + timedelta(seconds=seconds)).strftime("at(%Y-%m-%dT%H:%M:%S)")

    def test_the_deadline_ends_what_is_past_and_spares_the_rest(self) -> None:
        cloud = self.cloud
        before = len(cloud.calls("StartExecution"))
        deadline = now(cloud) + timedelta(minutes=30)
        expires = {"expires-at": deadline.strftime("%Y-%m-%dT%H:%M:%SZ")}
        late = {"expires-at": (deadline + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%SZ")}
        past, future = cloud.launch(expires, InstanceType="g4dn.12xlarge"), cloud.launch(late)
        odd = cloud.launch({"expires-at": "tomorrow"})
        self.arm(
            "deadline",
            ScheduleExpression="rate(5 minutes)",
            StartDate=deadline,
            EndDate=deadline + timedelta(hours=1),
            ActionAfterCompletion="DELETE",
        )
        for one in (past, future, odd):
            cloud.wait_for(one, "running")

        assert cloud.control("POST", "clock", {"advanceSeconds": 1700})["fired"] == 0
        assert cloud.state(past) == "running"
        cloud.control("POST", "clock", {"advanceSeconds": 400})
        cloud.wait_for(past, "terminated")
        assert cloud.state(future) == cloud.state(odd) == "running"

        machine = cloud.machine(past)
        assert machine["endedBy"] == "terminator" and machine["gpuCount"] == 4
        assert 1795 <= machine["runningSeconds"] <= 1830
        assert machine["billedGpuSeconds"] == 4 * machine["billedSeconds"]
        # The jump stopped at the deadline: only the seconds that the terminator took are leaked.
        assert 0 <= machine["leakedGpuSeconds"] < 4 * 10
        started = cloud.calls("StartExecution")[before]
        assert started["caller"] == "scheduler"
        assert json.loads(started["params"]["input"])["now"] == expires["expires-at"]
        ended = [one for one in cloud.calls("TerminateInstances") if one["status"] == 200]
        assert [one["params"]["InstanceIds"] for one in ended if one["caller"] == "states"] == [
            [past]
        ]
        cloud.client("ec2").terminate_instances(InstanceIds=[future, odd])

        # It repeats until its end, and then deletes itself.
        self.assertIn("deadline", names(cloud))
        cloud.control("POST", "clock", {"advanceSeconds": 3600})
        self.assertNotIn("deadline", names(cloud))
        self.assertEqual(len(cloud.calls("StartExecution")) - before, 60 // 5 + 1)

    def test_leaks_are_counted_where_nobody_ends_it(self) -> None:
        cloud = self.cloud
        expires = now(cloud) + timedelta(minutes=1)
        leak = cloud.launch({"expires-at": expires.strftime("%Y-%m-%dT%H:%M:%SZ")})
        cloud.wait_for(leak, "running")
        cloud.control("POST", "clock", {"advanceSeconds": 160})
        assert 99 <= cloud.machine(leak)["leakedGpuSeconds"] <= 110
        later = (expires + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        cloud.client("ec2").create_tags(
            Resources=[leak], Tags=[{"Key": "expires-at", "Value": later}]
        )
        assert cloud.machine(leak)["leakedGpuSeconds"] == 0
        cloud.client("ec2").terminate_instances(InstanceIds=[leak])
        cloud.wait_for(leak, "terminated")
        cloud.control("POST", "clock", {"advanceSeconds": 3700})
        listed = cloud.client("ec2").describe_instances()["Reservations"]
        assert leak not in [one["InstanceId"] for each in listed for one in each["Instances"]]
        assert cloud.machine(leak)["state"] == "terminated"

    def test_a_one_shot_fires_once_by_itself(self) -> None:
        cloud = self.cloud
        before = len(cloud.calls("StartExecution"))
        self.arm("once", ScheduleExpression=self.soon(2), ActionAfterCompletion="DELETE")
        wait_until(lambda: len(cloud.calls("StartExecution")) == before + 1)
        wait_until(lambda: "once" not in names(cloud))

    def test_a_failed_invocation_is_tried_again(self) -> None:
        cloud = self.cloud
        cloud.control(
            "POST", "faults", [{"service": "states", "action": "StartExecution", "kind": "error"}]
        )
        self.arm("again", ScheduleExpression=self.soon())
        before = len(cloud.calls("StartExecution"))
        cloud.control("POST", "clock", {"advanceSeconds": 20})
        wait_until(lambda: len(cloud.calls("StartExecution")) == before + 2)
        assert [one["status"] for one in cloud.calls("StartExecution")[-2:]] == [500, 200]
        cloud.client("scheduler").delete_schedule(Name="again")

    def test_a_role_without_the_permission_starts_nothing(self) -> None:
        cloud = self.cloud
        powerless = cloud.role("powerless", TRUST, policy=None)
        before = len(cloud.calls("StartExecution"))
        self.arm("powerless", ScheduleExpression=self.soon(), Target={"RoleArn": powerless})
        cloud.control("POST", "clock", {"advanceSeconds": 5})
        time.sleep(0.7)
        refused = cloud.calls("StartExecution")[before:]
        assert [one["error"] for one in refused] == ["AccessDeniedException"]

    def test_a_terminator_without_the_permission_ends_nothing(self) -> None:
        cloud = self.cloud
        look_only = {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}
        role = cloud.role("look-only", policy={"Version": "2012-10-17", "Statement": look_only})
        past = cloud.launch({"expires-at": "2020-01-01T00:00:00Z"})
        cloud.wait_for(past, "running")
        cloud.client("stepfunctions").start_execution(
            stateMachineArn=self.make_terminator("look-only", role),
            input=json.dumps({"now": "2026-01-01T00:00:00Z"}),
        )
        refused = [one for one in cloud.calls("TerminateInstances") if one["status"] == 403]
        wait_until(lambda: len(cloud.calls("TerminateInstances")) > 0)
        wait_until(lambda: cloud.calls("TerminateInstances")[-1]["status"] == 403)
        self.assertEqual(refused, [])
        self.assertEqual(cloud.state(past), "running")
        cloud.client("ec2").terminate_instances(InstanceIds=[past])

    def test_a_lost_answer_to_arming_can_be_asked_for_again(self) -> None:
        lost = {"service": "scheduler", "action": "CreateSchedule", "kind": "drop-response"}
        self.cloud.control("POST", "faults", lost)
        arguments = {"ScheduleExpression": "rate(1 day)", "ClientToken": "one"}
        start = now(self.cloud) + timedelta(days=30)
        with self.assertRaises(HTTPClientError):
            self.arm("lost", StartDate=start, **arguments)
        self.arm("lost", StartDate=start, **arguments)
        with self.refused("ConflictException"):
            self.arm("lost", StartDate=start, ScheduleExpression="rate(1 day)", ClientToken="two")

    def test_a_scheduler_may_call_an_action_directly(self) -> None:
        cloud = self.cloud
        instance_id = cloud.launch()
        cloud.wait_for(instance_id, "running")
        self.arm(
            "direct",
            ScheduleExpression=self.soon(),
            Target={
                "Arn": "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances",
                "Input": json.dumps({"InstanceIds": [instance_id]}),
            },
        )
        cloud.control("POST", "clock", {"advanceSeconds": 5})
        cloud.wait_for(instance_id, "terminated")
        assert cloud.machine(instance_id)["endedBy"] == "terminator"

    def test_the_clock_never_goes_back(self) -> None:
        cloud = self.cloud
        with self.assertRaisesRegex(HTTPError, "400"):
            cloud.control("POST", "clock", {"advanceSeconds": -1})
        assert now(cloud) > datetime.now(timezone.utc)


if __name__ == "__main__":
    unittest.main()
