"""The server in front of MiniStack, asked as clients on the wire ask it."""

import http.client
import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
import botocore.exceptions
import pytest

from local_cloud.process import LocalCloud
from tests.unit.local_cloud.deployment import Deployment, trust

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def s3(local_cloud: LocalCloud) -> "S3Client":
    client: S3Client = local_cloud.client("s3")
    return client


def connect(cloud: LocalCloud) -> http.client.HTTPConnection:
    url = urlsplit(cloud.endpoint_url)
    assert url.hostname
    return http.client.HTTPConnection(url.hostname, url.port, timeout=20)


def test_one_connection_serves_one_request_after_another(local_cloud: LocalCloud) -> None:
    connection = connect(local_cloud)
    for _ in range(3):
        connection.request("GET", "/_ministack/health")
        used = connection.sock
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        assert connection.sock is used is not None
        assert len(answer.headers.get_all("date", [])) == 1
        assert "server" not in answer.headers
    connection.close()


def test_an_object_that_is_not_modified_is_answered_without_its_bytes(s3: "S3Client") -> None:
    s3.create_bucket(Bucket="not-modified")
    etag = s3.put_object(Bucket="not-modified", Key="key", Body=b"bytes")["ETag"]
    with pytest.raises(botocore.exceptions.ClientError, match="304"):
        s3.get_object(Bucket="not-modified", Key="key", IfNoneMatch=etag)
    assert s3.head_object(Bucket="not-modified", Key="key")["ContentLength"] == 5
    assert s3.get_object(Bucket="not-modified", Key="key", Range="bytes=1-2")["Body"].read() == b"yt"


def test_a_body_above_the_servers_buffer_arrives_whole(s3: "S3Client") -> None:
    body = bytes(range(256)) * 8192
    s3.create_bucket(Bucket="large-body")
    s3.put_object(Bucket="large-body", Key="key", Body=body)
    assert s3.get_object(Bucket="large-body", Key="key")["Body"].read() == body


def test_a_caller_cannot_choose_its_address(local_cloud: LocalCloud) -> None:
    deployment = Deployment(local_cloud)
    role, bucket = deployment.name, f"{deployment.name}-addresses"
    deployment.s3.create_bucket(Bucket=bucket)
    local_cloud.client("iam").create_role(
        RoleName=role,
        AssumeRolePolicyDocument=trust("lambda.amazonaws.com").replace(
            '"Service": "lambda.amazonaws.com"', '"AWS": "*"'
        ),
    )
    grant = {
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{bucket}",
        "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.7"}},
    }
    credentials = local_cloud.client("sts").assume_role(RoleArn=deployment.role_arn(role), RoleSessionName="addresses")[
        "Credentials"
    ]
    client = _client(local_cloud, credentials)

    def forward(params: dict[str, dict[str, str]], **_: object) -> None:
        params["headers"]["X-Forwarded-For"] = "203.0.113.7"

    client.meta.events.register("before-call.s3.ListObjectsV2", forward)
    put = local_cloud.client("iam").put_role_policy
    put(RoleName=role, PolicyName="list", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [grant]}))
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        client.list_objects_v2(Bucket=bucket)
    # A policy of the same name with another text counts from the next request on.
    grant["Condition"] = {"IpAddress": {"aws:SourceIp": "127.0.0.1"}}
    put(RoleName=role, PolicyName="list", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [grant]}))
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def _client(cloud: LocalCloud, credentials: dict[str, str]) -> "S3Client":
    return boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=cloud.endpoint_url,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
