"""The types of single values. Each refuses what AWS would refuse later, and says what to write instead.

A refusal is a sentence that follows the value: `"3333" is not an AWS account id: …`. Control characters are not refused
here: environments/group.py refuses them in every field.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from environments.control_characters import control_character
from environments.schedule_expression import schedule_expression
from modules.asl.quotas import KEY_MAX_BYTES
from modules.pipeline.workflow.select_fields import MOMENT

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545),
    *(731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

# The longest function timeout: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LAMBDA_MAX_TIMEOUT_SECONDS = 900

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html#API_PutRolePolicy_RequestParameters
_IAM_LAST_CHARACTER = 0xFF


def matching(pattern: str, refusal: str) -> AfterValidator:
    """A validator that takes a string if all of it matches `pattern`, and otherwise raises `refusal`."""
    compiled = re.compile(pattern)

    def validate(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(refusal)
        return value

    return AfterValidator(validate)


def _prefix(value: str) -> str:
    if not value:
        raise ValueError("is empty: for the whole bucket, remove it and leave the list itself empty")
    if value.startswith("/"):
        raise ValueError('starts with a slash, and keys do not: write it without, such as "2026/"')
    if re.search(r"[*?$]", value):
        raise ValueError("contains *, ? or $, which an IAM policy reads as a pattern: write a prefix without them")
    if len(value.encode()) > KEY_MAX_BYTES:
        raise ValueError(f"is longer than {KEY_MAX_BYTES:,} bytes, the length of the longest key: shorten it")
    too_high = (one for one in value if ord(one) > _IAM_LAST_CHARACTER and not control_character(one))
    if high := next(too_high, None):
        raise ValueError(f"contains {high}, and IAM takes no character above U+00FF in a policy: end it before that")
    return value


def _job_path(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError('is not a directory of this checkout: write a path relative to it, such as "jobs/<name>"')
    return value


def _checkout_path(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(
            'is not a file of this checkout: write a path relative to it, such as "jobs/<name>/policy.json"'
        )
    return value


def _literal_text(value: str) -> str:
    """Terraform normalizes the text of its JSON, and drops U+FEFF."""
    if unicodedata.normalize("NFC", value).replace("\ufeff", "") != value:
        raise ValueError("is not in Unicode's normal form NFC, and Terraform would change it: write it in NFC")
    return value


def _output_prefix(value: str) -> str:
    return _prefix(_literal_text(value)) if value else value


def _moment(value: str) -> str:
    if value.endswith("Z"):
        try:
            datetime.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"is not a time: {error}") from error
    return value


def _loopback_url(value: str) -> str:
    url = urlsplit(value)
    if url.scheme != "http" or url.hostname not in ("127.0.0.1", "localhost") or not url.port:
        raise ValueError("is not the address of a local cloud: write http://127.0.0.1:<port>")
    return value


def _log_retention(value: int) -> int:
    if value not in LOG_RETENTION_DAYS:
        days = ", ".join(map(str, LOG_RETENTION_DAYS))
        raise ValueError(f"is not a retention period of CloudWatch Logs: write one of {days}")
    return value


AccountId = Annotated[str, matching(r"[0-9]{12}", "is not an AWS account id: write its 12 digits, in quotes")]
Region = Annotated[
    str,
    matching(r"[a-z]{2}(-[a-z]+)+-[0-9]", 'is not an AWS Region: write its code, such as "eu-west-1"'),
    # Their partitions have names, hosts and consoles of their own, and nobody has checked ours against them.
    matching(
        r"(?![a-z]{2}-iso).*",
        "is a Region of a partition that mapspan doesn't know: write one of aws, aws-cn or aws-us-gov",
    ),
]
RoleArn = Annotated[
    str,
    matching(
        r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+",
        "is not the ARN of a role: write arn:aws:iam::<account id>:role/<name>",
    ),
]
PolicyArn = Annotated[
    str,
    matching(
        r"arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9_+=,.@/-]+",
        "is not the ARN of a managed policy: write arn:aws:iam::<account id>:policy/<name>",
    ),
]
RolePath = Annotated[
    str, matching(r"/([A-Za-z0-9_+=,.@-]+/)*", 'is not a path of IAM: begin and end it with a slash, such as "/data/"')
]
NamePrefix = Annotated[
    str,
    matching(
        r"[a-z][a-z0-9]*(-[a-z0-9]+)*",
        "cannot begin the name of a bucket: write lower-case letters, digits and single hyphens, starting with a"
        " letter",
    ),
]
SubnetId = Annotated[str, matching(r"subnet-[0-9a-f]{8,17}", 'is not the id of a subnet: write "subnet-<digits>"')]
SecurityGroupId = Annotated[
    str, matching(r"sg-[0-9a-f]{8,17}", 'is not the id of a security group: write "sg-<digits>"')
]
KeyArn = Annotated[
    str,
    matching(
        r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9_-]+",
        "is not the ARN of a KMS key: write arn:aws:kms:<region>:<account id>:key/<id>, not an alias",
    ),
]
TopicArn = Annotated[
    str,
    matching(
        r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}",
        "is not the ARN of a standard SNS topic: write arn:aws:sns:<region>:<account id>:<name>, not a FIFO topic",
    ),
]
# Secrets Manager ends an ARN with a hyphen and six characters; a name without them matches other secrets or none.
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html#iam-resources
SecretArn = Annotated[
    str,
    matching(
        r"arn:aws[a-z-]*:(secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}"
        r"|ssm:[a-z0-9-]+:[0-9]{12}:parameter/[A-Za-z0-9_./-]+)",
        "is not the whole ARN of a secret: write arn:aws:secretsmanager:<region>:<account id>:secret:<name>-<six"
        " characters>, or arn:aws:ssm:<region>:<account id>:parameter/<name>, without wildcards",
    ),
]
# With its digest: a tag can move to another image than the one that was reviewed.
ImageUri = Annotated[
    str,
    matching(
        r"[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[a-z0-9._/-]+(:[A-Za-z0-9._-]+)?@sha256:[0-9a-f]{64}",
        "is not an image in Amazon ECR with its digest: write"
        " <account id>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<64 digits>",
    ),
]
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
VariableName = Annotated[
    str,
    matching(
        r"[A-Za-z][A-Za-z0-9_]+",
        "is not the name of an environment variable: write a letter, then letters, digits and underscores",
    ),
]
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BucketName = Annotated[
    str,
    matching(
        r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "is not a bucket name: write 3 to 63 lower-case letters, digits, dots and hyphens, without s3://",
    ),
]
InventoryId = Annotated[
    str,
    matching(
        r"[A-Za-z0-9._-]{1,64}",
        "is not the id of an inventory configuration: write 1 to 64 letters, digits, dots, underscores and hyphens",
    ),
]
EmailAddress = Annotated[
    str,
    matching(r"[^@\s]+@[^@\s]+\.[^@\s.]+", 'is not an email address: write one such as "team@example.com"'),
]
Timezone = Annotated[
    str,
    matching(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}", 'is not a time zone: write its IANA name, such as "Europe/Berlin"'),
]
# A time, or an age at the start of a run.
Moment = Annotated[
    str,
    matching(
        MOMENT,
        'is neither a time nor an age: write one such as "2026-01-31T00:00:00Z", "30d" or "12h", in quotes',
    ),
    AfterValidator(_moment),
]
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
StorageClass = Literal[
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
    "OUTPOSTS",
    "SNOW",
    "EXPRESS_ONEZONE",
    "FSX_OPENZFS",
]
Prefix = Annotated[str, AfterValidator(_prefix)]
LiteralText = Annotated[str, AfterValidator(_literal_text)]
OutputPrefix = Annotated[str, AfterValidator(_output_prefix)]
JobPath = Annotated[str, AfterValidator(_job_path)]
CheckoutPath = Annotated[str, AfterValidator(_checkout_path)]
LoopbackUrl = Annotated[str, AfterValidator(_loopback_url)]
LogRetentionDays = Annotated[int, AfterValidator(_log_retention)]
ScheduleExpression = Annotated[str, AfterValidator(schedule_expression)]
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MemoryMb = Annotated[int, Field(ge=128, le=10_240)]
TimeoutSeconds = Annotated[int, Field(ge=1, le=LAMBDA_MAX_TIMEOUT_SECONDS)]
