"""The key list to retry: failed and pending keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lambdas.shared.leftovers import delete_leftovers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

    from lambdas.shared.retry_line import RetryLine

KEYS_PER_PART = 100_000


class RetryList:
    """Writes keys as parts `<prefix>part-<invocation>-<n>.jsonl`, as the listing does."""

    def __init__(self, client: S3Client, *, bucket: str, owner: str, prefix: str, invocation: int) -> None:
        self._client = client
        self._bucket = bucket
        self._owner = owner
        self._prefix = prefix
        self._invocation = invocation
        self._lines: list[str] = []
        self._parts = 0
        self.keys = 0

    def delete_leftovers(self) -> None:
        """Delete the parts of a killed attempt of this invocation; in the first invocation, all parts.

        There may be some, because an execution name can be used again after 90 days. Raises LeftoversNotDeleted.
        """
        prefix = f"{self._prefix}part-{self._invocation:03d}-" if self._invocation else self._prefix
        for keys in list_keys(self._client, bucket=self._bucket, owner=self._owner, prefix=prefix):
            delete_leftovers(self._client, bucket=self._bucket, owner=self._owner, keys=keys)

    def add(self, line: RetryLine) -> None:
        self._lines.append(json.dumps(line))
        self.keys += 1
        if len(self._lines) >= KEYS_PER_PART:
            self.flush()

    def flush(self) -> None:
        """Write the lines added since the last part as a part."""
        if not self._lines:
            return
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{self._prefix}part-{self._invocation:03d}-{self._parts:05d}.jsonl",
            Body="".join(f"{line}\n" for line in self._lines).encode("ascii"),
            ContentType="application/jsonl",
            ExpectedBucketOwner=self._owner,
        )
        self._lines = []
        self._parts += 1


def list_keys(client: S3Client, *, bucket: str, owner: str, prefix: str) -> Iterator[list[str]]:
    """The keys below `prefix` in order, one page at a time, without empty pages."""
    paginator = client.get_paginator("list_objects_v2")
    for page in paginator.paginate(Bucket=bucket, Prefix=prefix, ExpectedBucketOwner=owner):
        if objects := page.get("Contents"):
            yield [entry["Key"] for entry in objects]
