"""docs/jobs.md: its example works, and its costs are those of `mapspan estimate`."""

from __future__ import annotations

import json
import re
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from environments.files import load
from lambdas.job import Skip
from lambdas.job.local import local_object
from lambdas.process_objects.batch_failure import BatchFailed, raise_batch_failed
from lambdas.process_objects.batch_results import BatchResults
from lambdas.process_objects.failure_log import log_failure
from lambdas.process_objects.outcome import failed, json_bytes, skipped
from mapspan.checkout import ROOT
from mapspan.costs.estimate import Workload, estimate_run
from mapspan.quantity import format_duration, format_usd, parse_bytes
from mapspan.results.failure_causes import FailureCauses

PAGE = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8")


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The page's example, as the module that its test imports."""
    source, *_ = examples()
    module = ModuleType("job")
    exec(source, vars(module))  # noqa: S102 # our own page
    monkeypatch.setitem(sys.modules, "job", module)
    return module


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.usefixtures("job")
def test_the_test_of_the_page_passes(tmp_path: Path) -> None:
    _, source, *_ = examples()
    test = ModuleType("test_job")
    exec(source, vars(test))  # noqa: S102 # our own page
    test.test_the_total_is_rounded(tmp_path)


def test_the_job_of_the_page_skips_other_keys(job: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(Skip):
        job.process(local_object(tmp_path / "a.txt"))


def test_the_page_says_how_much_of_an_error_is_stored(caplog: pytest.LogCaptureFixture) -> None:
    text = "x" * 100_000
    failure = failed("a", "ProcessorFailed", text)
    results = BatchResults()
    for number, failure_of_key in enumerate([failure] + [failed("b", f"E{number}", text) for number in range(30)]):
        results.add(number, failure_of_key)
    record = results.record({"Key": "", "VersionId": ""}, child="", started="", stopped="")
    with pytest.raises(BatchFailed) as batch:
        raise_batch_failed(results.failures)
    batch_errors = json.loads(str(batch.value))["Errors"]
    log_failure(failure, ValueError(text), run="run", request_id="1")
    fields = vars(caplog.records[0])
    causes = FailureCauses()
    for key in "abcdefgh":
        causes.add(error="ProcessorFailed", cause=text, key=key)
    (cause,) = causes.by_keys()
    assert len(batch_errors) == 5
    assert batch_errors[0]["Example"]["Cause"] == record["Failures"][0]["Example"]["Cause"]
    assert len(cause.examples) == 3
    section = PAGE.partition("### What to keep out of errors")[2].partition("\n## ")[0]
    for sentence in (
        f"each cause, shortened in the middle to {json_bytes(failure['Cause']):,} bytes",
        f"shortened in the middle to {json_bytes(batch_errors[0]['Example']['Cause'])} bytes,"
        f" for at most {len(record['Failures'])} error",
        f"the last {len(fields['traceback']):,} characters of its traceback",
        f"three examples of each cause, shortened in the middle to {len(cause.examples[0].cause):,} characters",
        f"cut to {len(skipped('a', text)['Reason'])} characters",
    ):
        assert sentence in section


def test_the_error_of_the_page_quotes_no_value() -> None:
    _, _, source = examples()
    row = {"amount": "Jane Doe"}
    with pytest.raises(ValueError, match="row 17: amount is not a number") as raised:
        exec(source, {"row": row, "number": 17})  # noqa: S102 # our own page
    assert "Jane Doe" not in "".join(traceback.format_exception(raised.value))


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
