"""An account of the local cloud, with what machines need to run: a bucket, functions, and a role for each machine."""

import io
import json
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.process import REGION, TARGET_ACCOUNT, client
from modules.asl.bounds import RunTimeBounds
from modules.asl.permissions import needs
from modules.asl.statement import Statement

BUCKET = "examples-bucket"
OBJECTS = (
    "images/1",
    "images/2",
    "texts/1",
    "days/2026-11-20/a",
    "days/2026-11-21/b",
    "days/2026-11-21/c",
    "failing/1",
)
ROWS = "id,amount\n" + "".join(f"r{number},{number}.5\n" for number in range(250))
# What the functions may do themselves: `list` writes the keys below a prefix to a file.
FUNCTIONS_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/lists/*"},
    ],
}
FUNCTION = """
import json

import boto3


def list_keys(event, context):
    s3 = boto3.client("s3")
    contents = s3.list_objects_v2(Bucket=event["bucket"], Prefix=event["prefix"]).get("Contents", [])
    keys = [entry["Key"] for entry in contents]
    s3.put_object(Bucket=event["bucket"], Key=event["key"], Body=json.dumps(keys).encode())
    return {"keys": len(keys)}


def handler(event, context):
    if not isinstance(event, dict):
        return {"by": context.function_name, "given": event}
    if "failing/1" in event.get("Items", []):
        raise ValueError("failing/1 always fails")
    if "Items" in event:
        rows = [item if isinstance(item, dict) else {"key": item} for item in event["Items"]]
        return [{"run": event["BatchInput"]["run"], **row} for row in rows]
    return {"by": context.function_name, "given": event}
"""


def derived(definition: dict[str, object], name: str, bounds: RunTimeBounds | None) -> dict[str, list[Statement]]:
    """The statements that the definition of the machine `name` needs, by need."""
    return needs(
        definition, name=name, account_id=TARGET_ACCOUNT, region=REGION, bounds=bounds, logging=False, tracing=False
    )


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@dataclass
class Account:
    """An account of the local cloud with a bucket of objects and four functions."""

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
        self.client("iam").put_role_policy(
            RoleName="functions", PolicyName="objects", PolicyDocument=json.dumps(FUNCTIONS_POLICY)
        )
        for name in ("work", "image", "text", "list"):
            functions.create_function(
                FunctionName=name,
                Runtime="python3.11",
                Role=role["Role"]["Arn"],
                Handler="work.list_keys" if name == "list" else "work.handler",
                Code={"ZipFile": code.getvalue()},
                Timeout=30,
            )

    def start(
        self,
        definition: dict[str, object],
        execution_input: object,
        *,
        bounds: RunTimeBounds | None = None,
        without: str | None = None,
    ) -> str:
        """The ARN of an execution, by a role with the policies that the definition needs.

        `without`: one of the needs, or the Sid of one of their statements, which the role doesn't get.
        """
        self.machines += 1
        name = f"example-{self.machines}"
        iam, states = self.client("iam"), self.client("stepfunctions")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("states.amazonaws.com"))
        policies = derived(definition, name, bounds)
        left_out = 0
        for need, statements in policies.items():
            granted = [statement for statement in statements if without not in {need, statement["Sid"]}]
            left_out += len(statements) - len(granted)
            if granted:
                policy = json.dumps({"Version": "2012-10-17", "Statement": granted})
                iam.put_role_policy(RoleName=name, PolicyName=need, PolicyDocument=policy)
        assert without is None or left_out, f"the role has no statement {without}"
        machine = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role["Role"]["Arn"])
        arn: str = states.start_execution(
            stateMachineArn=machine["stateMachineArn"], input=json.dumps(execution_input)
        )["executionArn"]
        return arn

    def finished(self, execution_arn: str) -> Mapping[str, Any]:
        while True:
            execution: Mapping[str, Any] = self.client("stepfunctions").describe_execution(executionArn=execution_arn)
            if execution["status"] != "RUNNING":
                return execution
            time.sleep(0.05)

    def run(self, definition: dict[str, object], execution_input: object, **options: Any) -> Mapping[str, Any]:
        """One finished execution. `options` are those of `start`."""
        return self.finished(self.start(definition, execution_input, **options))

    def redrive(self, execution_arn: str) -> Mapping[str, Any]:
        """The execution, once its redrive has finished."""
        self.client("stepfunctions").redrive_execution(executionArn=execution_arn)
        return self.finished(execution_arn)

    def causes(self, execution_arn: str) -> str:
        """Why an execution failed, and why the children of its Map Runs did, at any depth."""
        states = self.client("stepfunctions")
        children = [
            child["executionArn"]
            for map_run in states.list_map_runs(executionArn=execution_arn)["mapRuns"]
            for child in states.list_executions(mapRunArn=map_run["mapRunArn"], statusFilter="FAILED")["executions"]
        ]
        cause: str = states.describe_execution(executionArn=execution_arn)["cause"]
        return "\n".join([cause, *(self.causes(child) for child in children)])

    def output(self, definition: dict[str, object], execution_input: object, **options: Any) -> Any:
        execution = self.run(definition, execution_input, **options)
        assert execution["status"] == "SUCCEEDED", (execution.get("error"), execution.get("cause"))
        return json.loads(execution["output"])


def arn(function: str) -> str:
    return f"arn:aws:lambda:{REGION}:{TARGET_ACCOUNT}:function:{function}"
