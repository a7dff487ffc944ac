"""moto reads its settings from the environment while it is imported: import this module first."""

from __future__ import annotations

import os
import sys

if sys.version_info < (3, 10):
    sys.exit(
        "rehearsal cloud: moto 5.2 needs Python 3.10 or newer, this is " + sys.version.split()[0]
    )

ACCOUNT_ID = "123456789012"
DEFAULT_REGION = "us-east-1"

os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT_ID
# The rehearsal registers one image of its own; moto's thousand others only slow the start.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
os.environ["MOTO_ENABLE_AMI_VALIDATION"] = "true"
os.environ["MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION"] = "true"
# So that a role can attach AmazonSSMManagedInstanceCore and its like.
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
# Nothing in this process may ever reach a real account.
for _name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ENDPOINT_URL"):
    os.environ.pop(_name, None)
os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "testing"
os.environ["AWS_DEFAULT_REGION"] = DEFAULT_REGION
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull

if "moto" in sys.modules:
    raise ImportError("import rehearsal.cloud.moto_settings before moto")
