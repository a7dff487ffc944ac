"""Calls stopped on their way, callers told apart by name, schedules that do nothing."""

from __future__ import annotations

import json
import threading
import time
import unittest
from typing import Any, Dict, List

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from .support import CloudTest, wait_until


class HoldsTest(CloudTest):
    def client(self, app: str, timeout: float = 60) -> Any:
        config = Config(
            user_agent_appid=app, retries={"total_max_attempts": 1}, read_timeout=timeout
        )
        return boto3.client(
            "ec2",
            region_name="us-east-1",
            endpoint_url=self.cloud.endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=config,
        )

    def hold(self, name: str, **more: Any) -> None:
        call = {"service": "ec2", "action": "CreateKeyPair", **more}
        self.cloud.control("POST", f"hold?name={name}", call)

    def struck(self, name: str) -> bool:
        return bool(self.cloud.control("GET", f"hold?name={name}")["struckAt"])

    def names(self) -> List[str]:
        return [one["KeyName"] for one in self.client("judge").describe_key_pairs()["KeyPairs"]]

    def in_thread(self, app: str, key: str, timeout: float = 60) -> threading.Thread:
        def create() -> None:
            try:
                self.client(app, timeout).create_key_pair(KeyName=key)
            except (ClientError, HTTPClientError):
                pass

        thread = threading.Thread(target=create)
        thread.start()
        return thread

    def test_before_nothing_is_done_until_it_is_let_go(self) -> None:
        self.hold("b", when="before", app="one")
        thread = self.in_thread("one", "held-before")
        wait_until(lambda: self.struck("b"))
        assert "held-before" not in self.names()
        self.cloud.control("DELETE", "hold?name=b")
        thread.join(10)
        assert "held-before" in self.names()

    def test_before_is_never_done_when_its_caller_has_gone(self) -> None:
        self.hold("g", when="before", app="goes")
        thread = self.in_thread("goes", "never-made", timeout=0.5)
        wait_until(lambda: self.struck("g"))
        thread.join(10)
        self.cloud.control("DELETE", "hold?name=g")
        wait_until(lambda: "died" in self.cloud.calls("CreateKeyPair")[-1].get("note", ""))
        assert "never-made" not in self.names()

    def test_after_it_is_done_and_its_answer_is_held_back(self) -> None:
        self.hold("a", when="after", app="two")
        thread = self.in_thread("two", "held-after")
        wait_until(lambda: self.struck("a"))
        assert "held-after" in self.names()
        assert thread.is_alive()
        self.cloud.control("DELETE", "hold?name=a")
        thread.join(10)
        assert not thread.is_alive()

    def test_only_the_caller_that_is_named_and_only_after_so_many(self) -> None:
        self.hold("s", when="before", app="three", skip=1)
        self.client("another").create_key_pair(KeyName="other")
        self.client("three").create_key_pair(KeyName="first")
        assert not self.struck("s")
        thread = self.in_thread("three", "second")
        wait_until(lambda: self.struck("s"))
        self.cloud.control("DELETE", "hold?name=s")
        thread.join(10)

    def test_a_fault_for_one_caller_spares_the_others_and_ends_with_its_time(self) -> None:
        sick, well = self.client("sick"), self.client("well")
        fault: Dict[str, Any] = {"service": "*", "action": "*", "kind": "error", "times": 99}
        self.cloud.control("POST", "faults", {**fault, "app": "sick", "seconds": 3.0})
        well.describe_key_pairs()
        with self.refused("InternalError"):
            sick.describe_key_pairs()
        time.sleep(3.1)
        sick.describe_key_pairs()

    def test_a_muted_schedule_stays_and_does_nothing(self) -> None:
        self.cloud.control("POST", "mute", {"schedules": "quiet-.*"})
        role = self.cloud.role("muted-scheduler")
        for name in ("quiet-one", "loud-one"):
            self.cloud.client("scheduler").create_schedule(
                Name=name,
                ScheduleExpression="rate(5 minutes)",
                FlexibleTimeWindow={"Mode": "OFF"},
                Target={
                    "Arn": "arn:aws:scheduler:::aws-sdk:ec2:deleteKeyPair",
                    "RoleArn": role,
                    "Input": json.dumps({"KeyName": name}),
                },
            )
        self.cloud.control("POST", "clock", {"advanceSeconds": 600})
        deleted = {call["params"].get("KeyName") for call in self.cloud.calls("DeleteKeyPair")}
        assert deleted == {"loud-one"}, deleted

    def test_the_meter_names_who_launched(self) -> None:
        assert self.cloud.machine(self.cloud.launch())["launchedBy"] == ""

    def test_a_hold_that_is_none_is_refused(self) -> None:
        for bad in ({"when": "during"}, {"colour": "red"}):
            with self.assertRaisesRegex(Exception, "400"):
                self.hold("x", **bad)


if __name__ == "__main__":
    unittest.main()
