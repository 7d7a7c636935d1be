"""The handlers as Lambda runs them: unpacked from their zip, with the standard library and boto3 alone."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from local_cloud.lambda_runtime import python_command, runtime_packages
from modules.jobs.build import job_package
from modules.jobs.job import find_job
from modules.jobs.platform import this_machine
from modules.lambda_package import package
from tests.fixtures.function_variables import VARIABLES

ROOT = Path(__file__).parents[3]
LAMBDAS = ROOT / "lambdas"
JOB = ROOT / "examples" / "jobs" / "checksum"
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
    done = import_handler(name, tmp_path, VARIABLES)
    assert done.returncode == 0, done.stderr
    shared = done.stdout.splitlines()
    assert all(Path(file).is_relative_to(tmp_path) for file in shared), "not from the checkout"
    # The checks of types need no import at run time, so MergeStatements imports nothing that is shared.
    assert bool(shared) == (name != "merge_statements")


@pytest.mark.parametrize("missing", ["SOURCE_BUCKET", "LIST_THREADS"])
def test_a_missing_variable_is_named_when_the_container_starts(missing: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in VARIABLES.items() if name != missing}
    done = import_handler("list_objects", tmp_path, environment)
    assert done.returncode != 0
    assert f"KeyError: '{missing}'" in done.stderr


# Prints what the variables have made of the worker.
PRINT_WORKER = """
from lambdas.process_objects.handler import BATCH, S3
output, pace = BATCH._output, BATCH._pace
if output:
    print(output.name, output.owner, output.prefix, output.copies_tags, output.threads, output.client.meta.region_name)
    print(output.client is S3)
print(pace and pace._interval)
"""
OUTPUT = {
    "OUTPUT_BUCKET": "results",
    "OUTPUT_ACCOUNT_ID": "333333333333",
    "OUTPUT_REGION": "us-east-1",
    "OUTPUT_PREFIX": "out/",
}


@pytest.mark.parametrize(
    ("variables", "printed"),
    [
        ({}, ["None"]),
        (OUTPUT, ["results 333333333333 out/ False 16 us-east-1", "False", "None"]),
        (
            {**OUTPUT, "OUTPUT_REGION": "eu-central-1", "READS_TAGS": "true", "OBJECT_INTERVAL_SECONDS": "0.04"},
            ["results 333333333333 out/ True 16 eu-central-1", "True", "0.04"],
        ),
    ],
    ids=["no output", "another Region's output", "an output, tags and a rate"],
)
def test_the_variables_give_the_worker_its_output_and_its_rate(variables: dict[str, str], printed: list[str]) -> None:
    environment = {**VARIABLES, **variables, "PYTHONPATH": f"{ROOT}{os.pathsep}{JOB}"}
    done = subprocess.run(  # noqa: S603 # this interpreter, our own code
        [sys.executable, "-c", PRINT_WORKER],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == printed, done.stderr
