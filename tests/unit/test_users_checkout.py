"""The tests pass in a checkout whose environments and jobs a user has changed.

This runs the part of them that takes seconds: about environments, docs, commands, prices, and a variant of the IAM
proofs. Those of the higher floors are only collected.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mapspan.checkout import ROOT
from tests import ENVIRONMENTS
from tests.fixtures.job_directories import COUNT_LINES, write_job

SETTINGS = """
[job]
path = "jobs/mine"
memory_mb = 3008
environment = { CURRENCY = "EUR" }
secrets = ["arn:aws:secretsmanager:eu-west-1:777777777777:secret:rates-AbCdEf"]
policy = "jobs/mine/policy.json"
[job.output]
prefix = "out/"
"""
POLICY = """
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "arn:aws:dynamodb:eu-west-1:777777777777:table/orders"}
]}
"""
TEST = """
from lambdas.job.local import local_object
from job import process

def test_lines(tmp_path):
    (tmp_path / "a").write_text("1\\n2\\n")
    assert process(local_object(tmp_path / "a", output=tmp_path / "out")) == {"lines": 2}
"""
TESTS = (
    *(
        "tests/unit/environments",
        "tests/unit/docs",
        "tests/unit/test_architecture.py",
        "tests/unit/test_independence.py",
    ),
    *("tests/unit/mapspan/test_main.py", "tests/unit/mapspan/test_deployment.py", "tests/unit/mapspan/costs"),
    "tests/unit/iam/test_combinations.py::test_what_is_needed_is_allowed_and_every_statement_is_needed[keys]",
)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout with a job that breaks every rule of ours, and with other environments."""
    copy = tmp_path_factory.mktemp("checkout")
    copy_files(copy)
    write_environments(copy / "environments")
    job = write_job(copy / "jobs" / "mine", f"import os, sys\n{COUNT_LINES}", a="1")
    (job / "test_job.py").write_text(TEST)
    (job / "policy.json").write_text(POLICY)
    (job / "README.md").write_text("[nowhere](nowhere.md), `mapspan no-such-command`, `tests/nothing.py`\n")
    return copy


def copy_files(copy: Path) -> None:
    """Copy all files but the user's, with what is installed."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    output = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603 - git, as on the PATH
    files = [ROOT / name for name in output.split("\0") if (ROOT / name).is_file() and not is_users(name)]
    for file in files:
        place = copy / file.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, place)
    for cache in {file.parent / "__pycache__" for file in files if file.suffix == ".py"}:
        # Compiling everything again would take most of the time. The copies' times fit the caches.
        if cache.is_dir():
            shutil.copytree(cache, copy / cache.relative_to(ROOT))
    for installed in (".venv", "node_modules"):
        (copy / installed).symlink_to(ROOT / installed)
    subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)  # noqa: S607 - git, as on the PATH


def is_users(name: str) -> bool:
    """Whether a file belongs to the user of a checkout."""
    match name.split("/"):
        case ["environments", file]:
            return file.endswith(".toml") or file == "terraform.lock.hcl"
        case ["jobs", *rest]:
            return rest != ["README.md"]
    return False


def write_environments(directory: Path) -> None:
    """Write three environments: one as it comes with mapspan, a renamed one, and one with another bucket and a job."""
    shutil.copy(ENVIRONMENTS / "dev.toml", directory / "dev.toml")
    shutil.copy(ENVIRONMENTS / "local.toml", directory / "laptop.toml")
    prod = (ENVIRONMENTS / "prod.toml").read_text().replace('["2026/"]', '["in/eu/", "in/us/"]')
    prod = prod.replace("example-landing-zone-prod", "orders-of-acme")
    (directory / "prod.toml").write_text(prod + SETTINGS)


def run(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this Python in the checkout, as `make` would."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAPSPAN_", "PYTEST_"))}
    return subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, *arguments],
        cwd=checkout,
        env={**kept, "PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_users_own_floor_passes(checkout: Path) -> None:
    done = run(checkout, "-m", "mapspan.jobs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "valid environments: dev, laptop, prod\n" in done.stdout
    assert "1 passed" in done.stdout


def test_the_tests_pass(checkout: Path) -> None:
    higher = [word for floor in ("tests/synth", "tests/plan", "tests/e2e") for word in (floor, "--deselect", floor)]
    done = run(checkout, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", *TESTS, *higher)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " deselected in " in done.stdout, "of the higher floors"


def test_the_users_job_is_not_linted(checkout: Path) -> None:
    for command in (("check",), ("format", "--check")):
        done = run(checkout, "-m", "ruff", *command, "--no-cache", "--quiet", ".")
        assert done.returncode == 0, done.stdout
