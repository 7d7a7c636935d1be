"""Refuses settings whose bucket policy S3 would refuse during the apply, by file and field."""

from __future__ import annotations

import json

from environments.environment import Environment
from environments.files import SettingsError, file_of
from modules.statements import Statements, policy_document

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
BUCKET_POLICY_BYTES = 20 * 1024


def check_bucket_policy(environment: Environment, statements: Statements) -> None:
    """`statements`: ours for the source bucket's policy, with the ARNs of the roles.

    Raises:
        SettingsError: S3 doesn't take a policy of that size.
    """
    size = len(json.dumps(policy_document(statements), ensure_ascii=False, separators=(",", ":")).encode())
    if size > BUCKET_POLICY_BYTES:
        raise SettingsError(
            f"{file_of(environment.name)}: source.prefixes: the source bucket's policy would have {size:,} bytes, and"
            f" S3 takes {BUCKET_POLICY_BYTES:,}: write fewer or shorter prefixes"
        )
