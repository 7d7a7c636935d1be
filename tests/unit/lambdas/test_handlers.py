"""The handlers as Lambda runs them: unpacked from their zip, with the standard library and boto3 alone."""

from __future__ import annotations

import io
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from local_cloud.lambda_runtime import python_command, runtime_packages
from modules.jobs.build import job_package
from modules.jobs.job import find_job
from modules.jobs.platform import this_machine
from modules.lambda_package import package

ROOT = Path(__file__).parents[3]
LAMBDAS = ROOT / "lambdas"
JOB = ROOT / "examples" / "jobs" / "checksum"
ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "SOURCE_BUCKET": "source",
    "SOURCE_ACCOUNT_ID": "222222222222",
    "SOURCE_REGION": "eu-central-1",
    "RUNS_BUCKET": "runs",
    "RUNS_ACCOUNT_ID": "111111111111",
    "LIST_THREADS": "16",
    "KEYS_PER_PART": "100000",
    "READ_THREADS": "16",
}
# Prints where the shared modules lie.
IMPORT_HANDLER = """
import sys, importlib
importlib.import_module(sys.argv[1] + ".handler")
for name, module in sys.modules.items():
    if name.startswith("lambdas."):
        print(module.__file__)
"""


def import_handler(name: str, unpacked: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    if name == "process_objects":
        content = job_package(find_job(JOB), this_machine(), report=print)
    else:
        content = package(LAMBDAS / name)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(unpacked)
    return subprocess.run(  # noqa: S603 # this interpreter, our own code
        [*python_command(), "-c", IMPORT_HANDLER, name],
        env={**os.environ, **environment, "PYTHONPATH": f"{unpacked}{os.pathsep}{runtime_packages()}"},
        cwd=unpacked,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["list_objects", "process_objects", "summarize_run", "merge_statements"])
def test_a_handler_needs_only_its_package_and_boto3(name: str, tmp_path: Path) -> None:
    done = import_handler(name, tmp_path, ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    shared = done.stdout.splitlines()
    assert all(Path(file).is_relative_to(tmp_path) for file in shared), "not from the checkout"
    # The checks of types need no import at run time, so MergeStatements imports nothing that is shared.
    assert bool(shared) == (name != "merge_statements")


@pytest.mark.parametrize("missing", ["SOURCE_BUCKET", "LIST_THREADS"])
def test_a_missing_variable_is_named_when_the_container_starts(missing: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if name != missing}
    done = import_handler("list_objects", tmp_path, environment)
    assert done.returncode != 0
    assert f"KeyError: '{missing}'" in done.stderr
