"""DescribeInstances page by page, while machines come and go."""

from __future__ import annotations

import unittest
from typing import Any, Dict, List

from .support import CloudTest, wait_until

LIVE = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
NO_ADDRESS = [{"DeviceIndex": 0, "AssociatePublicIpAddress": False}]


def ids_of(page: Dict[str, Any]) -> List[str]:
    return [one["InstanceId"] for each in page["Reservations"] for one in each["Instances"]]


class Paging(CloudTest):
    def launch(self, count: int) -> List[str]:
        self.cloud.launch(
            MinCount=count, MaxCount=count, InstanceType="t3.micro", NetworkInterfaces=NO_ADDRESS
        )
        return ids_of(self.cloud.client("ec2").describe_instances(Filters=LIVE))

    def test_a_page_counts_machines_and_divides_reservations(self) -> None:
        ec2 = self.cloud.client("ec2")
        self.launch(4)
        everything = self.launch(8)
        first = ec2.describe_instances(Filters=LIVE, MaxResults=5)
        self.assertEqual(len(first["Reservations"]), 2)
        second = ec2.describe_instances(Filters=LIVE, MaxResults=5, NextToken=first["NextToken"])
        third = ec2.describe_instances(Filters=LIVE, MaxResults=5, NextToken=second["NextToken"])
        self.assertEqual([len(ids_of(one)) for one in (first, second, third)], [5, 5, 2])
        self.assertEqual(ids_of(first) + ids_of(second) + ids_of(third), everything)
        self.assertNotIn("NextToken", third)

    def test_what_ends_between_two_pages_moves_nobody(self) -> None:
        ec2 = self.cloud.client("ec2")
        everything = self.launch(7)
        first = ec2.describe_instances(Filters=LIVE, MaxResults=5)
        ec2.terminate_instances(InstanceIds=ids_of(first))
        wait_until(lambda: all(self.cloud.state(one) == "terminated" for one in ids_of(first)))
        rest = ec2.describe_instances(Filters=LIVE, MaxResults=1000, NextToken=first["NextToken"])
        self.assertEqual(ids_of(rest), everything[5:])

    def test_bad_pages_are_refused(self) -> None:
        ec2 = self.cloud.client("ec2")
        for size in (1, 4, 1001):
            with self.refused("InvalidParameterValue"):
                ec2.describe_instances(MaxResults=size)
        with self.refused("InvalidNextToken"):
            ec2.describe_instances(NextToken="next", MaxResults=5)


if __name__ == "__main__":
    unittest.main()
