"""Copies between accounts: what is copied, and the permission that each side must give."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.job import SourceObject
from lambdas.job.attempt import Attempt
from lambdas.job.bucket import Bucket, OutputBucket
from lambdas.job.failures import OutOfTime
from lambdas.job.reads import Reads
from local_cloud.process import REGION, SOURCE_ACCOUNT, TARGET_ACCOUNT, LocalCloud

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SOURCE, OUTPUT = "copied-from", "copied-to"
KEY = "a b/%41+ü.csv"
ROLE = f"arn:aws:iam::{TARGET_ACCOUNT}:role/copier"
READ = ["s3:GetObject", "s3:GetObjectTagging"]
WRITE = ["s3:PutObject", "s3:PutObjectTagging"]


def statement(actions: list[str], bucket: str, **fields: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": f"arn:aws:s3:::{bucket}/*", **fields}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Copier:
    """A role of the target account, an object of the source account, and what each side allows."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.source: S3Client = cloud.client("s3", SOURCE_ACCOUNT)
        self.output: S3Client = cloud.client("s3", TARGET_ACCOUNT)
        self._iam = cloud.client("iam", TARGET_ACCOUNT)
        trust = policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": TARGET_ACCOUNT}})
        self._iam.create_role(RoleName="copier", AssumeRolePolicyDocument=trust)
        self.allow_role(READ, WRITE)
        session = cloud.client("sts", TARGET_ACCOUNT).assume_role(RoleArn=ROLE, RoleSessionName="test")["Credentials"]
        self.s3: S3Client = boto3.client(
            "s3",
            endpoint_url=cloud.endpoint_url,
            region_name=REGION,
            aws_access_key_id=session["AccessKeyId"],
            aws_secret_access_key=session["SecretAccessKey"],
            aws_session_token=session["SessionToken"],
        )
        self.source.create_bucket(Bucket=SOURCE)
        self.output.create_bucket(Bucket=OUTPUT)
        self.allow_source(READ)
        self.put(b"bytes")

    def put(self, body: bytes, tagging: str = "") -> str:
        answer = self.source.put_object(
            Bucket=SOURCE, Key=KEY, Body=body, ContentType="text/csv", Metadata={"who": "owner"}, Tagging=tagging
        )
        return answer["ETag"]

    def allow_role(
        self, reads: list[str], writes: list[str], *, output: str = OUTPUT, find_uploads: bool = False
    ) -> None:
        find = statement(["s3:ListBucketMultipartUploads"], output, Resource=f"arn:aws:s3:::{output}")
        document = policy(statement(reads, SOURCE), statement(writes, output), *([find] if find_uploads else []))
        self._iam.put_role_policy(RoleName="copier", PolicyName="copy", PolicyDocument=document)

    def allow_source(self, reads: list[str]) -> None:
        document = policy(statement(reads, SOURCE, Principal={"AWS": ROLE}))
        self.source.put_bucket_policy(Bucket=SOURCE, Policy=document)

    def copy(self, **options: Any) -> Any:
        arguments = {
            "Bucket": OUTPUT,
            "ExpectedBucketOwner": TARGET_ACCOUNT,
            "ExpectedSourceBucketOwner": SOURCE_ACCOUNT,
            **options,
        }
        return self.s3.copy_object(Key=KEY, CopySource={"Bucket": SOURCE, "Key": KEY}, **arguments)

    def close(self) -> None:
        for client, bucket in ((self.source, SOURCE), (self.output, OUTPUT)):
            client.delete_object(Bucket=bucket, Key=KEY)
            client.delete_bucket(Bucket=bucket)
        self._iam.delete_role_policy(RoleName="copier", PolicyName="copy")
        self._iam.delete_role(RoleName="copier")


@pytest.fixture
def copier(local_cloud: LocalCloud) -> Iterator[Copier]:
    copier = Copier(local_cloud)
    yield copier
    copier.close()


def refused(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_copy_between_accounts_keeps_bytes_metadata_and_tags(copier: Copier) -> None:
    etag = copier.put(b"bytes", "team=a%20b")
    copier.copy(CopySourceIfMatch=etag)
    copied = copier.output.get_object(Bucket=OUTPUT, Key=KEY)
    assert (copied["Body"].read(), copied["ContentType"], copied["Metadata"]) == (
        b"bytes",
        "text/csv",
        {"who": "owner"},
    )
    tags = copier.output.get_object_tagging(Bucket=OUTPUT, Key=KEY)["TagSet"]
    assert tags == [{"Key": "team", "Value": "a b"}]
    names = [bucket["Name"] for bucket in copier.output.list_buckets()["Buckets"]]
    assert SOURCE not in names, "the source stays in its own account"


@pytest.mark.parametrize("side", ["role", "source"])
@pytest.mark.parametrize("action", READ)
def test_a_copy_of_a_tagged_object_needs_each_read_on_both_sides(copier: Copier, side: str, action: str) -> None:
    copier.put(b"bytes", "team=a")
    rest = [other for other in READ if other != action]
    if side == "role":
        copier.allow_role(rest, WRITE)
    else:
        copier.allow_source(rest)
    with pytest.raises(ClientError) as error:
        copier.copy()
    assert refused(error) == "AccessDenied"


@pytest.mark.parametrize("action", WRITE)
def test_a_copy_of_a_tagged_object_needs_each_write(copier: Copier, action: str) -> None:
    copier.put(b"bytes", "team=a")
    copier.allow_role(READ, [other for other in WRITE if other != action])
    with pytest.raises(ClientError) as error:
        copier.copy()
    assert refused(error) == "AccessDenied"


def test_a_copy_to_a_third_account_needs_each_write_in_its_bucket_policy(
    copier: Copier, local_cloud: LocalCloud
) -> None:
    copier.put(b"bytes", "team=a")
    theirs: S3Client = local_cloud.client("s3", "333333333333")
    theirs.create_bucket(Bucket="theirs")
    copier.allow_role(READ, WRITE, output="theirs")
    for allowed in (["s3:PutObject"], ["s3:PutObjectTagging"], WRITE):
        document = policy(statement(allowed, "theirs", Principal={"AWS": ROLE}))
        theirs.put_bucket_policy(Bucket="theirs", Policy=document)
        if allowed == WRITE:
            copier.copy(Bucket="theirs", ExpectedBucketOwner="333333333333")
        else:
            with pytest.raises(ClientError) as error:
                copier.copy(Bucket="theirs", ExpectedBucketOwner="333333333333")
            assert refused(error) == "AccessDenied"
    assert theirs.get_object(Bucket="theirs", Key=KEY)["Body"].read() == b"bytes"
    theirs.delete_object(Bucket="theirs", Key=KEY)
    theirs.delete_bucket(Bucket="theirs")


def test_a_copy_without_tags_needs_no_permission_for_tags(copier: Copier) -> None:
    copier.allow_role(["s3:GetObject"], ["s3:PutObject"])
    copier.allow_source(["s3:GetObject"])
    copier.copy()
    copier.put(b"bytes", "team=a")
    copier.copy(TaggingDirective="REPLACE")
    assert copier.output.get_object_tagging(Bucket=OUTPUT, Key=KEY)["TagSet"] == []


def test_a_copy_of_a_changed_object_or_of_another_owners_bucket_is_refused(copier: Copier) -> None:
    with pytest.raises(ClientError) as changed:
        copier.copy(CopySourceIfMatch='"another"')
    assert refused(changed) == "PreconditionFailed"
    with pytest.raises(ClientError) as other:
        copier.copy(ExpectedSourceBucketOwner=TARGET_ACCOUNT)
    assert refused(other) == "AccessDenied"


def test_a_copy_in_parts_is_found_again_and_finished(copier: Copier) -> None:
    """As a second try does it: it lists the open upload and its parts, and copies what is missing."""
    copier.allow_role(READ, [*WRITE, "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"])
    part = 5 * 1024 * 1024
    etag = copier.put(b"a" * part + b"b" * 10)
    place: Any = {"Bucket": OUTPUT, "Key": KEY, "ExpectedBucketOwner": TARGET_ACCOUNT}
    first = copier.s3.create_multipart_upload(**place, Metadata={"who": "owner"}, Tagging="team=a%20b")["UploadId"]
    given_up = copier.output.create_multipart_upload(**place)["UploadId"]
    copier.s3.abort_multipart_upload(**place, UploadId=given_up)
    for number, copied in enumerate([f"bytes=0-{part - 1}", f"bytes={part}-{part + 9}"], start=1):
        copier.s3.upload_part_copy(
            **place,
            UploadId=first,
            PartNumber=number,
            CopySource={"Bucket": SOURCE, "Key": KEY},
            CopySourceRange=copied,
            CopySourceIfMatch=etag,
            ExpectedSourceBucketOwner=SOURCE_ACCOUNT,
        )
    (upload,) = copier.output.list_multipart_uploads(Bucket=OUTPUT, Prefix=KEY)["Uploads"]
    assert (upload["Key"], upload["UploadId"]) == (KEY, first)
    parts: Any = copier.s3.list_parts(**place, UploadId=first)["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in parts] == [(1, part), (2, 10)]
    named: Any = {"Parts": [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]}
    copier.s3.complete_multipart_upload(**place, UploadId=first, MultipartUpload=named)
    copied_object = copier.output.get_object(Bucket=OUTPUT, Key=KEY)
    assert (copied_object["ContentLength"], copied_object["Metadata"]) == (part + 10, {"who": "owner"})
    assert copier.output.get_object_tagging(Bucket=OUTPUT, Key=KEY)["TagSet"] == [{"Key": "team", "Value": "a b"}]


def test_a_job_copies_in_parts_and_its_next_try_copies_the_rest(copier: Copier) -> None:
    """The job's own code over real HTTP, with the permissions that its settings give it."""
    part = 5 * 1024 * 1024
    content = b"".join(bytes([number]) * part for number in range(4))
    copier.put(content, "team=a%20b")
    copier.allow_role(READ, [*WRITE, "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"], find_uploads=True)
    requests: list[str] = []
    copier.s3.meta.events.register("before-call.s3", lambda model, **_: requests.append(model.name))

    def copy(out_of_time: Callable[[], bool]) -> None:
        attempt = Attempt(seconds_left=lambda: 60.0, out_of_time=out_of_time)
        reads = Reads({"Key": KEY}, source=Bucket(copier.s3, SOURCE, SOURCE_ACCOUNT), attempt=attempt)
        output = OutputBucket(
            copier.s3, OUTPUT, TARGET_ACCOUNT, copies_tags=True, largest_copy_bytes=part, part_bytes=part
        )
        try:
            SourceObject(reads, output=output).copy_to()
        finally:
            output.part_threads.shutdown()  # a part that was begun is finished by S3

    with pytest.raises(OutOfTime, match=r"[01] of [34] parts done") as unfinished:
        copy(lambda: "UploadPartCopy" in requests)
    assert requests.count("UploadPartCopy") == 1
    copy(lambda: False)
    assert requests.count("CreateMultipartUpload") == 1
    copied = copier.output.get_object(Bucket=OUTPUT, Key=KEY)
    assert f" of {requests.count('UploadPartCopy')} parts" in str(unfinished.value), "no part is copied twice"
    assert copied["Body"].read() == content
    assert (copied["ContentType"], copied["Metadata"]) == ("text/csv", {"who": "owner"})
    assert copier.output.get_object_tagging(Bucket=OUTPUT, Key=KEY)["TagSet"] == [{"Key": "team", "Value": "a b"}]
    assert "Uploads" not in copier.output.list_multipart_uploads(Bucket=OUTPUT)


@pytest.mark.parametrize("side", ["role", "source"])
def test_a_part_copy_needs_the_read_on_both_sides(copier: Copier, side: str) -> None:
    place: Any = {"Bucket": OUTPUT, "Key": KEY}
    upload = copier.s3.create_multipart_upload(**place)["UploadId"]
    if side == "role":
        copier.allow_role(["s3:GetObjectTagging"], WRITE)
    else:
        copier.allow_source(["s3:GetObjectTagging"])
    with pytest.raises(ClientError) as error:
        copier.s3.upload_part_copy(
            **place,
            UploadId=upload,
            PartNumber=1,
            CopySource={"Bucket": SOURCE, "Key": KEY},
            CopySourceRange="bytes=0-1",
        )
    assert refused(error) == "AccessDenied"
    copier.output.abort_multipart_upload(**place, UploadId=upload)


def test_a_part_that_is_not_the_last_must_have_five_megabytes(copier: Copier) -> None:
    place: Any = {"Bucket": OUTPUT, "Key": KEY}
    upload = copier.s3.create_multipart_upload(**place)["UploadId"]
    etags = [copier.s3.upload_part(**place, UploadId=upload, PartNumber=n, Body=b"x")["ETag"] for n in (1, 2)]
    named: Any = {"Parts": [{"PartNumber": n, "ETag": etag} for n, etag in enumerate(etags, start=1)]}
    with pytest.raises(ClientError) as error:
        copier.s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=named)
    assert refused(error) == "EntityTooSmall"
    copier.output.abort_multipart_upload(**place, UploadId=upload)


def test_an_upload_with_tags_needs_the_permission_to_write_them(copier: Copier) -> None:
    copier.allow_role(READ, ["s3:PutObject"])
    for call in (copier.s3.put_object, copier.s3.create_multipart_upload):
        with pytest.raises(ClientError) as error:
            call(Bucket=OUTPUT, Key=KEY, Tagging="team=a")
        assert refused(error) == "AccessDenied"
