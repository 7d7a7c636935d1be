"""The examples on the local cloud, IAM enforced: each with exactly the permissions derived from its definition."""

import io
import json
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from examples import csv_file, map_in_map, map_in_parallel, thousand_in_parallel
from local_cloud.process import REGION, TARGET_ACCOUNT, LocalCloud, client
from modules.asl.bounds import RunTimeBounds
from modules.asl.permissions import needs

BUCKET = "examples-bucket"
OBJECTS = ("images/1", "images/2", "texts/1", "days/2026-11-20/a", "days/2026-11-21/b", "days/2026-11-21/c")
ROWS = "id,amount\n" + "".join(f"r{number},{number}.5\n" for number in range(250))
FUNCTION = """
def handler(event, context):
    if isinstance(event, dict) and "Items" in event:
        return [{"run": event["BatchInput"]["run"], **row} for row in event["Items"]]
    return {"by": context.function_name, "given": event}
"""


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@dataclass
class Account:
    """An account of the local cloud with a bucket of objects and three functions."""

    endpoint_url: str
    machines: int = 0

    def client(self, service: str) -> Any:
        return client(service, TARGET_ACCOUNT, self.endpoint_url)

    def furnish(self) -> None:
        s3, functions = self.client("s3"), self.client("lambda")
        s3.create_bucket(Bucket=BUCKET)
        for key, body in {"in/rows.csv": ROWS, **dict.fromkeys(OBJECTS, "x")}.items():
            s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode())
        role = self.client("iam").create_role(
            RoleName="functions", AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
        )
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as package:
            package.writestr("work.py", FUNCTION)
        for name in ("work", "image", "text"):
            functions.create_function(
                FunctionName=name,
                Runtime="python3.11",
                Role=role["Role"]["Arn"],
                Handler="work.handler",
                Code={"ZipFile": code.getvalue()},
                Timeout=30,
            )

    def run(
        self,
        definition: dict[str, object],
        execution_input: object,
        *,
        bounds: RunTimeBounds | None = None,
        without: str | None = None,
    ) -> Mapping[str, Any]:
        """One finished execution, by a role with the policies that the definition needs, `without` one of them."""
        self.machines += 1
        name = f"example-{self.machines}"
        iam, states = self.client("iam"), self.client("stepfunctions")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("states.amazonaws.com"))
        policies = needs(
            definition,
            name=name,
            account_id=TARGET_ACCOUNT,
            region=REGION,
            bounds=bounds,
            logging=False,
            tracing=False,
        )
        assert without is None or without in policies
        for need, statements in policies.items():
            if need != without:
                policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
                iam.put_role_policy(RoleName=name, PolicyName=need, PolicyDocument=policy)
        machine = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role["Role"]["Arn"])
        started = states.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(execution_input))
        while True:
            execution: Mapping[str, Any] = states.describe_execution(executionArn=started["executionArn"])
            if execution["status"] != "RUNNING":
                return execution
            time.sleep(0.05)

    def output(self, definition: dict[str, object], execution_input: object, **options: Any) -> Any:
        execution = self.run(definition, execution_input, **options)
        assert execution["status"] == "SUCCEEDED", (execution.get("error"), execution.get("cause"))
        return json.loads(execution["output"])


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    directory = Path(tempfile.mkdtemp(prefix="examples-"))
    try:
        with LocalCloud.start(directory=directory) as cloud:
            furnished = Account(cloud.endpoint_url)
            furnished.furnish()
            yield furnished
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def arn(function: str) -> str:
    return f"arn:aws:lambda:{REGION}:{TARGET_ACCOUNT}:function:{function}"


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
