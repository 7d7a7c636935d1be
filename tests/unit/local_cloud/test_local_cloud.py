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
    deployed = Deployment(local_cloud)
    deployed.create()
    yield deployed
    deployed.functions.delete_function(FunctionName=deployed.name)  # ends its workers


def test_batches_of_every_part_are_invoked_and_their_results_written(deployment: Deployment) -> None:
    keys = [*NASTY, *(f"key-{n}" for n in range(82))]
    deployment.put_keys(keys[:50], part="part-0")
    deployment.put_keys(keys[50:], part="part-1")
    arn = deployment.start()
    found = deployment.finished(arn)
    assert found["status"] == "SUCCEEDED", found
    output = json.loads(found["output"])
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
    failed = deployment.finished(arn)
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
    found = deployment.finished(arn)
    assert found["status"] == "SUCCEEDED", found
    again = deployment.map_run(arn)
    assert (again["mapRunArn"], again["redriveCount"]) == (first["mapRunArn"], 1)
    results = deployment.results(json.loads(found["output"])["ResultWriterDetails"], "SUCCEEDED")
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
    assert deployment.finished(arn)["status"] == "ABORTED"
    deadline = time.monotonic() + 5
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
def test_without_a_permission_the_run_fails_and_names_it(
    deployment: Deployment, need: str, error: str, names: str
) -> None:
    deployment.put_keys(["a"])
    deployment.revoke(need)
    found = deployment.finished(deployment.start())
    assert (found["status"], found["error"]) == ("FAILED", error)
    assert names in found["cause"]
    deployment.grant(need)
    assert deployment.finished(deployment.start())["status"] == "SUCCEEDED"


def task(arguments: dict[str, Any], resource: str = "lambda:invoke", **fields: Any) -> dict[str, Any]:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True, **fields}
    return {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state, **fields.pop("States", {})}}


def redefine(deployment: Deployment, definition: dict[str, Any]) -> None:
    deployment.states.update_state_machine(stateMachineArn=deployment.machine_arn, definition=json.dumps(definition))


def test_an_invocation_that_is_denied_names_the_action(deployment: Deployment) -> None:
    redefine(deployment, task({"FunctionName": deployment.name}))
    deployment.revoke("invoke-functions")
    found = deployment.finished(deployment.start())
    assert (found["status"], found["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert "is not authorized to perform: lambda:InvokeFunction on resource" in found["cause"]


def test_a_functions_exception_is_retried_and_caught_by_its_class(deployment: Deployment) -> None:
    definition = task({"FunctionName": deployment.name, "Payload": {"Items": [{"Key": "a", "Bad": True}]}})
    definition["States"]["S"] |= {
        "Retry": [{"ErrorEquals": ["BatchFailed"], "IntervalSeconds": 0, "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["BatchFailed"], "Output": "caught", "Next": "Done"}],
    }
    definition["States"]["Done"] = {"Type": "Succeed"}
    redefine(deployment, definition)
    arn = deployment.start()
    assert json.loads(deployment.finished(arn)["output"]) == "caught"
    events = deployment.states.get_execution_history(executionArn=arn)["events"]
    assert [event["type"] for event in events].count("TaskFailed") == 2


def test_tasks_call_any_api_as_the_role(deployment: Deployment) -> None:
    deployment.put_keys(["a"])
    redefine(deployment, task({"Bucket": deployment.name, "Prefix": "keys/"}, "aws-sdk:s3:listObjectsV2"))
    output = json.loads(deployment.finished(deployment.start())["output"])
    assert [entry["Key"] for entry in output["Contents"]] == ["keys/part-0.jsonl"]
    redefine(deployment, task({"Bucket": deployment.name, "Key": "other"}, "aws-sdk:s3:getObject"))
    assert "s3:GetObject" in deployment.finished(deployment.start())["cause"]


def test_a_machine_starts_another_and_waits_for_its_output(local_cloud: LocalCloud) -> None:
    inner, outer = Deployment(local_cloud), Deployment(local_cloud)
    doubled = {"Type": "Pass", "Output": "{% $states.input * 2 %}", "End": True}
    started = {"StateMachineArn": inner.machine_arn, "Input": 21}
    calling = task(started, "states:startExecution.sync:2", Output="{% $states.result.Output %}")
    for deployed, definition in (
        (inner, {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": doubled}}),
        (outer, calling),
    ):
        deployed.create_role()
        deployed.create_machine(definition)
    executions = inner.machine_arn.replace("stateMachine", "execution")
    grants = allow(("states:StartExecution", inner.machine_arn), ("states:DescribeExecution", f"{executions}:*"))
    assert "states:StartExecution" in outer.finished(outer.start())["cause"]
    outer.iam.put_role_policy(RoleName=outer.name, PolicyName="start", PolicyDocument=grants)
    assert json.loads(outer.finished(outer.start())["output"]) == 42


def test_the_trust_policy_lets_in_the_machine_it_names_and_no_other(local_cloud: LocalCloud) -> None:
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


def test_another_accounts_bucket_needs_both_its_policy_and_the_roles(local_cloud: LocalCloud) -> None:
    deployed = Deployment(local_cloud)
    deployed.create_function(READ_SOURCE)
    bucket = f"{deployed.name}-source"
    deployed.source.create_bucket(Bucket=bucket)
    deployed.source.put_object(Bucket=bucket, Key="open/a", Body=b"data")

    def call(**event: str) -> Any:
        payload = json.dumps({"bucket": bucket, **event})
        return json.loads(deployed.functions.invoke(FunctionName=deployed.name, Payload=payload)["Payload"].read())

    def allow_role() -> None:
        grants = allow((["s3:ListBucket", "s3:GetObject"], [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]))
        deployed.iam.put_role_policy(RoleName=deployed.function_role, PolicyName="read", PolicyDocument=grants)

    def allow_bucket(role: str) -> None:
        deployed.source.put_bucket_policy(Bucket=bucket, Policy=bucket_policy(bucket, deployed.role_arn(role)))

    allow_role()
    assert call(prefix="open/") == call(key="open/a") == "AccessDenied"
    deployed.iam.create_role(RoleName=f"{deployed.name}-other", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    allow_bucket(f"{deployed.name}-other")
    assert call(prefix="open/") == call(key="open/a") == "AccessDenied"
    allow_bucket(deployed.function_role)
    assert call(prefix="open/") == ["open/a"]
    assert call(key="open/a") == "data"
    assert call(prefix="closed/") == "AccessDenied"
    for key in NASTY:
        deployed.source.put_object(Bucket=bucket, Key=key, Body=b"read")
        assert call(key=key) == "read", key
    assert call(prefix="open/", owner=TARGET_ACCOUNT) == call(key="open/a", owner=TARGET_ACCOUNT) == "AccessDenied"
    deployed.iam.delete_role_policy(RoleName=deployed.function_role, PolicyName="read")
    assert call(prefix="open/") == call(key="open/a") == "AccessDenied"


def test_step_functions_calls_are_authorized_too(deployment: Deployment) -> None:
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


def test_eight_invocations_of_one_function_run_at_a_time(deployment: Deployment) -> None:
    code = "import time\ndef handler(event, context): time.sleep(0.5)"
    deployment.functions.update_function_code(FunctionName=deployment.name, ZipFile=zipped(code))

    def call(_: int) -> None:
        deployment.functions.invoke(FunctionName=deployment.name, Payload="{}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, range(8)))  # starts the environments
        before = time.monotonic()
        list(pool.map(call, range(8)))
        assert time.monotonic() - before < 2


def test_a_function_out_of_time_is_a_sandbox_timeout(deployment: Deployment) -> None:
    code = "import time\ndef handler(event, context): time.sleep(30)"
    deployment.functions.update_function_code(FunctionName=deployment.name, ZipFile=zipped(code))
    deployment.functions.update_function_configuration(FunctionName=deployment.name, Timeout=1)
    answer = deployment.functions.invoke(FunctionName=deployment.name, Payload="{}")
    assert answer["FunctionError"] == "Unhandled"
    body = json.loads(answer["Payload"].read())
    assert body["errorType"] == "Sandbox.Timedout"
    assert body["errorMessage"].endswith("Task timed out after 1.00 seconds")


def test_keys_are_listed_by_their_bytes_page_by_page(local_cloud: LocalCloud) -> None:
    deployed = Deployment(local_cloud)
    deployed.source.create_bucket(Bucket=deployed.name)
    for key in NASTY:
        deployed.source.put_object(Bucket=deployed.name, Key=key, Body=key.encode())
    pages = deployed.source.get_paginator("list_objects_v2").paginate(
        Bucket=deployed.name, PaginationConfig={"PageSize": 3}
    )
    keys = [entry["Key"] for page in pages for entry in page["Contents"]]
    assert keys == sorted(NASTY, key=str.encode)
    for key in keys:
        assert deployed.source.get_object(Bucket=deployed.name, Key=key)["Body"].read() == key.encode()


def test_roots_of_two_accounts_do_not_see_each_others_buckets(local_cloud: LocalCloud) -> None:
    deployed = Deployment(local_cloud)
    deployed.source.create_bucket(Bucket=deployed.name)
    assert deployed.name not in [bucket["Name"] for bucket in deployed.s3.list_buckets()["Buckets"]]
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        deployed.s3.list_objects_v2(Bucket=deployed.name, ExpectedBucketOwner=SOURCE_ACCOUNT)
