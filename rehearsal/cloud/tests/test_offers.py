"""What the cloud says before anything is rented: quotas, offers, prices."""

from __future__ import annotations

import json
import unittest
from datetime import datetime, timezone
from typing import Any, Dict, List

from rehearsal.cloud.prices import USD_PER_HOUR

from .support import CloudTest

# A type of each GPU family that a plan may name.
FAMILIES = ("g4dn.xlarge", "g5.xlarge", "g6.xlarge", "g6e.xlarge", "g7e.2xlarge", "p5.48xlarge")


class OffersTest(CloudTest):
    def zones(self) -> Dict[str, List[str]]:
        answer = self.cloud.client("ec2").describe_instance_type_offerings(
            LocationType="availability-zone",
            Filters=[{"Name": "instance-type", "Values": list(FAMILIES)}],
        )
        zones: Dict[str, List[str]] = {}
        for one in answer["InstanceTypeOfferings"]:
            zones.setdefault(one["InstanceType"], []).append(one["Location"])
        return zones

    def spot_prices(self, *types: str) -> Dict[str, Dict[str, float]]:
        answer = self.cloud.client("ec2").describe_spot_price_history(
            InstanceTypes=list(types),
            ProductDescriptions=["Linux/UNIX"],
            StartTime=datetime.now(timezone.utc),
        )
        prices: Dict[str, Dict[str, float]] = {}
        for one in answer["SpotPriceHistory"]:
            assert one["ProductDescription"] == "Linux/UNIX"
            assert abs((one["Timestamp"] - datetime.now(timezone.utc)).total_seconds()) < 60
            prices.setdefault(one["InstanceType"], {})[one["AvailabilityZone"]] = float(
                one["SpotPrice"]
            )
        return prices

    def products(self, **more: str) -> List[Dict[str, Any]]:
        wanted = {
            "instanceType": "g6.xlarge",
            "regionCode": "us-east-1",
            "operatingSystem": "Linux",
            "preInstalledSw": "NA",
            "tenancy": "Shared",
            "capacitystatus": "Used",
            **more,
        }
        answer = self.cloud.client("pricing").get_products(
            ServiceCode="AmazonEC2",
            Filters=[
                {"Type": "TERM_MATCH", "Field": field, "Value": value}
                for field, value in wanted.items()
                if value
            ],
        )
        return [json.loads(text) for text in answer["PriceList"]]

    def test_every_family_is_described_and_offered_somewhere(self) -> None:
        described = self.cloud.client("ec2").describe_instance_types(
            Filters=[{"Name": "instance-type", "Values": list(FAMILIES)}]
        )["InstanceTypes"]
        assert {one["InstanceType"] for one in described} == set(FAMILIES)
        assert all(one["GpuInfo"]["Gpus"][0]["Count"] >= 1 for one in described)
        zones = self.zones()
        assert set(zones) == set(FAMILIES)
        assert all(zone.startswith("us-east-1") for each in zones.values() for zone in each)

    def test_spot_costs_a_share_of_on_demand_and_differs_from_zone_to_zone(self) -> None:
        prices = self.spot_prices("g6.xlarge", "p5.48xlarge")
        for instance_type, by_zone in prices.items():
            assert sorted(by_zone) == sorted(self.zones()[instance_type])
            assert len(set(by_zone.values())) == len(by_zone) > 1
            for price in by_zone.values():
                assert 0.3 < price / USD_PER_HOUR[instance_type] < 0.6

    def test_a_machine_has_one_on_demand_price(self) -> None:
        [product] = self.products()
        [term] = product["terms"]["OnDemand"].values()
        [dimension] = term["priceDimensions"].values()
        assert float(dimension["pricePerUnit"]["USD"]) == 0.8048
        assert "emulated" in dimension["description"]
        assert self.products(instanceType="p5e.48xlarge") == []

    def test_a_price_that_is_not_asked_for_in_full_is_refused(self) -> None:
        with self.refused("InvalidParameterException"):
            self.products(tenancy="")

    def test_machines_in_use_tell_their_vcpus_and_market(self) -> None:
        cloud = self.cloud
        cloud.launch(InstanceType="g6.4xlarge")
        cloud.launch(InstanceType="g5.xlarge", InstanceMarketOptions={"MarketType": "spot"})
        cloud.launch(InstanceType="m5.large")
        pages = cloud.client("ec2").describe_instances(
            Filters=[{"Name": "instance-state-name", "Values": ["pending", "running", "stopping"]}]
        )["Reservations"]
        found = {
            one["InstanceType"]: (
                one["CpuOptions"]["CoreCount"] * one["CpuOptions"]["ThreadsPerCore"],
                one.get("InstanceLifecycle"),
            )
            for page in pages
            for one in page["Instances"]
        }
        assert found == {
            "g6.4xlarge": (16, None),
            "g5.xlarge": (4, "spot"),
            "m5.large": (2, None),
        }

    def test_a_quota_that_was_lowered_is_told(self) -> None:
        self.cloud.control("POST", "quotas", {"L-417A185B": 8})
        quotas = self.cloud.client("service-quotas")
        quota = quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-417A185B")["Quota"]
        assert (quota["QuotaName"], quota["Value"]) == ("Running On-Demand P instances", 8.0)
        for ask in (quotas.get_service_quota, quotas.get_aws_default_service_quota):
            with self.refused("NoSuchResourceException"):
                ask(ServiceCode="ec2", QuotaCode="L-00000000")


if __name__ == "__main__":
    unittest.main()
