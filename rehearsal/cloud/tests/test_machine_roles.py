"""What a machine may do with the credentials of its role, and what nobody may without them."""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
import time
from typing import Any, Dict, Optional

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .support import CloudTest

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
STORE = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::reports/runs/*"}
    ],
}


class SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("127.0.0.1:9000", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


class MachineRoleTest(CloudTest):
    machines = "sleeping"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.cloud.role("machine", TRUST, STORE)
        iam = cls.cloud.client("iam")
        iam.create_instance_profile(InstanceProfileName="machine")
        iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="machine")
        cls.cloud.client("s3").create_bucket(Bucket="reports")
        cls.instance_id = cls.cloud.launch(IamInstanceProfile={"Name": "machine"})
        cls.cloud.wait_for(cls.instance_id, "running")
        cls.metadata = cls.metadata_of(cls.instance_id)

    @classmethod
    def metadata_of(cls, instance_id: str) -> Dict[str, Any]:
        path = cls.cloud.directory / "sleeping" / f"{instance_id}.json"
        return json.loads(path.read_text())["metadata"]

    def signed(
        self, method: str, path: str, body: bytes, token: Optional[str] = None
    ) -> Dict[str, str]:
        keys = self.metadata["credentials"]
        credentials = Credentials(
            keys["AccessKeyId"], keys["SecretAccessKey"], token or keys["Token"]
        )
        url = f"http://127.0.0.1:9000{path}"
        request = AWSRequest(method, url, data=body, headers={"x-amz-meta-instance": "i-1"})
        request.context["payload_signing_enabled"] = True
        request.context["client_config"] = None
        S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(request)
        return dict(request.headers.items())

    def send(self, method: str, path: str, body: bytes, headers: Dict[str, str]) -> str:
        """200, or the status and the code of the error."""
        connection = SocketConnection(str(self.cloud.directory / "front-door" / "s3.sock"))
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        code = text.split("<Code>")[1].split("</Code>")[0] if "<Code>" in text else ""
        return f"{answer.status} {code}".strip()

    def put(self, path: str, body: bytes = b"report") -> str:
        return self.send("PUT", path, body, self.signed("PUT", path, body))

    def test_credentials_are_the_role_s_and_end(self) -> None:
        keys = self.metadata["credentials"]
        self.assertEqual(self.metadata["role"], "machine")
        self.assertEqual(self.metadata["region"], "us-east-1")
        self.assertTrue(keys["AccessKeyId"].startswith("ASIA"))
        ends = time.mktime(time.strptime(keys["Expiration"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        self.assertAlmostEqual(ends - time.time(), 6 * 3600, delta=60)

    def test_without_a_profile_there_are_none(self) -> None:
        bare = self.cloud.launch()
        self.cloud.wait_for(bare, "running")
        self.assertNotIn("credentials", self.metadata_of(bare))

    def test_what_the_role_allows(self) -> None:
        self.assertEqual(self.put("/reports/runs/x/1/report.tar.gz"), "200")
        stored = self.cloud.client("s3").get_object(
            Bucket="reports", Key="runs/x/1/report.tar.gz"
        )
        self.assertEqual(stored["Body"].read(), b"report")
        self.assertEqual(stored["Metadata"], {"instance": "i-1"})
        call = self.cloud.calls("PutObject")[-1]
        self.assertEqual(call["caller"], "machine")
        self.assertEqual(call["role"], "arn:aws:iam::123456789012:role/machine")
        self.assertNotIn(self.metadata["credentials"]["Token"], json.dumps(call))

    def test_what_it_does_not_allow(self) -> None:
        self.assertEqual(self.put("/reports/other/report.tar.gz"), "403 AccessDenied")
        path = "/reports/runs/x/1/report.tar.gz"
        headers = self.signed("GET", path, b"")
        self.assertEqual(self.send("GET", path, b"", headers), "403 AccessDenied")

    def test_another_content_than_was_signed(self) -> None:
        path = "/reports/runs/x/2/report.tar.gz"
        headers = self.signed("PUT", path, b"report")
        answer = self.send("PUT", path, b"another", headers)
        self.assertEqual(answer, "400 XAmzContentSHA256Mismatch")
        headers["X-Amz-Content-SHA256"] = hashlib.sha256(b"another").hexdigest()
        answer = self.send("PUT", path, b"another", headers)
        self.assertEqual(answer, "403 SignatureDoesNotMatch")

    def test_another_place_than_was_signed(self) -> None:
        headers = self.signed("PUT", "/reports/runs/x/3/report.tar.gz", b"report")
        answer = self.send("PUT", "/reports/runs/y/3/report.tar.gz", b"report", headers)
        self.assertEqual(answer, "403 SignatureDoesNotMatch")

    def test_a_header_that_was_not_signed(self) -> None:
        path = "/reports/runs/x/4/report.tar.gz"
        headers = {**self.signed("PUT", path, b"report"), "x-amz-acl": "public-read"}
        self.assertEqual(self.send("PUT", path, b"report", headers), "403 AccessDenied")

    def test_no_token_of_its_own(self) -> None:
        path = "/reports/runs/x/5/report.tar.gz"
        headers = self.signed("PUT", path, b"report", token="another")
        self.assertEqual(self.send("PUT", path, b"report", headers), "400 InvalidToken")

    def test_the_machines_door_is_for_machines_alone(self) -> None:
        path = "/reports/runs/x/6/report.tar.gz"
        self.assertEqual(self.send("PUT", path, b"report", {}), "403 InvalidAccessKeyId")
        for control in ("/_rehearsal/meter", "/_rehearsal/calls"):
            answer = self.send("GET", control, b"", {})
            self.assertEqual(answer, "403 InvalidAccessKeyId")
