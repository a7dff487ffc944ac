"""Service quotas of the emulated account: vCPUs of GPU machines by family and market."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Tuple

from . import moto_settings

from moto.ec2.exceptions import EC2ClientError  # noqa: E402
from moto.ec2.models.instance_types import INSTANCE_TYPES  # noqa: E402

from .errors import AwsError

# Code -> (name, vCPUs). AWS's own starting values are 0 for most; an account that runs a
# regression suite has asked for more.
DEFAULTS: Dict[str, Tuple[str, float]] = {
    "L-1216C47A": ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 256.0),
    "L-34B43A08": ("All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", 256.0),
    "L-DB2E81BA": ("Running On-Demand G and VT instances", 192.0),
    "L-3819A6DF": ("All G and VT Spot Instance Requests", 192.0),
    "L-417A185B": ("Running On-Demand P instances", 192.0),
    "L-7212CCBC": ("All P4, P3 and P2 Spot Instance Requests", 96.0),
    "L-C4BD4855": ("All P5 Spot Instance Requests", 192.0),
}


class Quotas:
    def __init__(self) -> None:
        self.values = {code: value for code, (_, value) in DEFAULTS.items()}

    def set(self, values: Dict[str, float]) -> None:
        unknown = sorted(set(values) - set(DEFAULTS))
        if unknown:
            raise ValueError(f"unknown quota {unknown[0]}; allowed: {', '.join(DEFAULTS)}")
        self.values.update({code: float(value) for code, value in values.items()})

    def check(
        self, instance_type: str, count: int, spot: bool, in_use: List[Tuple[str, bool]]
    ) -> None:
        """Raises EC2's error when a launch would pass the quota of its family and market."""
        code = quota_code(instance_type, spot)
        if code is None:
            return
        used = sum(
            vcpus(other) for other, other_spot in in_use if quota_code(other, other_spot) == code
        )
        if used + vcpus(instance_type) * count <= self.values[code]:
            return
        if spot:
            raise EC2ClientError("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")
        raise EC2ClientError(
            "VcpuLimitExceeded",
            f"You have requested more vCPU capacity than your current vCPU limit of "
            f"{self.values[code]:.0f} allows for the instance bucket that the specified instance "
            "type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request "
            "an adjustment to this limit.",
        )

    def answer(self, action: str, params: Dict[str, Any], region: str) -> Dict[str, Any]:
        """Answers the Service Quotas API, which moto knows for VPC only."""
        if action in ("GetServiceQuota", "GetAWSDefaultServiceQuota"):
            code = params["QuotaCode"]
            if params["ServiceCode"] != "ec2" or code not in DEFAULTS:
                raise AwsError(
                    "NoSuchResourceException", "The request failed because the resource is unknown."
                )
            return {"Quota": self._quota(code, region)}
        if action in ("ListServiceQuotas", "ListAWSDefaultServiceQuotas"):
            codes = DEFAULTS if params["ServiceCode"] == "ec2" else {}
            return {"Quotas": [self._quota(code, region) for code in codes]}
        raise AwsError("UnknownOperationException", f"the rehearsal does not know {action}")

    def _quota(self, code: str, region: str) -> Dict[str, Any]:
        return {
            "ServiceCode": "ec2",
            "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
            "QuotaArn": f"arn:aws:servicequotas:{region}:{moto_settings.ACCOUNT_ID}:ec2/{code}",
            "QuotaCode": code,
            "QuotaName": DEFAULTS[code][0],
            "Value": self.values[code],
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }


def vcpus(instance_type: str) -> int:
    info = INSTANCE_TYPES.get(instance_type, {}).get("VCpuInfo", {})
    return int(info.get("DefaultVCpus", 0))


def quota_code(instance_type: str, spot: bool) -> Any:
    """The quota that an instance type counts against; None for families without one here."""
    match = re.match(r"([a-z]+)(\d*)", instance_type)
    letters, generation = match.groups() if match else ("", "")
    if letters in ("g", "gr", "vt"):
        return "L-3819A6DF" if spot else "L-DB2E81BA"
    if letters == "p":
        if not spot:
            return "L-417A185B"
        return {"2": "L-7212CCBC", "3": "L-7212CCBC", "4": "L-7212CCBC", "5": "L-C4BD4855"}.get(
            generation
        )
    if letters in ("a", "c", "d", "h", "i", "m", "r", "t", "z"):
        return "L-34B43A08" if spot else "L-1216C47A"
    return None
