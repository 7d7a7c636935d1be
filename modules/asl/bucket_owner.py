"""The owner that a definition expects of a bucket, as a condition of the permissions on it.

S3 refuses a call whose ExpectedBucketOwner is wrong; with the condition, the role can't make it either.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from modules.asl.grant import Grant

_ACCOUNT_ID = re.compile(r"\d{12}")


def in_owners_account(grants: Iterable[Grant], owner: object, bucket_arns: Iterable[str]) -> Iterator[Grant]:
    """The grants, those of S3 on one of these buckets limited to the owner's account.

    An owner that only the run knows limits nothing.
    """
    if not isinstance(owner, str) or not _ACCOUNT_ID.fullmatch(owner):
        yield from grants
        return
    arns = list(bucket_arns)
    for grant in grants:
        if all(any(resource == arn or resource.startswith(f"{arn}/") for arn in arns) for resource in grant.resources):
            condition = grant.condition or {}
            equal = {**condition.get("StringEquals", {}), "aws:ResourceAccount": owner}
            yield replace(grant, condition={**condition, "StringEquals": equal})
        else:
            yield grant
