"""What a real account has from the start and moto has not: the GPU image and its SSM parameters."""

from __future__ import annotations

from typing import Any, Dict, List, Set

from . import moto_settings

from moto.ec2.models import ec2_backends  # noqa: E402
from moto.ec2.models.amis import Ami  # noqa: E402
from moto.ec2.utils import random_ami_id  # noqa: E402
from moto.ssm.models import Parameter, ssm_backends  # noqa: E402

from .clock import Clock

ROOT_GIB = 75
PARAMETERS = (
    "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id",
    "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id",
)
IMAGE_NAME = (
    "ephemeral-gpu-ci rehearsal machine, stand-in for the Deep Learning Base OSS Nvidia AMI"
)


class RehearsalImage(Ami):
    @property
    def block_device_mappings(self) -> List[Dict[str, Any]]:  # type: ignore[override]
        return [
            {
                "DeviceName": "/dev/sda1",
                "Ebs": {
                    "SnapshotId": self.ebs_snapshot.id,
                    "VolumeSize": ROOT_GIB,
                    "DeleteOnTermination": True,
                    "VolumeType": "gp3",
                    "Encrypted": False,
                },
            }
        ]


_furnished: Set[str] = set()


def furnish_region(region: str, clock: Clock) -> None:
    """Registers the image and its parameters in a region on the first call there."""
    if region in _furnished or region not in ec2_backends[moto_settings.ACCOUNT_ID]:
        return
    _furnished.add(region)
    ec2 = ec2_backends[moto_settings.ACCOUNT_ID][region]
    image = RehearsalImage(
        ec2,
        random_ami_id(),
        name=IMAGE_NAME,
        description="Emulated: boots a Docker container of the rehearsal's machine image",
        owner_alias="amazon",
        public=True,
        virtualization_type="hvm",
        architecture="x86_64",
        hypervisor="xen",
        root_device_type="ebs",
        root_device_name="/dev/sda1",
        region_name=f"{region}a",
    )
    ec2.amis[image.id] = image
    parameters = ssm_backends[moto_settings.ACCOUNT_ID][region]._parameters
    for name in PARAMETERS:
        parameters[name].append(
            Parameter(  # type: ignore[abstract]
                account_id=moto_settings.ACCOUNT_ID,
                name=name,
                value=image.id,
                parameter_type="String",
                description=None,
                allowed_pattern=None,
                keyid=None,
                last_modified_date=clock.utcnow(),
                version=1,
                data_type="aws:ec2:image",
            )
        )
