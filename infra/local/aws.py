"""How this machine's own tools talk to the embedded AWS: its root key, its endpoint, nothing of the caller's shell."""

import boto3
import botocore.session
from botocore.config import Config

ACCOUNT = "000000000000"
REGION = "us-east-1"
# The emulator's own root pair. It opens nothing but a process on loopback that this user started.
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105

# No proxy from the environment may stand between two processes on loopback.
DIRECT = Config(proxies={}, retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=5, read_timeout=60)


def root_session() -> boto3.Session:
    # A profile named in the caller's environment must neither be used nor be missed.
    unprofiled = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    return boto3.Session(
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name=REGION,
        botocore_session=unprofiled,
    )
