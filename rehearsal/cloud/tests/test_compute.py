"""Instances live and die as on EC2."""

from __future__ import annotations

import re
import unittest
import urllib.error
from concurrent.futures import ThreadPoolExecutor

from .support import CloudTest, wait_until


class ComputeTest(CloudTest):
    def test_pending_then_running_with_an_address_of_its_own(self) -> None:
        cloud = self.cloud
        first, second = cloud.launch(), cloud.launch()
        assert cloud.state(first) == "pending"
        addresses = {cloud.wait_for(one, "running")["PublicIpAddress"] for one in (first, second)}
        assert len(addresses) == 2
        assert all(re.fullmatch(r"127\.0\.\d+\.\d+", address) for address in addresses)

    def test_a_token_launches_once(self) -> None:
        cloud = self.cloud
        with ThreadPoolExecutor(8) as pool:
            ids = set(pool.map(lambda _: cloud.launch(ClientToken="once"), range(8)))
        assert len(ids) == 1
        with self.refused("IdempotentParameterMismatch"):
            cloud.launch(ClientToken="once", InstanceType="g5.xlarge")
        cloud.client("ec2").terminate_instances(InstanceIds=list(ids))
        cloud.wait_for(ids.pop(), "terminated")
        with self.refused("IdempotentInstanceTerminated"):
            cloud.launch(ClientToken="once")

    def test_a_spot_machine_is_taken_back(self) -> None:
        cloud = self.cloud
        spot = cloud.launch(InstanceMarketOptions={"MarketType": "spot"})
        other = cloud.launch()
        for one in (spot, other):
            cloud.wait_for(one, "running")
        cloud.control("POST", "interrupt", {"instanceId": spot})
        ended = cloud.wait_for(spot, "terminated")
        assert ended["InstanceLifecycle"] == "spot"
        assert ended["StateReason"]["Code"] == "Server.SpotInstanceTermination"
        machine = cloud.machine(spot)
        assert (machine["state"], machine["endedBy"]) == ("terminated", "spot")
        for wrong in (spot, other, "i-0"):
            with self.assertRaises(urllib.error.HTTPError):
                cloud.control("POST", "interrupt", {"instanceId": wrong})
        assert cloud.state(other) == "running"

    def test_a_spot_machine_is_told_before_it_is_taken_back(self) -> None:
        cloud = self.cloud
        spot, other = cloud.launch(InstanceMarketOptions={"MarketType": "spot"}), cloud.launch()
        for one in (spot, other):
            cloud.wait_for(one, "running")
        told = cloud.control("POST", "spot-notice", {"instanceId": spot, "seconds": 2})
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["time"])
        assert cloud.state(spot) == "running"
        ended = cloud.wait_for(spot, "terminated")
        assert ended["StateReason"]["Code"] == "Server.SpotInstanceTermination"
        with self.assertRaises(urllib.error.HTTPError):
            cloud.control("POST", "spot-notice", {"instanceId": other})

    def test_termination_takes_a_moment_and_then_frees_what_hung_on_it(self) -> None:
        cloud = self.cloud
        ec2 = cloud.client("ec2")
        group = ec2.create_security_group(GroupName="g", Description="d")["GroupId"]
        kept = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 5, "DeleteOnTermination": False}}
        instance_id = cloud.launch(SecurityGroupIds=[group], BlockDeviceMappings=[kept])
        running = cloud.wait_for(instance_id, "running")
        volumes = {
            one["DeviceName"]: one["Ebs"]["VolumeId"] for one in running["BlockDeviceMappings"]
        }
        root = ec2.describe_volumes(VolumeIds=[volumes["/dev/sda1"]])["Volumes"][0]
        assert root["Size"] == 75

        change = ec2.terminate_instances(InstanceIds=[instance_id])["TerminatingInstances"][0]
        assert change["PreviousState"]["Name"] == "running"
        assert change["CurrentState"] == {"Code": 32, "Name": "shutting-down"}
        assert cloud.machine(instance_id)["leftRunningAt"] is not None
        with self.refused("DependencyViolation"):
            ec2.delete_security_group(GroupId=group)

        ended = cloud.wait_for(instance_id, "terminated")
        assert ended["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
        assert re.fullmatch(
            r"User initiated \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\)", ended["StateTransitionReason"]
        )
        assert "PublicIpAddress" not in ended
        ec2.delete_security_group(GroupId=group)
        left = {one["VolumeId"] for one in ec2.describe_volumes()["Volumes"]}
        assert volumes["/dev/sda1"] not in left and volumes["/dev/sdf"] in left
        again = ec2.terminate_instances(InstanceIds=[instance_id])["TerminatingInstances"][0]
        assert again["CurrentState"]["Name"] == again["PreviousState"]["Name"] == "terminated"

    def test_a_power_off_inside_honours_the_behaviour(self) -> None:
        cloud = self.cloud
        for behaviour, state, by in (
            ("terminate", "terminated", "inside"),
            ("stop", "stopped", None),
        ):
            with self.subTest(behaviour):
                instance_id = cloud.launch(InstanceInitiatedShutdownBehavior=behaviour)
                cloud.wait_for(instance_id, "running")
                cloud.control("POST", "poweroff", {"instanceId": instance_id})
                ended = cloud.wait_for(instance_id, state)
                reason = ended["StateReason"]["Code"]
                self.assertEqual(reason, "Client.InstanceInitiatedShutdown")
                self.assertEqual(cloud.machine(instance_id)["endedBy"], by)

    def test_stop_and_start_bill_twice(self) -> None:
        cloud = self.cloud
        instance_id = cloud.launch()
        cloud.wait_for(instance_id, "running")
        cloud.client("ec2").stop_instances(InstanceIds=[instance_id])
        cloud.wait_for(instance_id, "stopped")
        assert cloud.machine(instance_id)["billedSeconds"] == 60
        cloud.client("ec2").start_instances(InstanceIds=[instance_id])
        cloud.wait_for(instance_id, "running")
        assert cloud.machine(instance_id)["billedSeconds"] == 120

    def test_terminating_what_is_pending_never_runs(self) -> None:
        cloud = self.cloud
        instance_id = cloud.launch()
        cloud.client("ec2").terminate_instances(InstanceIds=[instance_id])
        cloud.wait_for(instance_id, "terminated")
        machine = cloud.machine(instance_id)
        assert machine["runningSeconds"] == 0 and machine["billedSeconds"] == 0

    def test_one_wrong_id_spares_all(self) -> None:
        cloud = self.cloud
        instance_id = cloud.launch()
        with self.refused("InvalidInstanceID.NotFound"):
            cloud.client("ec2").terminate_instances(
                InstanceIds=[instance_id, "i-0123456789abcdef0"]
            )
        cloud.wait_for(instance_id, "running")

    def test_tags_are_there_with_the_launch_and_filter(self) -> None:
        cloud = self.cloud
        instance_id = cloud.launch({"run": "commit-1", "attempt": "1"})
        found = cloud.client("ec2").describe_instances(
            Filters=[
                {"Name": "tag:run", "Values": ["commit-1"]},
                {"Name": "instance-state-name", "Values": ["pending", "running"]},
            ]
        )
        ids = [one["InstanceId"] for each in found["Reservations"] for one in each["Instances"]]
        assert ids == [instance_id]

    def test_quotas_are_told_and_kept(self) -> None:
        cloud = self.cloud
        quotas = cloud.client("service-quotas")
        answer = quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-417A185B")["Quota"]
        assert answer["Value"] == 192.0
        cloud.control("POST", "quotas", {"L-417A185B": 16, "L-C4BD4855": 0})
        with self.refused("VcpuLimitExceeded"):
            cloud.launch(InstanceType="p5.48xlarge")
        with self.refused("MaxSpotInstanceCountExceeded"):
            cloud.launch(InstanceType="p5.48xlarge", InstanceMarketOptions={"MarketType": "spot"})

    def test_a_new_instance_may_not_be_seen_at_once(self) -> None:
        cloud = self.cloud
        cloud.control("POST", "lag", {"describeInstancesSeconds": 2})
        instance_id = cloud.launch()
        with self.refused("InvalidInstanceID.NotFound"):
            cloud.state(instance_id)
        mine = [{"Name": "instance-type", "Values": ["g4dn.xlarge"]}]
        seen = cloud.client("ec2").describe_instances(Filters=mine)["Reservations"]
        self.assertNotIn(instance_id, str(seen))
        cloud.control("POST", "lag", {"describeInstancesSeconds": 0})
        self.assertIn(cloud.state(instance_id), ("pending", "running"))

    def test_a_dry_run_launches_nothing(self) -> None:
        cloud = self.cloud
        before = len(cloud.control("GET", "meter")["machines"])
        with self.refused("DryRunOperation"):
            cloud.launch(DryRun=True)
        assert len(cloud.control("GET", "meter")["machines"]) == before

    def test_zz_machines_end_with_the_cloud(self) -> None:
        cloud = self.cloud
        wait_until(lambda: cloud.control("GET", "meter")["running"] > 0)
        assert cloud.stop() == 0
        report = (cloud.directory / "meter.json").read_text()
        assert '"cloud-stop"' in report and '"running": 0' in report


if __name__ == "__main__":
    unittest.main()
