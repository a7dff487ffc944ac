"""What AWS refuses, the rehearsal refuses, in the same words, and moto never sees it."""

from __future__ import annotations

import unittest
from typing import Any, Callable, Dict

from .support import CloudTest, CloudUnderTest

IMAGE = "ami-12345678"
SCHEDULE: Dict[str, Any] = {
    "Name": "ok",
    "ScheduleExpression": "rate(5 minutes)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {
        "Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:t",
        "RoleArn": "arn:aws:iam::123456789012:role/nobody",
    },
}


def run(**more: Any) -> Callable[[CloudUnderTest], Any]:
    def call(cloud: CloudUnderTest) -> Any:
        arguments: Dict[str, Any] = {
            "ImageId": cloud.image_id(),
            "InstanceType": "g4dn.xlarge",
            "MinCount": 1,
            "MaxCount": 1,
        }
        arguments.update(more)
        arguments = {key: value for key, value in arguments.items() if value is not None}
        return cloud.client("ec2").run_instances(**arguments)

    return call


def small_root(cloud: CloudUnderTest) -> Any:
    return run(BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 30}}])(cloud)


def tagged(*tags: Any) -> Callable[[CloudUnderTest], Any]:
    pairs = [{"Key": key, "Value": value} for key, value in tags]
    return run(TagSpecifications=[{"ResourceType": "instance", "Tags": pairs}])


def group(**arguments: str) -> Callable[[CloudUnderTest], Any]:
    return lambda cloud: cloud.client("ec2").create_security_group(**arguments)


def misspelt(cloud: CloudUnderTest) -> Any:
    """An SDK drops members that its model lacks, so this one is added to the finished request."""

    def add(params: Any, **_: Any) -> None:
        params["body"]["KeyNmae"] = "x"

    events = cloud.client("ec2").meta.events
    events.register("before-call.ec2.RunInstances", add)
    try:
        run()(cloud)
    finally:
        events.unregister("before-call.ec2.RunInstances", add)


def schedule(**more: Any) -> Callable[[CloudUnderTest], Any]:
    arguments = {**SCHEDULE, **more}
    return lambda cloud: cloud.client("scheduler").create_schedule(
        **{key: value for key, value in arguments.items() if value is not None}
    )


def role(name: str, document: str = "{}") -> Callable[[CloudUnderTest], Any]:
    return lambda cloud: cloud.client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=document
    )


REFUSED = [
    ("no count", run(MaxCount=None), "MissingParameter", "MaxCount"),
    ("unknown type", run(InstanceType="g99.huge"), "InvalidParameterValue", "g99.huge"),
    ("unknown image", run(ImageId=IMAGE), "InvalidAMIID.NotFound", IMAGE),
    ("unknown key", run(KeyName="none"), "InvalidKeyPair.NotFound", "none"),
    ("unknown group", run(SecurityGroupIds=["sg-1"]), "InvalidGroup.NotFound", "sg-1"),
    (
        "big user data",
        run(UserData="x" * 16385),
        "InvalidParameterValue",
        "16384",
    ),
    ("long token", run(ClientToken="t" * 65), "InvalidParameterValue", "64"),
    ("token not ASCII", run(ClientToken="ä"), "InvalidParameterValue", "ASCII"),
    ("enum", run(InstanceInitiatedShutdownBehavior="halt"), "InvalidParameterValue", "terminate"),
    ("unknown member", misspelt, "UnknownParameter", "KeyNmae"),
    ("small root", small_root, "InvalidBlockDeviceMapping", "75"),
    ("long tag key", tagged(("k" * 129, "v")), "InvalidParameterValue", "128"),
    ("long tag value", tagged(("k", "v" * 257)), "InvalidParameterValue", "256"),
    ("reserved tag", tagged(("aws:x", "v")), "InvalidParameterValue", "reserved"),
    ("many tags", tagged(*[(f"k{n}", "v") for n in range(51)]), "TagLimitExceeded", "50"),
    ("group name", group(GroupName="a;~", Description="d"), "InvalidParameterValue", "GroupName"),
    ("group text", group(GroupName="g", Description="ü"), "InvalidParameterValue", "description"),
    ("no group text", group(GroupName="g"), "MissingParameter", "GroupDescription"),
    ("schedule name", schedule(Name="a b"), "ValidationException", "pattern"),
    ("long schedule name", schedule(Name="n" * 65), "ValidationException", "64"),
    ("no window", schedule(FlexibleTimeWindow=None), "ValidationException", "flexibleTimeWindow"),
    ("bad rate", schedule(ScheduleExpression="rate(5 min)"), "ValidationException", "rate(5 min)"),
    ("bad action", schedule(ActionAfterCompletion="GO"), "ValidationException", "enum"),
    ("untrusted role", schedule(), "ValidationException", "must allow AWS EventBridge"),
    ("long role name", role("r" * 65), "ValidationError", "64"),
    ("role name", role("a b"), "ValidationError", "pattern"),
    ("trust is no JSON", role("r", "{"), "MalformedPolicyDocument", "Json"),
    (
        "read-only target",
        schedule(
            Target={
                **SCHEDULE["Target"],
                "Arn": "arn:aws:scheduler:::aws-sdk:ec2:describeInstances",
            }
        ),
        "ValidationException",
        "read-only",
    ),
    (
        "state machine name",
        lambda cloud: cloud.client("stepfunctions").create_state_machine(
            name="a b", definition="{}", roleArn="arn:aws:iam::123456789012:role/x"
        ),
        "InvalidName",
        "a b",
    ),
    (
        "a number as a string",
        lambda cloud: cloud.client("ssm").get_parameter(Name=5),
        "SerializationException",
        "name",
    ),
    (
        "another way to launch",
        lambda cloud: cloud.client("ec2").request_spot_instances(InstanceCount=1),
        "NotImplemented",
        "RunInstances",
    ),
    (
        "unknown service",
        lambda cloud: cloud.client("sqs").list_queues(),
        "NotImplemented",
        "sqs",
    ),
]

ACCEPTED = [
    ("full user data", run(UserData="x" * 16384)),
    ("long tag", tagged(("k" * 128, "v" * 256))),
    ("fifty tags", tagged(*[(f"k{n}", "") for n in range(50)])),
    ("longest token", run(ClientToken="t" * 64)),
    ("spot", run(InstanceMarketOptions={"MarketType": "spot"})),
    (
        "group text",
        group(GroupName="ephemeral-gpu-ci-a_1", Description="a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"),
    ),
    (
        "tags of a role",
        lambda cloud: cloud.client("iam").create_role(
            RoleName="tagged",
            AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}',
            Tags=[{"Key": "Ökö:/x", "Value": "2026-11-24T07:00:00Z"}],
        ),
    ),
]


class ValidationTest(CloudTest):
    def test_a_refuses(self) -> None:
        for name, call, code, text in REFUSED:
            with self.subTest(name):
                with self.refused("") as refused:
                    call(self.cloud)
                error = refused.exception.response["Error"]
                self.assertEqual(error["Code"], code)
                self.assertIn(text, error["Message"])
                logged = self.cloud.control("GET", "calls")[-1]
                self.assertEqual(logged["error"], code)
                self.assertGreaterEqual(logged["status"], 400)
        # Nothing of it reached moto.
        self.assertEqual(self.cloud.client("ec2").describe_instances()["Reservations"], [])
        self.assertEqual(self.cloud.client("scheduler").list_schedules()["Schedules"], [])

    def test_b_accepts(self) -> None:
        for name, call in ACCEPTED:
            with self.subTest(name):
                call(self.cloud)


if __name__ == "__main__":
    unittest.main()
