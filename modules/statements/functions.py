"""What each of the pipeline's functions must be allowed, by need."""

from __future__ import annotations

from collections.abc import Sequence

from modules.statements import Statements
from modules.statements.source import list_statement, read_statement

KEY_LISTS = "key-lists"
MAP_RUNS = "map-runs"


def list_objects(*, source_bucket_arn: str, prefixes: Sequence[str], runs_bucket_arn: str) -> dict[str, Statements]:
    """List the source bucket; write a run's key list, after clearing what a killed attempt left of it."""
    return {
        "list-source-bucket": [list_statement(source_bucket_arn, prefixes)],
        "write-key-list": [
            {
                "Sid": "WriteKeyList",
                "Effect": "Allow",
                "Action": ["s3:PutObject", "s3:DeleteObject"],
                "Resource": f"{runs_bucket_arn}/{KEY_LISTS}/*/listed/*",  # any run's: its name is known when it starts
            },
            _find(runs_bucket_arn, KEY_LISTS, sid="FindLeftovers"),
        ],
    }


def process_objects(*, source_bucket_arn: str, prefixes: Sequence[str]) -> dict[str, Statements]:
    """Read the source account's objects."""
    return {"read-source-objects": [read_statement(source_bucket_arn, prefixes)]}


def summarize_run(*, runs_bucket_arn: str) -> dict[str, Statements]:
    """Read a Map Run's results and the key list it had; write the keys to retry, over what a killed attempt left."""
    return {
        "read-results": [
            {
                "Sid": "ReadResults",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"{runs_bucket_arn}/{MAP_RUNS}/*",  # any run's, see above
            }
        ],
        "count-key-list": [
            {
                "Sid": "ReadKeyLists",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"{runs_bucket_arn}/{KEY_LISTS}/*",  # any run's, see above
            },
            _find(runs_bucket_arn, KEY_LISTS, sid="FindKeyLists"),
        ],
        "write-retry-list": [
            {
                "Sid": "WriteRetryList",
                "Effect": "Allow",
                "Action": ["s3:PutObject", "s3:DeleteObject"],
                "Resource": f"{runs_bucket_arn}/{KEY_LISTS}/*/retry/*",  # any run's, see above
            }
        ],
    }


def logs_and_traces(*, log_group_arn: str) -> dict[str, Statements]:
    """What every function needs: its log streams, and X-Ray."""
    return {
        "write-logs": [
            {
                "Sid": "WriteLogs",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": f"{log_group_arn}:*",  # the group's streams, which Lambda names
            }
        ],
        "trace": [
            {
                "Sid": "Trace",
                "Effect": "Allow",
                "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
                "Resource": "*",  # X-Ray has no resource for a segment: docs.aws.amazon.com/service-authorization
            }
        ],
    }


def _find(bucket_arn: str, prefix: str, *, sid: str) -> dict[str, object]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": bucket_arn,
        "Condition": {"StringLike": {"s3:prefix": f"{prefix}/*"}},
    }
