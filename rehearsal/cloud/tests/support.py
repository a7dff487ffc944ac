"""A cloud of its own for each test class, driven over HTTP as any client would drive it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REPOSITORY = Path(__file__).resolve().parents[3]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["scheduler.amazonaws.com", "states.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}
ALLOW_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


class CloudUnderTest:
    def __init__(self, directory: Path, machines: str = "none") -> None:
        self.directory = directory
        self._clients: Dict[str, Any] = {}
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "rehearsal.cloud"),
                *("--dir", str(directory), "--machines", machines),
            ],
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
        )
        state = directory / "cloud.json"
        wait_until(lambda: state.exists() or self.process.poll() is not None, 30)
        self.endpoint: str = json.loads(state.read_text())["endpoint"]

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._new_client(service)
        return self._clients[service]

    def _new_client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            # Let the cloud judge, not the SDK.
            config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
        )

    def control(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.endpoint}/_rehearsal/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode()
            is_json = answer.headers["Content-Type"] == "application/json"
        return json.loads(text) if is_json else text

    def machine(self, instance_id: str) -> Dict[str, Any]:
        machines = self.control("GET", "meter")["machines"]
        return next(one for one in machines if one["instanceId"] == instance_id)

    def calls(self, action: str) -> List[Dict[str, Any]]:
        return [call for call in self.control("GET", "calls") if call["action"] == action]

    def image_id(self) -> str:
        name = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04"
        answer = self.client("ssm").get_parameter(Name=f"{name}/latest/ami-id")
        return answer["Parameter"]["Value"]

    def launch(self, tags: Optional[Dict[str, str]] = None, **more: Any) -> str:
        arguments: Dict[str, Any] = {
            "ImageId": self.image_id(),
            "InstanceType": "g4dn.xlarge",
            "MinCount": 1,
            "MaxCount": 1,
            "InstanceInitiatedShutdownBehavior": "terminate",
            "TagSpecifications": [
                {
                    "ResourceType": "instance",
                    "Tags": [
                        {"Key": key, "Value": value}
                        for key, value in {"product": "ephemeral-gpu-ci", **(tags or {})}.items()
                    ],
                }
            ],
        }
        arguments.update(more)
        return self.client("ec2").run_instances(**arguments)["Instances"][0]["InstanceId"]

    def instance(self, instance_id: str) -> Dict[str, Any]:
        answer = self.client("ec2").describe_instances(InstanceIds=[instance_id])
        return answer["Reservations"][0]["Instances"][0]

    def state(self, instance_id: str) -> str:
        return self.instance(instance_id)["State"]["Name"]

    def wait_for(self, instance_id: str, state: str) -> Dict[str, Any]:
        wait_until(lambda: self.state(instance_id) == state)
        return self.instance(instance_id)

    def role(self, name: str, trust: Any = TRUST, policy: Any = ALLOW_ALL) -> str:
        iam = self.client("iam")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"][
            "Arn"
        ]
        if policy:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        return arn

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=20)


class CloudTest(unittest.TestCase):
    """Tests of one class share a cloud and run in the order of their names."""

    cloud: CloudUnderTest
    machines = "none"

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="rehearsal-cloud-")
        cls.addClassCleanup(folder.cleanup)
        cls.cloud = CloudUnderTest(Path(folder.name), cls.machines)
        cls.addClassCleanup(cls.cloud.stop)

    def refused(self, code: str) -> Any:
        """`with self.refused("DependencyViolation"):` a call that the cloud must refuse so."""
        return self.assertRaisesRegex(ClientError, code)


def wait_until(true: Callable[[], bool], seconds: float = 10) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.05)
