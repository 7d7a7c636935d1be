"""The permissions that a job's settings add to those of its function, by need, and the other account's side of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modules.bucket_reference import BucketReference
from modules.statements import Statements
from modules.statements.keys import DECRYPT, ENCRYPT, key_statement
from modules.statements.source import over_tls, read_tags_statement

# The needs whose statements come from the user's own settings: a review shows each of them first.
JOB_POLICY, READ_SECRETS = "job-policy", "read-secrets"
# A multipart upload is created and completed by s3:PutObject too:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
WRITES = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
TAG = "s3:PutObjectTagging"


def write_output(output: BucketReference, *, tags: bool) -> dict[str, Statements]:
    """Write objects below the output's prefix, and find the uploads that an earlier try left open.

    Args:
        tags: whether the objects may get tags.
    """
    needs: dict[str, Statements] = {"write-output": _write_statements(output, tags=tags)}
    if output.key_arn is not None:
        needs["use-output-key"] = [_key_statement(output, output.key_arn)]
    return needs


def read_tags(objects: BucketReference) -> dict[str, Statements]:
    """Read the tags of the source objects."""
    return {"read-tags": [read_tags_statement(objects.arn, objects.prefixes)]}


def read_secrets(arns: Sequence[str]) -> dict[str, Statements]:
    """Read these secrets of Secrets Manager and parameters of SSM, each by its ARN."""
    statements = [
        {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resources}
        for sid, action, service in (
            ("ReadSecrets", "secretsmanager:GetSecretValue", "secretsmanager"),
            ("ReadParameters", "ssm:GetParameter", "ssm"),
        )
        if (resources := [arn for arn in arns if arn.split(":")[2] == service])
    ]
    return {READ_SECRETS: statements} if statements else {}


def output_policy_statements(
    output: BucketReference, *, writer_principal: str, sid_prefix: str, tags: bool
) -> Statements:
    """What the policy of another account's output bucket must allow: the writer to write below the output's prefix."""
    return [
        {"Principal": {"AWS": writer_principal}, **over_tls(statement), "Sid": f"{sid_prefix}{statement['Sid']}"}
        for statement in _write_statements(output, tags=tags)
    ]


def output_key_policy_statement(
    output: BucketReference, *, key_arn: str, writer_principal: str, sid_prefix: str
) -> Mapping[str, object]:
    """What the policy of that bucket's KMS key must allow: the writer to encrypt objects and join parts."""
    statement = _key_statement(output, key_arn)
    for_key_policy = {"Sid": f"{sid_prefix}{statement['Sid']}", "Resource": "*"}  # in a key's policy, the key itself
    return {"Principal": {"AWS": writer_principal}, **statement, **for_key_policy}


def _write_statements(output: BucketReference, *, tags: bool) -> Statements:
    """The conditions of each action: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html."""
    return [
        {
            "Sid": "WriteOutput",
            "Effect": "Allow",
            "Action": [*WRITES, *([TAG] if tags else [])],
            "Resource": [f"{output.arn}/{prefix}*" for prefix in output.prefixes or [""]],
        },
        {
            "Sid": "FindUploads",
            "Effect": "Allow",
            "Action": "s3:ListBucketMultipartUploads",
            "Resource": output.arn,  # S3 has no condition on the prefix for it, see above
        },
    ]


def _key_statement(output: BucketReference, key_arn: str) -> dict[str, object]:
    """Encrypt what is written, and decrypt the parts of an upload to join them.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
    """
    return key_statement(
        sid="UseOutputKey",
        actions=(*DECRYPT, *ENCRYPT),
        key_arn=key_arn,
        bucket_arn=output.arn,
        prefixes=output.prefixes,
    )
