"""The tests of the jobs in examples/jobs, each under the name of its job."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable

import pytest

from mapspan.checkout import ROOT

JOBS = sorted(file.parent.name for file in (ROOT / "examples" / "jobs").glob("*/test_job.py"))


def _tests_of(job: str) -> dict[str, Callable[..., None]]:
    """Each test of the job's test_job.py, which imports its job as `job`."""
    pytest.register_assert_rewrite(f"examples.jobs.{job}.test_job")
    sys.modules["job"] = importlib.import_module(f"examples.jobs.{job}.job")
    try:
        module = importlib.import_module(f"examples.jobs.{job}.test_job")
    finally:
        del sys.modules["job"]
    return {f"test_{job}_{name[5:]}": test for name, test in vars(module).items() if name.startswith("test_")}


for each in JOBS:
    globals().update(_tests_of(each))
