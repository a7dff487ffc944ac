"""The tags of what a call names, as IAM looks at them before it decides (aws:ResourceTag/...)."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator

from . import moto_settings

from moto.ec2.models import ec2_backends  # noqa: E402

from .calls import Call

# i-0123..., sg-0123...: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
RESOURCE_ID = re.compile(r"[a-z]+-[0-9a-f]{8,17}")


def tags_of_named(call: Call) -> Dict[str, Dict[str, str]]:
    """By id, or by name for a key pair; what has no tags has an empty entry, what is gone has none.

    To be asked before the call is done: a deleted thing has no tags any more.
    """
    backends = ec2_backends[moto_settings.ACCOUNT_ID]
    if call.service != "ec2" or call.region not in backends:
        return {}
    backend = backends[call.region]
    found = {
        one: dict(backend.tags.get(one, {}))
        for one in set(_ids(call.params))
        if _exists(backend, one)
    }
    name = call.params.get("KeyName")
    if name in backend.key_pairs:
        found[name] = dict(backend.tags.get(backend.key_pairs[name].id, {}))
    return found


def _exists(backend: Any, resource_id: str) -> bool:
    # moto keeps the tags of what was deleted. A machine that has ended is still there for a while.
    kind = resource_id.split("-")[0]
    if kind == "sg":
        return backend.get_security_group_from_id(resource_id) is not None
    if kind == "vol":
        return resource_id in backend.volumes
    if kind == "eni":
        return resource_id in backend.enis
    return True


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            # A filter names nothing that the call would touch.
            if name != "Filters":
                yield from _ids(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _ids(item)
    elif isinstance(value, str) and RESOURCE_ID.fullmatch(value):
        yield value
