"""Measures how long a handler takes to be ready, against a bare handler that only creates one S3 client.

Each runs as Lambda runs it: from its own package, with the standard library and the runtime's boto3.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from local_cloud.lambda_runtime import python_command, runtime_packages
from modules.jobs.build import build
from modules.jobs.job import find_job
from modules.jobs.platform import this_machine
from modules.lambda_package import package_files
from tests.fixtures.function_variables import VARIABLES

_ROOT = Path(__file__).parent.parent
_CHECKSUM = _ROOT / "examples" / "jobs" / "checksum"
_BARE = 'import boto3\n\nS3 = boto3.client("s3")\n\n\ndef handler(event, context):\n    return None\n'
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "000000000000", "AWS_SECRET_ACCESS_KEY": "none"}
BARE = "bare handler"


def cold_start_milliseconds(rounds: int = 40) -> dict[str, float]:
    """The least of `rounds` starts of each, taken in turn. The first start, which compiles, doesn't count."""
    with tempfile.TemporaryDirectory() as directory:
        packages = _packages(Path(directory))
        least = dict.fromkeys(packages, float("inf"))
        for round_number in range(rounds + 1):
            for name, package in packages.items():
                seconds = _start_seconds(package, "handler" if name == BARE else f"{name}.handler")
                if round_number:
                    least[name] = min(least[name], seconds * 1000)
    return least


def _packages(directory: Path) -> Mapping[str, Path]:
    """The unpacked package of each function. The worker's has the checksum job, which needs no other package."""
    bare = directory / "bare"
    bare.mkdir()
    (bare / "handler.py").write_text(_BARE)
    packages = {BARE: bare}
    for name in ("list_objects", "summarize_run"):
        packages[name] = directory / name
        for target, origin in package_files(_ROOT / "lambdas" / name).items():
            (packages[name] / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(origin, packages[name] / target)
    job = build(find_job(_CHECKSUM), this_machine(), report=lambda _: None)
    packages["process_objects"] = Path(shutil.copytree(job, directory / "process_objects"))
    return packages


def _start_seconds(package: Path, module: str) -> float:
    path = os.pathsep.join([str(package), str(runtime_packages())])
    environment = {**os.environ, **_CREDENTIALS, **VARIABLES, "PYTHONPATH": path}
    began = time.perf_counter()
    subprocess.run([*python_command(), "-c", f"import {module}"], env=environment, check=True)  # noqa: S603 # our code
    return time.perf_counter() - began
