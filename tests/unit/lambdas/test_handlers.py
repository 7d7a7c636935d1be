"""The handlers as Lambda runs them: unpacked from their zip, with the standard library and boto3 alone."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

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
# What boto3 itself brings along.
ALLOWED = {
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "dateutil",
    "urllib3",
    "six",
    "awscrt",
    "certifi",
    "__mp_main__",
}
# Prints the top-level packages that the handler imports, but the standard library's, and where the shared ones lie.
IMPORT_HANDLER = """
import sys, importlib
before = set(sys.modules)
importlib.import_module(sys.argv[1] + ".handler")
names = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(name for name in names if name not in sys.stdlib_module_names))
for name, module in sys.modules.items():
    if name.startswith("lambdas."):
        print(module.__file__)
"""


def import_handler(name: str, unpacked: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    content = package(LAMBDAS / name, job=JOB if name == "process_objects" else None)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(unpacked)
    return subprocess.run(  # noqa: S603 # this interpreter, our own code
        [sys.executable, "-c", IMPORT_HANDLER, name],
        env={**os.environ, **environment, "PYTHONPATH": str(unpacked)},
        cwd=unpacked,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["list_objects", "process_objects", "summarize_run", "merge_statements"])
def test_a_handler_needs_only_its_package_and_boto3(name: str, tmp_path: Path) -> None:
    done = import_handler(name, tmp_path, ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    packages, *shared = done.stdout.splitlines()
    job = {"job"} if name == "process_objects" else set()
    assert set(packages.split()) - ALLOWED - {"lambdas"} == {name} | job
    assert all(Path(file).is_relative_to(tmp_path) for file in shared), "not from the checkout"
    # The checks of types need no import at run time, so MergeStatements imports nothing that is shared.
    assert bool(shared) == (name != "merge_statements")


@pytest.mark.parametrize("missing", ["SOURCE_BUCKET", "LIST_THREADS"])
def test_a_missing_variable_is_named_when_the_container_starts(missing: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if name != missing}
    done = import_handler("list_objects", tmp_path, environment)
    assert done.returncode != 0
    assert f"KeyError: '{missing}'" in done.stderr
