"""Three nights over one bucket: each run processes exactly what has changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mapspan.local.local_deployment import LocalDeployment
from mapspan.results.report import read_report
from mapspan.running.execution import Execution
from modules.jobs.build import job_package
from modules.jobs.job import find_job
from modules.jobs.platform import this_machine
from tests.e2e.conftest import JOB
from tests.e2e.variants import Variant, variant_of_local
from tests.fixtures.swapped_job import with_job

FAILS_ON_BAD = """
def process(source):
    content = source.open().read()
    if content == b"bad":
        raise ValueError("bad content")
    return {"content": content.decode()}
"""


@pytest.fixture(scope="module")
def nightly(undeployed: LocalDeployment, tmp_path_factory: pytest.TempPathFactory) -> Variant:
    """Deployed with incremental runs that tolerate one failure, over a bucket of its own."""
    settings = variant_of_local(
        "nightly",
        source={"bucket": "landing-zone-nightly"},
        select={"changed_since": "last-success", "suffixes": [".txt"]},
        map={"tolerated_failure_count": 1},
    )
    variant = Variant(
        endpoint_url=undeployed.endpoint_url, directory=tmp_path_factory.mktemp("nightly"), settings=settings
    )
    variant.s3.create_bucket(Bucket=settings.source.bucket)
    variant.deploy()
    package = with_job(job_package(find_job(JOB), this_machine(), report=print), FAILS_ON_BAD)
    functions = variant.client("lambda", settings.target.account_id)
    functions.update_function_code(FunctionName=f"{settings.prefix}-process-objects", ZipFile=package)
    return variant


class Nights:
    """Runs over the bucket, by the keys that each processed."""

    def __init__(self, variant: Variant) -> None:
        self._variant = variant

    def put(self, **contents: str) -> None:
        for name, content in contents.items():
            self._variant.s3.put_object(
                Bucket=self._variant.settings.source.bucket, Key=f"2026/{name}.txt", Body=content.encode()
            )

    def run(self, **run_input: Any) -> tuple[list[str], Any]:
        """The names that the run listed, and its output, whose ledger says what became of them."""
        outcome = self._variant.run(run_input)
        assert outcome.status == "SUCCEEDED", outcome
        assert "key_list" in outcome.output
        return sorted(self._listed(outcome.output["key_list"]["prefix"])), outcome.output

    def _listed(self, prefix: str) -> Iterator[str]:
        s3, bucket = self._variant.deployment.s3(), self._variant.settings.runs_bucket
        for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
            for line in s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read().splitlines():
                yield json.loads(line)["Key"].removeprefix("2026/").removesuffix(".txt")


def test_three_nights_process_exactly_what_has_changed(nightly: Variant) -> None:
    nights = Nights(nightly)
    nights.put(a="1", b="1", c="1")
    nightly.s3.put_object(Bucket=nightly.settings.source.bucket, Key="2026/unselected.csv", Body=b"1")

    first, output = nights.run()
    assert first == ["a", "b", "c"]
    assert (output["seen"], output["ledger"]["listed"], output["looked_from"]) == (4, 3, None)

    nights.put(b="bad", d="1")
    second, output = nights.run()
    assert second == ["b", "d"]
    assert output["failures"] == {"ProcessorFailed": 1}
    assert output["looked_from"] < output["looked_until"]

    third, output = nights.run()
    assert third == ["b"], "a failed key comes again"
    assert output["ledger"]["failed"] == 1

    nights.put(b="good")
    fourth, output = nights.run()
    assert fourth == ["b"]
    assert output["ledger"]["succeeded"] == 1

    nothing, output = nights.run()
    assert nothing == []
    assert output["ledger"]["listed"] == 0


def test_a_stopped_run_and_a_run_over_a_part_move_nothing(nightly: Variant) -> None:
    nights = Nights(nightly)
    nights.run()
    nights.put(e="1", f="1")
    functions = nightly.client("lambda", nightly.settings.target.account_id)
    name = f"{nightly.settings.prefix}-process-objects"
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)  # no run ends before the stop
    stopped = Execution.start(nightly.deployment, {})
    nightly.deployment.step_functions().stop_execution(executionArn=stopped.arn)
    for _ in stopped.follow(poll_seconds=0.1):
        pass
    functions.delete_function_concurrency(FunctionName=name)
    assert stopped.outcome().status == "ABORTED"

    part, _ = nights.run(select={"suffixes": ["e.txt"]})
    assert part == ["e"]

    whole, _ = nights.run()
    assert whole == ["e", "f"]


def test_everything_starts_over_and_the_report_says_from_when_to_when_a_run_looked(nightly: Variant) -> None:
    nights = Nights(nightly)
    nights.put(g="1")
    nights.run()
    execution = Execution.start(nightly.deployment, {"everything": True})
    for _ in execution.follow(poll_seconds=0.1):
        pass
    output = execution.outcome().output
    assert output["seen"] - output["ledger"]["listed"] == 1  # the one that is not selected
    report = read_report(nightly.deployment, execution.name)
    assert f"looked at everything until {output['looked_until']}" in report.notes[0]
