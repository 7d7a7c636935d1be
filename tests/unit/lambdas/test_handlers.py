"""The handlers as Lambda runs them: from a zip's root, with the standard library and boto3 alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LAMBDAS = Path(__file__).parents[3] / "lambdas"
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
IMPORT_AND_TELL = """
import sys, importlib
before = set(sys.modules)
importlib.import_module(sys.argv[1] + ".handler")
names = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(name for name in names if name not in sys.stdlib_module_names))
"""


@pytest.mark.parametrize("name", ["list_objects", "process_objects", "summarize_run", "merge_statements"])
def test_a_handler_needs_nothing_but_boto3(name: str) -> None:
    told = subprocess.run(  # noqa: S603 # this interpreter, our own code
        [sys.executable, "-c", IMPORT_AND_TELL, name],
        env={**os.environ, **ENVIRONMENT, "PYTHONPATH": str(LAMBDAS)},
        cwd=LAMBDAS,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(told.stdout.split()) - ALLOWED == {name}


@pytest.mark.parametrize("missing", ["SOURCE_BUCKET", "LIST_THREADS"])
def test_a_missing_variable_is_named_when_the_container_starts(missing: str) -> None:
    told = subprocess.run(  # noqa: S603 # this interpreter, our own code
        [sys.executable, "-c", IMPORT_AND_TELL, "list_objects"],
        env={**os.environ, **{k: v for k, v in ENVIRONMENT.items() if k != missing}, "PYTHONPATH": str(LAMBDAS)},
        cwd=LAMBDAS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode != 0
    assert f"KeyError: '{missing}'" in told.stderr
