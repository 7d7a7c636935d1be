"""The examples on the local cloud, IAM enforced: each with exactly the permissions derived from its definition."""

import json

import pytest

from examples import csv_file, map_in_map, map_in_parallel, nightly_check, thousand_in_parallel
from local_cloud.process import TARGET_ACCOUNT
from modules.asl.execution_type import STANDARD
from modules.asl.machine_definition import machine_definition
from tests.e2e.account import BUCKET, Account, arn


def rows() -> dict[str, object]:
    return csv_file.definition(function_arn=arn("work"), bucket=BUCKET, key="in/rows.csv", account_id=TARGET_ACCOUNT)


def test_a_thousand_items_at_a_time(account: Account) -> None:
    definition = thousand_in_parallel.definition(function_arn=arn("work"))
    output = account.output(definition, {"items": list(range(1000))})
    assert [answer["given"] for answer in output] == list(range(1000))


def test_the_rows_of_a_csv_file(account: Account) -> None:
    results = account.output(rows(), {"run": "2026-11"})
    s3 = account.client("s3")
    manifest = json.loads(s3.get_object(Bucket=results["Bucket"], Key=results["Key"])["Body"].read())
    lines = [
        json.loads(line)
        for file in manifest["ResultFiles"]["SUCCEEDED"]
        for line in s3.get_object(Bucket=BUCKET, Key=file["Key"])["Body"].read().split(b"\n")
        if line
    ]
    assert sorted(lines, key=lambda row: row["amount"]) == [
        {"run": "2026-11", "id": f"r{number}", "amount": number + 0.5} for number in range(250)
    ]


def test_a_distributed_map_in_each_branch_of_a_parallel(account: Account) -> None:
    definition = map_in_parallel.definition(
        image_function_arn=arn("image"), text_function_arn=arn("text"), bucket=BUCKET
    )
    assert account.output(definition, {}) == [
        [{"by": "image", "given": {"Key": "images/1"}}, {"by": "image", "given": {"Key": "images/2"}}],
        [{"by": "text", "given": {"Key": "texts/1"}}],
    ]


def test_a_distributed_map_in_an_inline_map(account: Account) -> None:
    definition = map_in_map.definition(function_arn=arn("work"), bucket=BUCKET)
    output = account.output(definition, {"days": ["2026-11-20", "2026-11-21"]}, bounds=map_in_map.BOUNDS)
    assert [[answer["given"]["Key"] for answer in day] for day in output] == [
        ["days/2026-11-20/a"],
        ["days/2026-11-21/b", "days/2026-11-21/c"],
    ]


def test_a_distributed_map_in_a_definition_file(account: Account) -> None:
    substitutions = nightly_check.substitutions(
        check_function_arn=arn("work"), announce_function_arn=arn("text"), bucket=BUCKET, prefix="days/2026-11-21/"
    )
    definition = machine_definition(nightly_check.DEFINITION, type_=STANDARD, substitutions=substitutions)
    assert account.output(definition, {"day": "2026-11-21"}) == {
        "checked": ["days/2026-11-21/b", "days/2026-11-21/c"],
        "announced": "uploads of 2026-11-21",
    }


@pytest.mark.parametrize(
    ("need", "error", "action"),
    [
        ("read-items", "States.ItemReaderFailed", "s3:GetObject"),
        ("write-results", "States.ResultWriterFailed", "s3:PutObject"),
        ("run-map", None, "states:StartExecution"),
        ("invoke-functions", "States.ExceedToleratedFailureThreshold", ""),
    ],
)
def test_no_need_is_superfluous(account: Account, need: str, error: str | None, action: str) -> None:
    execution = account.run(rows(), {"run": "2026-11"}, without=need)
    assert execution["status"] == "FAILED"
    assert error in {None, execution["error"]}
    assert action in execution["cause"]
