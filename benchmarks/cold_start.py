"""Measures how long a handler takes to be ready, against a process that only creates one S3 client."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_LAMBDAS = _ROOT / "lambdas"
_JOB = _ROOT / "examples" / "jobs" / "checksum"
_BARE = 'import boto3; boto3.client("s3")'
_COMMANDS = {
    "bare client": _BARE,
    "list_objects": "import list_objects.handler",
    "process_objects": "import process_objects.handler",
    "summarize_run": "import summarize_run.handler",
}
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "000000000000",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "SOURCE_BUCKET": "source",
    "SOURCE_ACCOUNT_ID": "222222222222",
    "SOURCE_REGION": "us-east-1",
    "RUNS_BUCKET": "runs",
    "RUNS_ACCOUNT_ID": "111111111111",
    "LIST_THREADS": "16",
    "KEYS_PER_PART": "100000",
    "READ_THREADS": "16",
    # As in a function's package: the function's own directory, `lambdas.shared`, and the job.
    "PYTHONPATH": os.pathsep.join([str(_LAMBDAS), str(_ROOT), str(_JOB)]),
}


def cold_start_milliseconds(rounds: int = 9) -> dict[str, float]:
    """The least of `rounds` starts of each, taken in turn. The first start, which compiles, doesn't count."""
    least = dict.fromkeys(_COMMANDS, float("inf"))
    for round_number in range(rounds + 1):
        for name, code in _COMMANDS.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], env={**os.environ, **_ENVIRONMENT}, check=True)  # noqa: S603 # our code
            if round_number:
                least[name] = min(least[name], (time.perf_counter() - began) * 1000)
    return least
