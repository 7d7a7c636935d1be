"""docs/jobs.md: its example works, and its costs are those of `mapspan estimate`."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from environments.files import load
from lambdas.job import Skip
from lambdas.job.local import local_object
from mapspan.checkout import ROOT
from mapspan.costs.estimate import Workload, estimate_run
from mapspan.quantity import format_duration, format_usd, parse_bytes

PAGE = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8")


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The page's example, as the module that its test imports."""
    source, _ = examples()
    module = ModuleType("job")
    exec(source, vars(module))  # noqa: S102 # our own page
    monkeypatch.setitem(sys.modules, "job", module)
    return module


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.usefixtures("job")
def test_the_test_of_the_page_passes(tmp_path: Path) -> None:
    _, source = examples()
    test = ModuleType("test_job")
    exec(source, vars(test))  # noqa: S102 # our own page
    test.test_the_total_is_rounded(tmp_path)


def test_the_job_of_the_page_skips_other_keys(job: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(Skip):
        job.process(local_object(tmp_path / "a.txt"))


def cost_rows() -> list[list[str]]:
    """The cells of each row of the table of costs."""
    return [row.strip("| ").split(" | ") for row in re.findall(r"^\| \[`\w+`\].*\$.*$", PAGE, re.MULTILINE)]


@pytest.mark.parametrize("row", cost_rows(), ids=lambda row: row[0])
def test_a_job_costs_what_mapspan_estimates(row: list[str]) -> None:
    _, size, memory, threads, busy, time, cost, writing = row
    env = load("dev")
    job: dict[str, Any] = {"memory_mb": int(memory.removesuffix(" MB").replace(",", "")), "threads": int(threads)}
    if writing != "$0.00":
        job["output"] = {}
    settings = env.model_dump(mode="json", exclude_defaults=True) | {"name": "dev", "region": "us-east-1", "job": job}
    settings["map"] = {"max_items_per_batch": 500, "max_concurrency": 200}
    workload = Workload(
        objects=1_000_000,
        average_bytes=parse_bytes(size.replace(" ", "")),
        seconds_per_object=float(busy.removesuffix(" s")),
    )
    estimate = estimate_run(type(env).model_validate_json(json.dumps(settings)), workload)
    assert format_duration(estimate.seconds) == time
    assert format_usd(estimate.usd) == cost
    assert sum(cost.usd for cost in estimate.costs if cost.name == "S3: writing") == float(writing.removeprefix("$"))
