"""The real local cloud: real calls through boto3, IAM enforced."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.exceptions
import pytest

from local_cloud.process import SOURCE_ACCOUNT, TARGET_ACCOUNT, LocalCloud
from tests.unit.local_cloud.deployment import Deployment, allow, trust, zipped

pytestmark = pytest.mark.timeout(120)

NASTY = ["a+b", "a b", "a%2Fb", "a&b<c>", 'q"uote', "new\nline", "con\x01trol", "sep\u2028arator", "x\u0085y", "😀"]
NASTY += ["é" * 512, "folder/", "folder//x", "/lead", "a/../b", "*(')!", "\ufffd", "日本語"]


@pytest.fixture
def deployment(local_cloud: LocalCloud) -> Iterator[Deployment]:
    deployment = Deployment(local_cloud)
    deployment.create()
    yield deployment
    deployment.functions.delete_function(FunctionName=deployment.name)  # ends its workers


def test_batches_of_every_part_are_invoked_and_their_results_written(deployment: Deployment) -> None:
    keys = [*NASTY, *(f"key-{n}" for n in range(82))]
    deployment.put_keys(keys[:50], part="part-0")
    deployment.put_keys(keys[50:], part="part-1")
    arn = deployment.start()
    execution = deployment.wait_for_end(arn)
    assert execution["status"] == "SUCCEEDED", execution
    output = json.loads(execution["output"])
    results = deployment.results(output["ResultWriterDetails"], "SUCCEEDED")
    assert [result["Key"] for result in results] == keys
    described = deployment.map_run(arn)
    assert described["mapRunArn"] == output["MapRunArn"]
    assert (described["itemCounts"]["succeeded"], described["executionCounts"]["succeeded"]) == (100, 10)


def test_a_run_over_its_threshold_is_redriven_with_its_failed_and_pending_children(deployment: Deployment) -> None:
    deployment.put_keys([f"key-{n}" for n in range(40)], bad=frozenset({"key-15"}))
    deployment.states.update_state_machine(
        stateMachineArn=deployment.machine_arn, definition=json.dumps(deployment.definition(MaxConcurrency=1))
    )
    arn = deployment.start()
    failed = deployment.wait_for_end(arn)
    assert (failed["status"], failed["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    first = deployment.map_run(arn)
    assert (first["itemCounts"]["succeeded"], first["itemCounts"]["pending"]) == (10, 20)
    details = {
        "Bucket": deployment.name,
        "Key": f"results/{failed['name']}/{first['mapRunArn'].rpartition(':')[2]}/manifest.json",
    }
    [failure] = deployment.results(details, "FAILED")
    assert failure["Error"] == "BatchFailed"
    assert json.loads(failure["Cause"])["errorMessage"] == "a bad item"
    assert len(deployment.results(details, "PENDING")) == 2

    code = "def handler(event, context): return [item['Key'] + ' again' for item in event['Items']]"
    deployment.functions.update_function_code(FunctionName=deployment.name, ZipFile=zipped(code))
    deployment.states.redrive_execution(executionArn=arn)
    execution = deployment.wait_for_end(arn)
    assert execution["status"] == "SUCCEEDED", execution
    again = deployment.map_run(arn)
    assert (again["mapRunArn"], again["redriveCount"]) == (first["mapRunArn"], 1)
    results = deployment.results(json.loads(execution["output"])["ResultWriterDetails"], "SUCCEEDED")
    assert results[:10] == [{"Key": f"key-{n}"} for n in range(10)]
    assert results[10:] == [f"key-{n} again" for n in range(10, 40)]


def test_stop_aborts_the_execution_and_its_map_run(deployment: Deployment) -> None:
    code = "import time\ndef handler(event, context): time.sleep(1)"
    deployment.functions.update_function_code(FunctionName=deployment.name, ZipFile=zipped(code))
    deployment.put_keys([f"key-{n}" for n in range(1000)])
    arn = deployment.start()
    while not deployment.states.list_map_runs(executionArn=arn)["mapRuns"]:
        time.sleep(0.01)
    deployment.states.stop_execution(executionArn=arn, cause="enough")
    assert deployment.wait_for_end(arn)["status"] == "ABORTED"
    deadline = time.monotonic() + 20  # its EXPRESS children finish first
    while deployment.map_run(arn)["status"] != "ABORTED":
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("need", "error", "names"),
    [
        ("read-items", "States.ItemReaderFailed", "s3:ListBucket on resource: arn:aws:s3:::unit-"),
        ("write-results", "States.ResultWriterFailed", "s3:PutObject"),
        ("run-map", "States.Permissions", "not authorized to perform: states:StartExecution on resource: arn:aws:st"),
    ],
)
def test_a_run_without_a_permission_fails_and_names_it(
    deployment: Deployment, need: str, error: str, names: str
) -> None:
    deployment.put_keys(["a"])
    deployment.revoke(need)
    execution = deployment.wait_for_end(deployment.start())
    assert (execution["status"], execution["error"]) == ("FAILED", error)
    assert names in execution["cause"]
    deployment.grant(need)
    assert deployment.wait_for_end(deployment.start())["status"] == "SUCCEEDED"


def task(arguments: dict[str, Any], resource: str = "lambda:invoke", **fields: Any) -> dict[str, Any]:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True, **fields}
    return {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state, **fields.pop("States", {})}}


def redefine(deployment: Deployment, definition: dict[str, Any]) -> None:
    deployment.states.update_state_machine(stateMachineArn=deployment.machine_arn, definition=json.dumps(definition))


def test_a_denied_invocation_names_the_action(deployment: Deployment) -> None:
    redefine(deployment, task({"FunctionName": deployment.name}))
    deployment.revoke("invoke-functions")
    execution = deployment.wait_for_end(deployment.start())
    assert (execution["status"], execution["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert "is not authorized to perform: lambda:InvokeFunction on resource" in execution["cause"]


def test_a_functions_exception_is_retried_and_caught_by_its_class(deployment: Deployment) -> None:
    definition = task({"FunctionName": deployment.name, "Payload": {"Items": [{"Key": "a", "Bad": True}]}})
    definition["States"]["S"] |= {
        "Retry": [{"ErrorEquals": ["BatchFailed"], "IntervalSeconds": 0, "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["BatchFailed"], "Output": "caught", "Next": "Done"}],
    }
    definition["States"]["Done"] = {"Type": "Succeed"}
    redefine(deployment, definition)
    arn = deployment.start()
    assert json.loads(deployment.wait_for_end(arn)["output"]) == "caught"
    events = deployment.states.get_execution_history(executionArn=arn)["events"]
    assert [event["type"] for event in events].count("TaskFailed") == 2


def test_tasks_call_any_api_as_the_role(deployment: Deployment) -> None:
    deployment.put_keys(["a"])
    redefine(deployment, task({"Bucket": deployment.name, "Prefix": "keys/"}, "aws-sdk:s3:listObjectsV2"))
    output = json.loads(deployment.wait_for_end(deployment.start())["output"])
    assert [entry["Key"] for entry in output["Contents"]] == ["keys/part-0.jsonl"]
    redefine(deployment, task({"Bucket": deployment.name, "Key": "other"}, "aws-sdk:s3:getObject"))
    assert "s3:GetObject" in deployment.wait_for_end(deployment.start())["cause"]


def test_a_machine_starts_another_and_waits_for_its_output(local_cloud: LocalCloud) -> None:
    inner, outer = Deployment(local_cloud), Deployment(local_cloud)
    doubled = {"Type": "Pass", "Output": "{% $states.input * 2 %}", "End": True}
    started = {"StateMachineArn": inner.machine_arn, "Input": 21}
    calling = task(started, "states:startExecution.sync:2", Output="{% $states.result.Output %}")
    for deployment, definition in (
        (inner, {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": doubled}}),
        (outer, calling),
    ):
        deployment.create_role()
        deployment.create_machine(definition)
    executions = inner.machine_arn.replace("stateMachine", "execution")
    grants = allow(("states:StartExecution", inner.machine_arn), ("states:DescribeExecution", f"{executions}:*"))
    assert "states:StartExecution" in outer.wait_for_end(outer.start())["cause"]
    outer.iam.put_role_policy(RoleName=outer.name, PolicyName="start", PolicyDocument=grants)
    assert json.loads(outer.wait_for_end(outer.start())["output"]) == 42


def test_the_trust_policy_admits_only_the_machine_that_it_names(local_cloud: LocalCloud) -> None:
    named, other = Deployment(local_cloud), Deployment(local_cloud)
    named.create_role()
    definition = {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {"Type": "Succeed"}}}
    named.create_machine(definition)
    with pytest.raises(botocore.exceptions.ClientError, match="authorized to assume the provided role"):
        other.states.create_state_machine(
            name=other.name, roleArn=named.role_arn(named.name), definition=json.dumps(definition)
        )
    other.iam.create_role(RoleName=other.name, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    with pytest.raises(botocore.exceptions.ClientError, match="authorized to assume the provided role"):
        other.create_machine(definition)


READ_SOURCE = """
import boto3, botocore.exceptions
s3 = boto3.client("s3")
def handler(event, context):
    owner = event.get("owner", "222222222222")
    try:
        if "key" in event:
            body = s3.get_object(Bucket=event["bucket"], Key=event["key"], ExpectedBucketOwner=owner)["Body"]
            return body.read().decode()
        page = s3.list_objects_v2(Bucket=event["bucket"], Prefix=event["prefix"], ExpectedBucketOwner=owner)
        return [entry["Key"] for entry in page.get("Contents", [])]
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
"""


def bucket_policy(bucket: str, role_arn: str) -> str:
    arn = f"arn:aws:s3:::{bucket}"
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": role_arn},
                    "Action": "s3:ListBucket",
                    "Resource": arn,
                    "Condition": {"StringLike": {"s3:prefix": "open/*"}},
                },
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": role_arn},
                    "Action": "s3:GetObject",
                    "Resource": f"{arn}/*",
                },
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [arn, f"{arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ],
        }
    )


def test_another_accounts_bucket_is_readable_only_with_both_its_policy_and_the_roles(local_cloud: LocalCloud) -> None:
    deployment = Deployment(local_cloud)
    deployment.create_function(READ_SOURCE)
    bucket = f"{deployment.name}-source"
    deployment.source.create_bucket(Bucket=bucket)
    deployment.source.put_object(Bucket=bucket, Key="open/a", Body=b"data")

    def call(**event: str) -> Any:
        payload = json.dumps({"bucket": bucket, **event})
        return json.loads(deployment.functions.invoke(FunctionName=deployment.name, Payload=payload)["Payload"].read())

    def allow_role() -> None:
        grants = allow((["s3:ListBucket", "s3:GetObject"], [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]))
        deployment.iam.put_role_policy(RoleName=deployment.function_role, PolicyName="read", PolicyDocument=grants)

    def allow_bucket(role: str) -> None:
        deployment.source.put_bucket_policy(Bucket=bucket, Policy=bucket_policy(bucket, deployment.role_arn(role)))

    allow_role()
    assert call(prefix="open/") == call(key="open/a") == "AccessDenied"
    deployment.iam.create_role(RoleName=f"{deployment.name}-other", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    allow_bucket(f"{deployment.name}-other")
    assert call(prefix="open/") == call(key="open/a") == "AccessDenied"
    allow_bucket(deployment.function_role)
    assert call(prefix="open/") == ["open/a"]
    assert call(key="open/a") == "data"
    assert call(prefix="closed/") == "AccessDenied"
    for key in NASTY:
        deployment.source.put_object(Bucket=bucket, Key=key, Body=b"read")
        assert call(key=key) == "read", key
    assert call(prefix="open/", owner=TARGET_ACCOUNT) == call(key="open/a", owner=TARGET_ACCOUNT) == "AccessDenied"
    deployment.iam.delete_role_policy(RoleName=deployment.function_role, PolicyName="read")
    assert call(prefix="open/") == call(key="open/a") == "AccessDenied"


def test_a_call_to_step_functions_needs_permission(deployment: Deployment) -> None:
    code = """
import boto3, botocore.exceptions
def handler(event, context):
    try:
        boto3.client("stepfunctions").start_execution(stateMachineArn=event)
    except botocore.exceptions.ClientError as error:
        return str(error)
"""
    deployment.functions.update_function_code(FunctionName=deployment.name, ZipFile=zipped(code))

    def call() -> Any:
        event = json.dumps(deployment.machine_arn)
        answer = deployment.functions.invoke(FunctionName=deployment.name, Payload=event)
        return json.loads(answer["Payload"].read())

    assert "states:StartExecution" in call()
    grants = allow(("states:StartExecution", deployment.machine_arn))
    deployment.iam.put_role_policy(RoleName=deployment.function_role, PolicyName="start", PolicyDocument=grants)
    assert call() is None


def test_eight_invocations_of_one_function_run_in_parallel(deployment: Deployment) -> None:
    code = "import time\ndef handler(event, context): time.sleep(0.5)"
    deployment.functions.update_function_code(FunctionName=deployment.name, ZipFile=zipped(code))

    def call(_: int) -> None:
        deployment.functions.invoke(FunctionName=deployment.name, Payload="{}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, range(8)))  # starts the environments
        before = time.monotonic()
        list(pool.map(call, range(8)))
        assert time.monotonic() - before < 2


def test_a_function_that_takes_too_long_is_a_sandbox_timeout(deployment: Deployment) -> None:
    code = "import time\ndef handler(event, context): time.sleep(30)"
    deployment.functions.update_function_code(FunctionName=deployment.name, ZipFile=zipped(code))
    deployment.functions.update_function_configuration(FunctionName=deployment.name, Timeout=1)
    answer = deployment.functions.invoke(FunctionName=deployment.name, Payload="{}")
    assert answer["FunctionError"] == "Unhandled"
    body = json.loads(answer["Payload"].read())
    assert body["errorType"] == "Sandbox.Timedout"
    assert body["errorMessage"].endswith("Task timed out after 1.00 seconds")


def test_keys_are_listed_in_the_order_of_their_bytes(local_cloud: LocalCloud) -> None:
    deployment = Deployment(local_cloud)
    deployment.source.create_bucket(Bucket=deployment.name)
    for key in NASTY:
        deployment.source.put_object(Bucket=deployment.name, Key=key, Body=key.encode())
    pages = deployment.source.get_paginator("list_objects_v2").paginate(
        Bucket=deployment.name, PaginationConfig={"PageSize": 3}
    )
    keys = [entry["Key"] for page in pages for entry in page["Contents"]]
    assert keys == sorted(NASTY, key=str.encode)
    for key in keys:
        assert deployment.source.get_object(Bucket=deployment.name, Key=key)["Body"].read() == key.encode()


def test_the_roots_of_two_accounts_do_not_see_the_buckets_of_the_other(local_cloud: LocalCloud) -> None:
    deployment = Deployment(local_cloud)
    deployment.source.create_bucket(Bucket=deployment.name)
    assert deployment.name not in [bucket["Name"] for bucket in deployment.s3.list_buckets()["Buckets"]]
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        deployment.s3.list_objects_v2(Bucket=deployment.name, ExpectedBucketOwner=SOURCE_ACCOUNT)
