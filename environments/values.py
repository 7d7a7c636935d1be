"""The values that a setting takes: each refuses what AWS would refuse later, with what to write instead."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from environments.schedule_expression import schedule_expression

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545),
    *(731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

# Function timeouts: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LAMBDA_MAX_TIMEOUT_SECONDS = 900
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def _account_id(value: str) -> str:
    if not re.fullmatch(r"\d{12}", value):
        raise ValueError("is not an AWS account id: write its 12 digits, in quotes")
    return value


def _region(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", value):
        raise ValueError('is not an AWS Region: write its code, such as "eu-west-1"')
    return value


def _role_arn(value: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+", value):
        raise ValueError("is not a role's ARN: write arn:aws:iam::<account id>:role/<name>")
    return value


def _key_arn(value: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+", value):
        raise ValueError("is not a key's ARN: write arn:aws:kms:<region>:<account id>:key/<id>, no alias")
    return value


def _bucket_name(value: str) -> str:
    if not BUCKET_NAME.fullmatch(value):
        raise ValueError("is not a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens, no s3://")
    return value


def _prefix(value: str) -> str:
    if not value:
        raise ValueError("is empty: leave the list itself empty to allow the whole bucket")
    if value.startswith("/"):
        raise ValueError("begins with a slash, as no key of a folder does: take the slash away")
    if re.search(r"[*?$]", value):
        raise ValueError("holds *, ? or $, which an IAM policy would read as a pattern: write a plain prefix")
    if len(value.encode()) > 1024:
        raise ValueError("is longer than the 1,024 bytes of the longest key")
    return value


def _loopback_url(value: str) -> str:
    url = urlsplit(value)
    if url.scheme != "http" or url.hostname not in ("127.0.0.1", "localhost") or not url.port:
        raise ValueError("is not a local cloud's address: write http://127.0.0.1:<port>")
    return value


def _log_retention(value: int) -> int:
    if value not in LOG_RETENTION_DAYS:
        raise ValueError(f"is not a retention CloudWatch Logs offers: one of {', '.join(map(str, LOG_RETENTION_DAYS))}")
    return value


def _topic_arn(value: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}", value):
        raise ValueError("is not a topic's ARN: write arn:aws:sns:<region>:<account id>:<name>, no FIFO topic")
    return value


def _email(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", value):
        raise ValueError("is not an email address")
    return value


def _timezone(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}", value):
        raise ValueError('is not a time zone: write its IANA name, such as "Europe/Berlin"')
    return value


AccountId = Annotated[str, AfterValidator(_account_id)]
Region = Annotated[str, AfterValidator(_region)]
RoleArn = Annotated[str, AfterValidator(_role_arn)]
KeyArn = Annotated[str, AfterValidator(_key_arn)]
BucketName = Annotated[str, AfterValidator(_bucket_name)]
Prefix = Annotated[str, AfterValidator(_prefix)]
LoopbackUrl = Annotated[str, AfterValidator(_loopback_url)]
LogRetentionDays = Annotated[int, AfterValidator(_log_retention)]
TopicArn = Annotated[str, AfterValidator(_topic_arn)]
EmailAddress = Annotated[str, AfterValidator(_email)]
Timezone = Annotated[str, AfterValidator(_timezone)]
ScheduleExpression = Annotated[str, AfterValidator(schedule_expression)]
MemoryMb = Annotated[int, Field(ge=128, le=10_240)]
TimeoutSeconds = Annotated[int, Field(ge=1, le=LAMBDA_MAX_TIMEOUT_SECONDS)]
