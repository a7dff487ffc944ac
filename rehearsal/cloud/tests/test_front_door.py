"""Faults, the call log, and the services that a run needs beside EC2."""

from __future__ import annotations

import base64
import json
import time
import unittest
import urllib.request
from typing import Any, Dict
from urllib.error import HTTPError

from botocore.exceptions import HTTPClientError

from .support import CloudTest, CloudUnderTest

# An ed25519 public key is four bytes of length, its name, four more of length, 32 of the key.
PUBLIC_KEY = b"ssh-ed25519 " + base64.b64encode(
    b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + bytes(range(32))
)


def fault(cloud: CloudUnderTest, **arguments: Any) -> None:
    cloud.control("POST", "faults", [{"service": "ec2", "action": "RunInstances", **arguments}])


class FrontDoorTest(CloudTest):
    def test_an_error_strikes_as_often_as_asked(self) -> None:
        cloud = self.cloud
        capacity: Dict[str, Any] = {
            "code": "InsufficientInstanceCapacity",
            "message": "no capacity",
        }
        fault(cloud, kind="error", times=2, match={"InstanceType": "g5.xlarge"}, **capacity)
        cloud.launch(InstanceType="g4dn.xlarge")
        for _ in range(2):
            with self.refused("InsufficientInstanceCapacity"):
                cloud.launch(InstanceType="g5.xlarge")
        cloud.launch(InstanceType="g5.xlarge")
        assert cloud.control("GET", "faults") == []

    def test_a_dropped_response_leaves_the_machine_behind(self) -> None:
        cloud = self.cloud
        fault(cloud, kind="drop-response")
        before = len(cloud.control("GET", "meter")["machines"])
        with self.assertRaises(HTTPClientError):
            cloud.launch(ClientToken="lost")
        assert len(cloud.control("GET", "meter")["machines"]) == before + 1
        again = cloud.launch(ClientToken="lost")
        assert len(cloud.control("GET", "meter")["machines"]) == before + 1
        assert cloud.machine(again)["state"] in ("pending", "running")
        statuses = [one["status"] for one in cloud.calls("RunInstances")[-2:]]
        assert statuses == [0, 200]

    def test_a_slow_answer_holds_nobody_else_up(self) -> None:
        cloud = self.cloud
        cloud.control(
            "POST",
            "faults",
            {"service": "sts", "action": "*", "kind": "delay", "delaySeconds": 1},
        )
        began = time.monotonic()
        cloud.client("sts").get_caller_identity()
        assert time.monotonic() - began >= 1

    def test_the_log_says_what_tags_the_named_things_had(self) -> None:
        cloud = self.cloud
        ec2 = cloud.client("ec2")
        tags = [{"Key": "product", "Value": "p"}]
        ec2.import_key_pair(
            KeyName="tagged",
            PublicKeyMaterial=PUBLIC_KEY,
            TagSpecifications=[{"ResourceType": "key-pair", "Tags": tags}],
        )
        ec2.delete_key_pair(KeyName="tagged")
        ec2.delete_key_pair(KeyName="tagged")
        group = ec2.create_security_group(
            GroupName="tagged",
            Description="tagged",
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
        )["GroupId"]
        ec2.delete_security_group(GroupId=group)
        with self.refused("InvalidGroup.NotFound"):
            ec2.delete_security_group(GroupId=group)
        bare = cloud.launch(TagSpecifications=[])
        machine = cloud.launch({"run": "r-1"})
        ec2.terminate_instances(InstanceIds=[bare, machine])
        logged = [one["resourceTags"] for one in cloud.calls("DeleteKeyPair")]
        assert logged == [{"tagged": {"product": "p"}}, {}], logged
        logged = [one["resourceTags"] for one in cloud.calls("DeleteSecurityGroup")]
        assert logged == [{group: {"product": "p"}}, {}], logged
        assert cloud.calls("TerminateInstances")[-1]["resourceTags"] == {
            bare: {},
            machine: {"product": "ephemeral-gpu-ci", "run": "r-1"},
        }

    def test_a_bad_fault_is_refused(self) -> None:
        cloud = self.cloud
        with self.assertRaisesRegex(HTTPError, "400"):
            fault(cloud, kind="explode")

    def test_secrets_never_reach_the_log(self) -> None:
        cloud = self.cloud
        ec2 = cloud.client("ec2")
        ec2.import_key_pair(KeyName="k", PublicKeyMaterial=PUBLIC_KEY)
        cloud.launch(KeyName="k", UserData="#!/bin/sh\n# very secret")
        text = (cloud.directory / "calls.jsonl").read_text()
        assert "<redacted: 23 bytes>" in text
        for secret in (
            "very secret",
            base64.b64encode(b"very secret").decode()[:12],
            "AAAAC3Nz",
            "c3NoLWVkMjU1MTk",
        ):
            assert secret not in text
        entry = json.loads(text.splitlines()[-1])
        assert {"at", "service", "action", "caller", "status", "params"} <= set(entry)
        assert entry["action"] == "RunInstances" and entry["caller"] == "client"

    def test_the_image_exists_and_says_what_it_is(self) -> None:
        cloud = self.cloud
        image = cloud.client("ec2").describe_images(ImageIds=[cloud.image_id()])["Images"][0]
        assert "rehearsal" in image["Name"] and image["RootDeviceName"] == "/dev/sda1"
        assert image["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] == 75

    def test_there_is_a_default_network(self) -> None:
        cloud = self.cloud
        ec2 = cloud.client("ec2")
        vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
        subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])
        assert len(subnets["Subnets"]) >= 2

    def test_the_account(self) -> None:
        cloud = self.cloud
        assert cloud.client("sts").get_caller_identity()["Account"] == "123456789012"

    def test_a_bucket_keeps_a_report(self) -> None:
        cloud = self.cloud
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket="reports")
        s3.put_public_access_block(
            Bucket="reports",
            PublicAccessBlockConfiguration={"BlockPublicAcls": True, "BlockPublicPolicy": True},
        )
        s3.put_object(Bucket="reports", Key="a/b c.html", Body=b"<html>" * 1000)
        assert s3.get_object(Bucket="reports", Key="a/b c.html")["Body"].read() == b"<html>" * 1000
        assert s3.head_object(Bucket="reports", Key="a/b c.html")["ContentLength"] == 6000
        listed = s3.list_objects_v2(Bucket="reports")["Contents"]
        assert [one["Key"] for one in listed] == ["a/b c.html"]
        s3.delete_object(Bucket="reports", Key="a/b c.html")
        s3.delete_bucket(Bucket="reports")
        assert cloud.calls("PutObject")[0]["params"]["Body"] == "<6000 bytes>"

    def test_a_state_machine_needs_a_role_that_states_may_take(self) -> None:
        cloud = self.cloud
        trust = {"Version": "2012-10-17", "Statement": []}
        role = cloud.role("stranger", trust)
        with self.refused("AccessDeniedException"):
            cloud.client("stepfunctions").create_state_machine(
                name="m",
                definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
                roleArn=role,
            )

    def test_moto_s_own_back_door_is_shut(self) -> None:
        cloud = self.cloud
        with self.assertRaisesRegex(HTTPError, "404"):
            urllib.request.urlopen(f"{cloud.endpoint}/moto-api/data.json", timeout=5)


if __name__ == "__main__":
    unittest.main()
