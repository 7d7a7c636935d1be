"""What each of the pipeline's functions must be allowed, by need."""

from __future__ import annotations

from collections.abc import Sequence

from modules.statements import Statements
from modules.statements.keys import DECRYPT, ENCRYPT, key_statement
from modules.statements.source import decrypt_statement, list_statement, read_statement

KEY_LISTS = "key-lists"
MAP_RUNS = "map-runs"


def list_objects(
    *, source_bucket_arn: str, prefixes: Sequence[str], runs_bucket_arn: str, runs_key_arn: str | None = None
) -> dict[str, Statements]:
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
        **_runs_key(ENCRYPT, runs_bucket_arn, runs_key_arn),
    }


def process_objects(
    *, source_bucket_arn: str, prefixes: Sequence[str], source_key_arn: str | None = None
) -> dict[str, Statements]:
    """Read the source account's objects, through the key they are encrypted with where that is a customer's."""
    needs: dict[str, Statements] = {"read-source-objects": [read_statement(source_bucket_arn, prefixes)]}
    if source_key_arn is not None:
        needs["use-source-key"] = [
            decrypt_statement(key_arn=source_key_arn, bucket_arn=source_bucket_arn, prefixes=prefixes)
        ]
    return needs


def summarize_run(*, runs_bucket_arn: str, runs_key_arn: str | None = None) -> dict[str, Statements]:
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
        **_runs_key((*DECRYPT, *ENCRYPT), runs_bucket_arn, runs_key_arn),
    }


def merge_statements(*, bucket_arn: str) -> dict[str, Statements]:
    """Change the policy of one bucket."""
    return {
        "change-bucket-policy": [
            {
                "Sid": "ChangeBucketPolicy",
                "Effect": "Allow",
                "Action": ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
                "Resource": bucket_arn,
            }
        ]
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


def _runs_key(actions: Sequence[str], runs_bucket_arn: str, key_arn: str | None) -> dict[str, Statements]:
    """The use of the runs bucket's key, where it has one."""
    if key_arn is None:
        return {}
    return {
        "use-runs-key": [key_statement(sid="UseRunsKey", actions=actions, key_arn=key_arn, bucket_arn=runs_bucket_arn)]
    }


def _find(bucket_arn: str, prefix: str, *, sid: str) -> dict[str, object]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": bucket_arn,
        "Condition": {"StringLike": {"s3:prefix": f"{prefix}/*"}},
    }
