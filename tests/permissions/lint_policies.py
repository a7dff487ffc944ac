"""Lints IAM policies: {"name": policy} on standard input, {"name": [finding]} on standard output."""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any, Dict

# It imports pkg_resources, which says that it is deprecated.
warnings.filterwarnings("ignore", category=UserWarning)

from parliament import analyze_policy_string  # noqa: E402


def findings(policy: Any) -> Any:
    analysed = analyze_policy_string(json.dumps(policy), include_community_auditors=True)
    return [{"issue": one.issue, "detail": one.detail} for one in analysed.findings]


def main() -> None:
    policies: Dict[str, Any] = json.load(sys.stdin)
    json.dump({name: findings(policy) for name, policy in policies.items()}, sys.stdout)


main()
