"""What integrations send and answer, as recorded on AWS. The facts are in docs/recorded-on-aws.md."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest

from local_cloud.step_functions.errors import StateFailure
from local_cloud.step_functions.task import Integrations
from tests.fixtures.step_functions import Bench, FakeRole, client_error

METADATA = {"HTTPHeaders": {}, "HTTPStatusCode": 200, "RequestId": "r"}


class FakeService:
    """A service with boto3's own model. A call is answered by `answer`, or raises it; `calls` has the parameters."""

    def __init__(self, service: str, answer: dict[str, Any] | Exception | None = None) -> None:
        client: Any = boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload] # any service
        self.meta = client.meta
        self.calls: list[dict[str, Any]] = []
        self._answer = answer

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        def call(**parameters: Any) -> dict[str, Any]:
            self.calls.append(parameters)
            if isinstance(self._answer, Exception):
                raise self._answer
            return {**(self._answer or {}), "ResponseMetadata": METADATA}

        return call


class RoleWithService(FakeRole):
    def __init__(self, fake: FakeService) -> None:
        super().__init__()
        self._fake = fake

    def client(self, service: str) -> Any:
        assert service == self._fake.meta.service_model.service_name
        return self._fake


def call(scratch: Path, fake: FakeService, resource: str, arguments: Any) -> Any:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True}
    bench = Bench(scratch, {"Call": state}, role=RoleWithService(fake))
    bench.tasks = Integrations()  # type: ignore[assignment] # the real ones, in the fake's place
    return bench.run()


@pytest.mark.parametrize(
    ("body", "stored"),
    [("text data", b'"text data"'), ({"a": [1, None]}, b'{"a":[1,null]}'), ([], b"[]"), (True, b"true"), (0, b"0")],
)
def test_put_object_writes_its_body_as_json(tmp_path: Path, body: Any, stored: bytes) -> None:
    """Fact 46: a text keeps its quotes."""
    fake = FakeService("s3")
    call(tmp_path, fake, "aws-sdk:s3:putObject", {"Bucket": "b", "Key": "k", "Body": body})
    assert fake.calls == [{"Bucket": "b", "Key": "k", "Body": stored, "ContentType": "text/plain; charset=UTF-8"}]


def test_get_object_answers_its_body_as_text(tmp_path: Path) -> None:
    """Fact 46."""
    fake = FakeService("s3", {"Body": io.BytesIO(b'{"a":1}'), "ETag": '"e"', "Metadata": {"own-name": "v"}})
    result = call(tmp_path, fake, "aws-sdk:s3:getObject", {"Bucket": "b", "Key": "k"})
    assert result == {"Body": '{"a":1}', "ETag": '"e"', "Metadata": {"own-name": "v"}}


@pytest.mark.parametrize("resource", ["aws-sdk:dynamodb:getItem", "dynamodb:getItem"])
def test_the_names_of_data_in_an_answer_stay_as_they_are(tmp_path: Path, resource: str) -> None:
    """Fact 47: only the API's members begin with a capital."""
    item = {"id": {"S": "1"}, "data": {"M": {"deepKey": {"N": "2"}}}}
    result = call(tmp_path, FakeService("dynamodb", {"Item": item}), resource, {"TableName": "t", "Key": {}})
    assert result["Item"] == item


def test_members_begin_with_a_capital_in_any_api(tmp_path: Path) -> None:
    fake = FakeService("stepfunctions", {"tags": [{"key": "k", "value": "v"}]})
    arguments = {"ResourceArn": "a", "Tags": [{"Key": "k", "Value": "v"}]}
    call(tmp_path, fake, "aws-sdk:sfn:tagResource", arguments)
    assert fake.calls == [{"resourceArn": "a", "tags": [{"key": "k", "value": "v"}]}]
    listed = call(tmp_path, fake, "aws-sdk:sfn:listTagsForResource", {"ResourceArn": "a"})
    assert listed == {"Tags": [{"Key": "k", "Value": "v"}]}


@pytest.mark.parametrize(
    ("value", "sent"), [({"a": 1}, '{"a":1}'), (None, "null"), ([1], "[1]"), ('{"a":2}', '{"a":2}')]
)
def test_start_execution_takes_any_json_as_input(tmp_path: Path, value: Any, sent: str) -> None:
    """Fact 48."""
    fake = FakeService("stepfunctions", {"executionArn": "e", "startDate": datetime(2026, 1, 1, tzinfo=UTC)})
    result = call(tmp_path, fake, "aws-sdk:sfn:startExecution", {"StateMachineArn": "m", "Input": value})
    assert fake.calls == [{"stateMachineArn": "m", "input": sent}]
    assert result["ExecutionArn"] == "e"


@pytest.mark.parametrize(
    ("payload", "event"),
    [("0", 0), ('"x"', "x"), ('{"a":1}', {"a": 1}), (None, {}), (0, 0), ({"a": "0"}, {"a": "0"})],
)
def test_a_payload_that_is_a_text_is_sent_verbatim(tmp_path: Path, payload: Any, event: Any) -> None:
    """Fact 49: null arrives as {}."""
    fake = FakeService("lambda", {"StatusCode": 200, "Payload": io.BytesIO(b"{}")})
    call(tmp_path, fake, "lambda:invoke", {"FunctionName": "f", "Payload": payload})
    assert json.loads(fake.calls[0]["Payload"]) == event


def test_results_of_optimized_integrations_have_the_sdks_metadata(tmp_path: Path) -> None:
    """Fact 50."""
    started = {"executionArn": "e", "startDate": datetime(2026, 1, 1, tzinfo=UTC)}
    result = call(tmp_path, FakeService("stepfunctions", started), "states:startExecution", {"StateMachineArn": "m"})
    assert result["SdkResponseMetadata"] == {"RequestId": "r"}
    assert result["SdkHttpMetadata"] == {"HttpHeaders": {}, "HttpStatusCode": 200}


ONE_ARGUMENT = {"aws-sdk:s3:getObject": {"Bucket": "b", "Key": "k"}, "states:startExecution": {"StateMachineArn": "m"}}


@pytest.mark.parametrize(
    ("service", "resource", "code", "name"),
    [
        ("s3", "aws-sdk:s3:getObject", "NoSuchKey", "S3.NoSuchKeyException"),
        ("s3", "aws-sdk:s3:getObject", "NoSuchBucket", "S3.NoSuchBucketException"),
        ("s3", "aws-sdk:s3:getObject", "SlowDown", "S3.S3Exception"),
        ("dynamodb", "aws-sdk:dynamodb:getItem", "ResourceNotFoundException", "DynamoDb.ResourceNotFoundException"),
        ("dynamodb", "aws-sdk:dynamodb:getItem", "ValidationException", "DynamoDb.DynamoDbException"),
        ("dynamodb", "dynamodb:getItem", "ResourceNotFoundException", "DynamoDB.ResourceNotFoundException"),
        ("dynamodb", "dynamodb:getItem", "ValidationException", "DynamoDB.AmazonDynamoDBException"),
        ("sqs", "sqs:sendMessage", "MissingParameter", "SQS.AmazonSQSException"),
        ("sns", "sns:publish", "InvalidParameter", "SNS.InvalidParameterException"),
        (
            "stepfunctions",
            "states:startExecution",
            "StateMachineDoesNotExist",
            "StepFunctions.StateMachineDoesNotExistException",
        ),
        ("lambda", "lambda:invoke", "ResourceNotFoundException", "Lambda.ResourceNotFoundException"),
    ],
)
def test_an_error_has_the_name_of_its_integration(
    tmp_path: Path, service: str, resource: str, code: str, name: str
) -> None:
    """Facts 41 to 43: an AWS SDK integration and an optimized one name the same error otherwise."""
    arguments = {"FunctionName": "f"} if service == "lambda" else ONE_ARGUMENT.get(resource, {})
    with pytest.raises(StateFailure) as failed:
        call(tmp_path, FakeService(service, client_error(code, "Call")), resource, arguments)
    assert failed.value.error == name


def test_a_service_that_cannot_be_reached_is_an_sdk_client_exception(tmp_path: Path) -> None:
    """Fact 43."""
    unreachable = botocore.exceptions.EndpointConnectionError(endpoint_url="https://nowhere")
    for service, resource, name in (
        ("sqs", "sqs:sendMessage", "SQS.SdkClientException"),
        ("s3", "aws-sdk:s3:listBuckets", "S3.SdkClientException"),
    ):
        with pytest.raises(StateFailure) as failed:
            call(tmp_path, FakeService(service, unreachable), resource, {})
        assert failed.value.error == name


def test_a_null_argument_is_refused_by_the_service(tmp_path: Path) -> None:
    """Fact 44: boto3 would refuse it before it is sent."""
    refused = botocore.exceptions.ParamValidationError(report="MessageBody is None")
    with pytest.raises(StateFailure) as failed:
        call(tmp_path, FakeService("sqs", refused), "sqs:sendMessage", {"QueueUrl": "q", "MessageBody": None})
    assert failed.value.error == "SQS.AmazonSQSException"


def test_a_cause_names_the_service_and_the_request(tmp_path: Path) -> None:
    """Facts 41 and 42: the two versions of the AWS SDK for Java."""
    response: Any = {
        "Error": {"Code": "NoSuchKey", "Message": "gone"},
        "ResponseMetadata": {"HTTPStatusCode": 404, "RequestId": "r", "HostId": "h"},
    }
    error = botocore.exceptions.ClientError(response, "Call")
    with pytest.raises(StateFailure) as failed:
        call(tmp_path, FakeService("s3", error), "aws-sdk:s3:getObject", {"Bucket": "b", "Key": "k"})
    assert failed.value.cause == "gone (Service: S3, Status Code: 404, Request ID: r, Extended Request ID: h)"
    with pytest.raises(StateFailure) as failed:
        call(tmp_path, FakeService("lambda", error), "lambda:invoke", {"FunctionName": "f"})
    assert failed.value.cause == (
        "gone (Service: AWSLambda; Status Code: 404; Error Code: NoSuchKey; Request ID: r; Proxy: null)"
    )
