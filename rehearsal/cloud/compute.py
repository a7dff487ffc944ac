"""EC2's life-cycle over moto's: states that take time, idempotent launches, machines that boot.

moto's instance is `running` at once, `terminated` at once, and its security groups can always be
deleted. Here an instance goes through `pending` and `shutting-down` while its machine boots and
ends, and everything that hangs on it hangs on it until then.
"""

from __future__ import annotations

import copy
import json
import sys
import threading
from datetime import datetime, timezone
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import moto_settings  # noqa: F401  (before moto)
from .addresses import Addresses
from .calls import current_call
from .clock import Clock
from .machine_roles import MachineRoles
from .machines import MachineSpec
from .meter import Machine, Meter
from .paging import Page
from .quotas import Quotas

import base64  # noqa: E402

from moto.core.responses import ActionResult  # noqa: E402
from moto.core.types import Base64EncodedString  # noqa: E402
from moto.ec2.exceptions import EC2ClientError  # noqa: E402
from moto.ec2.models import EC2Backend  # noqa: E402
from moto.ec2.models.core import TaggedEC2Resource  # noqa: E402
from moto.ec2.models.instance_types import INSTANCE_TYPES  # noqa: E402
from moto.ec2.models.instances import (  # noqa: E402
    Instance,
    InstanceState,
    Reservation,
    StateReason,
)
from moto.ec2.responses.general import General  # noqa: E402
from moto.ec2.responses.instances import InstanceResponse  # noqa: E402
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix  # noqa: E402

PENDING, RUNNING, SHUTTING_DOWN = ("pending", 0), ("running", 16), ("shutting-down", 32)
TERMINATED, STOPPING, STOPPED = ("terminated", 48), ("stopping", 64), ("stopped", 80)

# AWS lists a terminated instance for about an hour.
LISTED_AFTER_TERMINATION_SECONDS = 3600

USER_REASON = ("Client.UserInitiatedShutdown", "User initiated shutdown")
INSTANCE_REASON = ("Client.InstanceInitiatedShutdown", "Instance initiated shutdown")
# EC2, "Spot Instance interruption notices": two minutes before the end.
SPOT_NOTICE_SECONDS = 120
# AWS, API reference of EC2, StateReason.
SPOT_REASON = ("Server.SpotInstanceTermination", "Spot instance termination")
LAUNCH_FAILURE = ("Server.InternalError", "Internal error on launch")


class Compute:
    """Owns every instance. `lock` guards moto; nothing slow happens while it is held."""

    def __init__(
        self, clock: Clock, meter: Meter, machines: Any, quotas: Quotas, lock: threading.RLock
    ) -> None:
        self.machine_roles = MachineRoles()
        self.clock = clock
        self.meter = meter
        self.machines = machines
        self.quotas = quotas
        self.addresses = Addresses()
        # How long a new instance stays out of DescribeInstances; 0 in a cloud without that fault.
        self.describe_lag_seconds = 0.0
        self.lock = lock
        self._instances: Dict[str, Instance] = {}
        self._terminated_at: Dict[str, float] = {}
        self._by_token: Dict[Tuple[str, str], Tuple[str, Reservation]] = {}
        machines.on_exit = self.shut_down_from_inside
        _install(self)

    # Launch

    def run_instances(self, response: InstanceResponse, launch: Callable[..., Any]) -> ActionResult:
        call = current_call.get()
        assert call
        token = call.params.get("ClientToken")
        # A DryRun launches nothing and so uses up no token.
        fingerprint = json.dumps(call.params, sort_keys=True, default=str)
        if token and (call.region, token) in self._by_token:
            known, reservation = self._by_token[(call.region, token)]
            if known != fingerprint:
                raise EC2ClientError(
                    "IdempotentParameterMismatch",
                    "Arguments on this idempotent request are inconsistent with arguments used in "
                    "previous request(s).",
                )
            if all(instance.state == "terminated" for instance in reservation.instances):
                raise EC2ClientError(
                    "IdempotentInstanceTerminated",
                    "The request to launch an instance uses the same client token as a previous "
                    "request for which the instance has been terminated.",
                )
            return ActionResult(reservation)
        backend = response.ec2_backend
        count = call.params["MaxCount"]
        response.params["MinCount"] = count
        key_name = call.params.get("KeyName")
        if key_name and key_name not in backend.key_pairs:
            raise EC2ClientError(
                "InvalidKeyPair.NotFound", f"The key pair '{key_name}' does not exist"
            )
        spot = (call.params.get("InstanceMarketOptions") or {}).get("MarketType") == "spot"
        self._check_quota(call.params.get("InstanceType", "m1.small"), count, spot)
        _complete_root_volume(response, backend)
        result = launch(response)
        reservation = result.result
        if token:
            self._by_token[(call.region, token)] = (fingerprint, reservation)
        for instance in reservation.instances:
            self._launched(instance, call.params.get("UserData") or "")
        return result

    def _check_quota(self, instance_type: str, count: int, spot: bool) -> None:
        in_use = [
            (one.instance_type, one.lifecycle == "spot")
            for one in self._instances.values()
            if one.state in ("pending", "running", "stopping", "shutting-down")
        ]
        self.quotas.check(instance_type, count, spot, in_use)

    def _launched(self, instance: Instance, user_data: str) -> None:
        now, call = self.clock.now(), current_call.get()
        instance.launch_time = self.clock.utcnow()
        _set_state(instance, PENDING)
        instance.state_reason = None  # type: ignore[assignment]
        nic = instance.nics[0]
        # Without a group of its own it is in the VPC's default one.
        instance.security_groups = instance.security_groups or list(nic.group_set)
        if nic.public_ip:
            nic.public_ip = self.addresses.take()
        for one in instance.nics.values():
            one.delete_on_termination = True
        info = INSTANCE_TYPES.get(instance.instance_type, {})
        vcpus = info.get("VCpuInfo", {})
        instance.cpu_options = {  # type: ignore[attr-defined]
            "CoreCount": vcpus.get("DefaultCores", 1),
            "ThreadsPerCore": vcpus.get("DefaultThreadsPerCore", 1),
        }
        gpus = (info.get("GpuInfo") or {}).get("Gpus", [])
        gpu = gpus[0] if gpus else {}
        machine = Machine(
            instance_id=instance.id,
            instance_type=instance.instance_type,
            gpu_name=gpu.get("Name", ""),
            gpu_count=int(gpu.get("Count", 0)),
            gpu_memory_mib=int(gpu.get("MemoryInfo", {}).get("SizeInMiB", 0)),
            launched_at=now,
            launched_by=call.app if call else "",
            tags=_tags(instance),
        )
        self._instances[instance.id] = instance
        self.meter.machines[instance.id] = machine
        spec = MachineSpec(
            instance_id=instance.id,
            instance_type=machine.instance_type,
            gpu_name=machine.gpu_name,
            gpu_count=machine.gpu_count,
            gpu_memory_mib=machine.gpu_memory_mib,
            address=nic.public_ip,
            hostname=instance.private_dns_name.split(".")[0],
            user_data=base64.b64decode(user_data),
            public_key=self._public_key(instance),
            metadata={
                "imageId": instance.image_id,
                **(self.machine_roles.metadata(instance.id, call) if call else {}),
            },
        )
        self._in_background(instance, lambda: self.machines.boot(spec))

    @staticmethod
    def _public_key(instance: Instance) -> Optional[str]:
        pair = instance.ec2_backend.key_pairs.get(instance.key_name)
        return pair.material_public.decode().strip() if pair else None

    def _in_background(self, instance: Instance, boot: Callable[[], None]) -> None:
        def work() -> None:
            try:
                boot()
            except Exception as problem:
                print(f"rehearsal cloud: {instance.id}: {problem}", file=sys.stderr, flush=True)
                with self.lock:
                    if instance.state == "pending":
                        self._end(instance, LAUNCH_FAILURE, "", None)
                return
            with self.lock:
                # It may have been terminated while it was pending.
                if instance.state == "pending":
                    _set_state(instance, RUNNING)
                    self._machine(instance).state = "running"
                    self._machine(instance).entered_running(self.clock.now())

        threading.Thread(target=work, name=f"boot-{instance.id}", daemon=True).start()

    # The end of an instance; each is called with the lock held

    def terminate(self, instance: Instance) -> InstanceState:
        previous = copy.copy(instance._state)
        if instance.state not in ("shutting-down", "terminated"):
            call = current_call.get()
            by = "terminator" if call and call.caller in ("states", "scheduler") else "api"
            self._end(instance, USER_REASON, self._user_initiated(), by)
        return previous

    def stop(self, instance: Instance) -> InstanceState:
        previous = copy.copy(instance._state)
        if instance.state not in ("pending", "running", "stopping", "stopped"):
            raise _incorrect_state(instance)
        if instance.state in ("pending", "running"):
            self._begin_stop(instance, USER_REASON, self._user_initiated())
            self._after(instance, self.machines.halt, self._finish_stop)
        return previous

    def start(self, instance: Instance) -> InstanceState:
        previous = copy.copy(instance._state)
        if instance.state not in ("stopped", "pending", "running"):
            raise _incorrect_state(instance)
        if instance.state == "stopped":
            _set_state(instance, PENDING)
            instance._reason = ""
            instance.state_reason = None  # type: ignore[assignment]
            self._machine(instance).state = "pending"
            instance.launch_time = self.clock.utcnow()
            self._in_background(instance, lambda: self.machines.start(instance.id))
        return previous

    def reboot(self, instance: Instance) -> None:
        if instance.state not in ("pending", "running"):
            raise _incorrect_state(instance)
        self._after(instance, self.machines.reboot, lambda _: None)

    def shut_down_from_inside(self, instance_id: str) -> None:
        """The machine powered itself off."""
        with self.lock:
            instance = self._instances.get(instance_id)
            if instance is None or instance.state not in ("pending", "running"):
                return
            if instance.instance_initiated_shutdown_behavior == "terminate":
                self._end(instance, INSTANCE_REASON, "", "inside")
            else:
                self._begin_stop(instance, INSTANCE_REASON, "")
                self._finish_stop(instance)

    def interrupt(self, instance_id: str) -> None:
        """EC2 takes a spot machine back; raises ValueError where there is nothing to take back."""
        with self.lock:
            self._end(self._live_spot(instance_id), SPOT_REASON, "", "spot")

    def give_spot_notice(self, instance_id: str, seconds: float) -> str:
        """Tells a spot machine that it is taken back in so many seconds, and then does it."""
        with self.lock:
            self._live_spot(instance_id)
            at = datetime.fromtimestamp(self.clock.now() + seconds, timezone.utc)
        notice = {"action": "terminate", "time": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
        self.machines.give_spot_notice(instance_id, json.dumps(notice))
        timer = threading.Timer(seconds, self._take_back, [instance_id])
        timer.daemon = True
        timer.start()
        return notice["time"]

    def _take_back(self, instance_id: str) -> None:
        try:
            self.interrupt(instance_id)
        except ValueError:
            # It has ended before.
            pass

    def _live_spot(self, instance_id: str) -> Instance:
        instance = self._instances.get(instance_id)
        if instance is None or instance.lifecycle != "spot":
            raise ValueError(f"{instance_id} is no spot machine of this cloud")
        if instance.state not in ("pending", "running"):
            raise ValueError(f"{instance_id} is {instance.state}: too late to interrupt it")
        return instance

    def end_all(self) -> None:
        """The cloud itself ends: what still runs is told so in the meter."""
        with self.lock:
            for instance in self._instances.values():
                if instance.state in ("pending", "running", "stopping"):
                    machine = self._machine(instance)
                    machine.left_running(self.clock.now())
                    machine.state, machine.ended_by = "terminated", "cloud-stop"

    def _end(
        self, instance: Instance, reason: Tuple[str, str], text: str, by: Optional[str]
    ) -> None:
        machine = self._machine(instance)
        machine.tags = _tags(instance)
        machine.left_running(self.clock.now())
        machine.state = "shutting-down"
        machine.ended_by = machine.ended_by or by
        _set_state(instance, SHUTTING_DOWN)
        instance._reason = text
        instance.state_reason = StateReason(f"{reason[0]}: {reason[1]}", reason[0])
        self._after(instance, self.machines.destroy, self._finish_end)

    def _finish_end(self, instance: Instance) -> None:
        reason, state_reason = instance._reason, instance.state_reason
        address = instance.nics[0].public_ip
        instance.moto_terminate()  # type: ignore[attr-defined]
        for nic in instance.nics.values():
            nic.public_ip = None
        self.addresses.give_back(address)
        _set_state(instance, TERMINATED)
        instance._reason, instance.state_reason = reason, state_reason
        self._machine(instance).state = "terminated"
        self._terminated_at[instance.id] = self.clock.now()

    def _begin_stop(self, instance: Instance, reason: Tuple[str, str], text: str) -> None:
        machine = self._machine(instance)
        machine.tags = _tags(instance)
        machine.left_running(self.clock.now())
        machine.state = "stopping"
        _set_state(instance, STOPPING)
        instance._reason = text
        instance.state_reason = StateReason(f"{reason[0]}: {reason[1]}", reason[0])

    def _finish_stop(self, instance: Instance) -> None:
        # It may have been terminated while it was stopping.
        if instance.state == "stopping":
            _set_state(instance, STOPPED)
            self._machine(instance).state = "stopped"

    def _after(
        self, instance: Instance, act: Callable[[str], None], then: Callable[[Instance], None]
    ) -> None:
        def work() -> None:
            try:
                act(instance.id)
            except Exception as problem:
                print(f"rehearsal cloud: {instance.id}: {problem}", file=sys.stderr, flush=True)
            with self.lock:
                then(instance)

        threading.Thread(target=work, name=f"end-{instance.id}", daemon=True).start()

    # What clients see

    def refresh_tags(self) -> None:
        """A deadline moved by CreateTags counts: the meter reads the tags of what still runs."""
        with self.lock:
            for instance in self._instances.values():
                if instance.state in ("pending", "running", "stopping", "stopped"):
                    self._machine(instance).tags = _tags(instance)

    def forget_old(self, backend: EC2Backend) -> None:
        """Takes instances off the list that were terminated long ago."""
        limit = self.clock.now() - LISTED_AFTER_TERMINATION_SECONDS
        for reservation_id, reservation in list(backend.reservations.items()):
            ended = [self._terminated_at.get(one.id) for one in reservation.instances]
            if ended and all(instant is not None and instant < limit for instant in ended):
                backend.reservations.pop(reservation_id)
                for instance in reservation.instances:
                    self._instances.pop(instance.id, None)

    def without_unseen(self, result: ActionResult) -> ActionResult:
        """DescribeInstances is eventually consistent: a new instance may not be seen yet."""
        limit = self.clock.now() - self.describe_lag_seconds
        answer: Any = result.result
        unseen = [
            instance.id
            for reservation in answer["Reservations"]
            for instance in reservation.instances
            if self._machine(instance).launched_at > limit
        ]
        call = current_call.get()
        named = set(call.params.get("InstanceIds") or []) if call else set()
        for instance_id in named.intersection(unseen):
            raise EC2ClientError(
                "InvalidInstanceID.NotFound", f"The instance ID '{instance_id}' does not exist"
            )
        answer["Reservations"] = [
            reservation
            for reservation in answer["Reservations"]
            if not any(instance.id in unseen for instance in reservation.instances)
        ]
        return result

    def places(self) -> Dict[str, int]:
        """The order in which instances were launched; the meter forgets none."""
        return {instance_id: place for place, instance_id in enumerate(self.meter.machines)}

    def check_group_unused(self, backend: EC2Backend, group_id: str) -> None:
        for interface in backend.enis.values():
            if any(group.id == group_id for group in interface.group_set):
                raise EC2ClientError(
                    "DependencyViolation", f"resource {group_id} has a dependent object"
                )

    def _machine(self, instance: Instance) -> Machine:
        return self.meter.machines[instance.id]

    def _user_initiated(self) -> str:
        moment = datetime.fromtimestamp(self.clock.now(), timezone.utc)
        return f"User initiated ({moment.strftime('%Y-%m-%d %H:%M:%S')} GMT)"


def _set_state(instance: Instance, state: Tuple[str, int]) -> None:
    instance._state.name, instance._state.code = state


def _tags(instance: Instance) -> Dict[str, str]:
    return {tag["key"]: tag["value"] for tag in instance.get_tags()}


def _incorrect_state(instance: Instance) -> EC2ClientError:
    return EC2ClientError(
        "IncorrectInstanceState",
        f"The instance '{instance.id}' is not in a state from which it can be changed so "
        f"(it is {instance.state}).",
    )


def _complete_root_volume(response: InstanceResponse, backend: EC2Backend) -> None:
    """The root volume comes from the image where the request leaves it open, as in AWS."""
    images = [one for one in backend.amis.values() if one.id == response.params.get("ImageId")]
    if not images:
        return
    image = images[0]
    root = image.block_device_mappings[0]["Ebs"]
    mappings: List[Dict[str, Any]] = response.params.get("BlockDeviceMappings") or []
    mine = [one for one in mappings if one.get("DeviceName") == image.root_device_name]
    if not mine:
        mine = [{"DeviceName": image.root_device_name, "Ebs": {}}]
        mappings = mine + mappings
    ebs = mine[0].setdefault("Ebs", {})
    ebs.setdefault("VolumeSize", root["VolumeSize"])
    ebs.setdefault("DeleteOnTermination", True)
    ebs.setdefault("VolumeType", "gp3")
    if ebs["VolumeSize"] < root["VolumeSize"]:
        raise EC2ClientError(
            "InvalidBlockDeviceMapping",
            f"Volume of size {ebs['VolumeSize']}GB is smaller than snapshot "
            f"'{root['SnapshotId']}', expect size >= {root['VolumeSize']}GB",
        )
    response.params["BlockDeviceMappings"] = mappings


def _install(compute: Compute) -> None:
    """Puts the life-cycle above into moto's classes. The only place that changes moto."""
    moto_run = InstanceResponse.run_instances
    moto_terminate = InstanceResponse.terminate_instances
    moto_describe = InstanceResponse.describe_instances
    moto_delete_group = EC2Backend.delete_security_group

    def terminate_instances(self: InstanceResponse) -> ActionResult:
        result = moto_terminate(self)
        # moto always answers shutting-down; what is terminated stays so.
        for item in result.result["TerminatingInstances"]:  # type: ignore[index]
            instance = self.ec2_backend.get_instance(item["InstanceId"])
            item["CurrentState"] = {"Code": instance.state_code, "Name": instance.state}
        return result

    def describe_instances(self: InstanceResponse) -> ActionResult:
        compute.forget_old(self.ec2_backend)
        page = Page.take_from(self.params)
        result: Any = compute.without_unseen(moto_describe(self))
        page.cut(result.result, compute.places())
        return result

    def get_console_output(self: General) -> ActionResult:
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        text = compute.machines.console(instance.id)[-65536:]
        return ActionResult(
            {
                "InstanceId": instance.id,
                "Timestamp": compute.clock.utcnow(),
                "Output": Base64EncodedString.from_raw_string(text),
            }
        )

    def delete_security_group(
        self: EC2Backend, name: Optional[str] = None, group_id: Optional[str] = None
    ) -> None:
        group = self.get_security_group_by_name_or_id(group_id or name or "")
        if group:
            compute.check_group_unused(self, group.id)
        return moto_delete_group(self, name=name, group_id=group_id)

    def get_tags(self: TaggedEC2Resource) -> List[Dict[str, str]]:
        # moto looks through the tags of everything, by regular expressions: minutes for a list of a
        # thousand machines.
        resource_id = self.id  # type: ignore[attr-defined]
        tags = self.ec2_backend.tags.get(resource_id, {})  # type: ignore[attr-defined]
        kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(resource_id), "") if tags else ""
        return [
            {"resource_id": resource_id, "key": key, "value": value, "resource_type": kind}
            for key, value in tags.items()
        ]

    TaggedEC2Resource.get_tags = get_tags  # type: ignore[method-assign]
    Instance.moto_terminate = Instance.terminate  # type: ignore[attr-defined]
    Instance.terminate = lambda self: compute.terminate(self)  # type: ignore[method-assign]
    Instance.stop = lambda self: compute.stop(self)  # type: ignore[method-assign]
    Instance.start = lambda self: compute.start(self)  # type: ignore[method-assign]
    Instance.reboot = lambda self: compute.reboot(self)  # type: ignore[method-assign]
    InstanceResponse.run_instances = lambda self: compute.run_instances(  # type: ignore
        self, moto_run
    )
    InstanceResponse.terminate_instances = terminate_instances  # type: ignore[method-assign]
    InstanceResponse.describe_instances = describe_instances  # type: ignore[method-assign]
    General.get_console_output = get_console_output  # type: ignore[method-assign]
    EC2Backend.delete_security_group = delete_security_group  # type: ignore
