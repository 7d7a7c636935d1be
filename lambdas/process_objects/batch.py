"""Processes a batch of objects on a bounded number of threads; what goes wrong with a key stays with that key."""

from __future__ import annotations

import json
from collections import deque
from threading import Thread
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from .batch_failure import raise_if_all_failed
from .body import ObjectBody, OutOfTime
from .inventory import AmbiguousKey, meant, quoted
from .outcome import (
    Failed,
    Item,
    Outcome,
    Succeeded,
    failed,
    fit,
    json_bytes,
    share_of_each,
    unsettled,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef

    Process = Callable[[str, ObjectBody, int], dict[str, Any]]

# An object whose reading breaks off is read again from the start, this often in all. (Requests that fail before the
# first byte are botocore's to retry.)
READS = 3
# Of the time the invocation has, what is kept for the keys under way and the response.
_RESERVED_SHARE, _RESERVED_AT_MOST_SECONDS = 0.1, 20.0

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_NAMES = {
    "403": "AccessDenied",
    "404": "ObjectNotFound",
    "412": "ObjectChanged",
    "503": "Throttled",
    "NoSuchKey": "ObjectNotFound",
    "NoSuchVersion": "ObjectNotFound",
    "PreconditionFailed": "ObjectChanged",
    "SlowDown": "Throttled",
    "ServiceUnavailable": "Throttled",
    "RequestLimitExceeded": "Throttled",
    "Throttling": "Throttled",
    "ThrottlingException": "Throttled",
    "InvalidObjectState": "ObjectArchived",
}


class Batch:
    """Reads objects of one bucket and gives them to `process`, `threads` at a time.

    `client` must hold as many connections as there are threads.
    """

    def __init__(self, *, client: S3Client, bucket: str, owner: str, process: Process, threads: int) -> None:
        self._client = client
        self._bucket = bucket
        self._owner = owner
        self._process = process
        self._threads = threads

    def run(self, items: list[Item], *, seconds_left: Callable[[], float]) -> list[Outcome]:
        """One outcome per item, in order; together they fit into a task's result.

        When the deadline is near, keys not begun are Pending and keys not finished have failed with OutOfTime.
        Raises BatchTooLarge before anything is processed, BatchFailed when every key failed.
        """
        share = share_of_each(items)
        reserved = min(_RESERVED_AT_MOST_SECONDS, seconds_left() * _RESERVED_SHARE)
        outcomes: list[Outcome] = [
            {
                "Key": item["Key"],
                "Outcome": "Pending",
                "Cause": "not begun: the function's deadline was near",
                **unsettled(item),
            }
            for item in items
        ]
        waiting = deque(enumerate(items))

        def work() -> None:
            while seconds_left() > reserved:
                try:
                    index, item = waiting.popleft()
                except IndexError:
                    return
                outcomes[index] = {
                    **failed(item["Key"], "OutOfTime", "the function's deadline came before its end"),
                    **unsettled(item),
                }
                outcomes[index] = self._outcome(item, out_of_time=lambda: seconds_left() < reserved / 2)

        workers = [Thread(target=work, daemon=True) for _ in range(min(self._threads, len(items)))]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(max(0.0, seconds_left() - reserved / 2))
        finished = [fit(outcome, share) for outcome in outcomes]
        raise_if_all_failed(finished)
        return finished

    def _outcome(self, item: Item, out_of_time: Callable[[], bool]) -> Outcome:
        still = unsettled(item)
        for _ in range(READS):
            try:
                if still and (key := meant(self._client, item, bucket=self._bucket, owner=self._owner)):
                    item, still = {**item, "Key": key}, {}
                outcome, broken = self._attempt(item, out_of_time)
            except ClientError as error:
                return {**_refused(item["Key"], error), **still}
            except BotoCoreError as error:
                return {**failed(item["Key"], "ReadFailed", f"{type(error).__name__}: {error}"), **still}
            except AmbiguousKey as error:
                return {**failed(item["Key"], "AmbiguousKey", str(error)), **still}
            if not broken:
                break
        return {**outcome, **still} if outcome["Outcome"] == "Failed" else outcome

    def _attempt(self, item: Item, out_of_time: Callable[[], bool]) -> tuple[Outcome, bool]:
        """The outcome, and whether the object's reading broke off."""
        key = item["Key"]
        etag = item.get("ETag") or item.get("Etag")
        request: GetObjectRequestTypeDef = {"Bucket": self._bucket, "Key": key, "ExpectedBucketOwner": self._owner}
        if etag:
            request["IfMatch"] = quoted(etag)
        answer = self._client.get_object(**request)
        size, stream = answer["ContentLength"], answer["Body"]
        body = ObjectBody(stream, out_of_time=out_of_time)
        try:
            if size == 0 and key.endswith("/"):
                return {"Key": key, "Outcome": "Succeeded", "Result": {}, "Note": "FolderMarker"}, False
            outcome = self._processed(key, body, size)
        finally:
            stream.close()
        if isinstance(body.failure, OutOfTime):
            return failed(key, "OutOfTime", str(body.failure)), False
        if body.failure:
            return failed(key, "ReadFailed", f"{type(body.failure).__name__}: {body.failure}"), True
        return outcome, False

    def _processed(self, key: str, body: ObjectBody, size: int) -> Succeeded | Failed:
        try:
            result = _plain(self._process(key, body, size))
        # The user's code may raise anything, SystemExit too: a thread that died of it would lose its keys.
        except BaseException as raised:
            return failed(key, "ProcessorFailed", f"{type(raised).__name__}: {raised}")
        outcome: Succeeded = {"Key": key, "Outcome": "Succeeded", "Result": result}
        if size == 0:
            outcome["Note"] = "EmptyObject"
        return outcome


def _plain(result: object) -> dict[str, Any]:
    """What `process` returned as the JSON it will be. Raises TypeError or ValueError where it can't be."""
    if not isinstance(result, dict):
        raise TypeError(f"process returned {type(result).__name__}, not a dict")
    json_bytes(result)
    plain: dict[str, Any] = json.loads(json.dumps(result))
    return plain


def _refused(key: str, error: ClientError) -> Failed:
    details = error.response.get("Error", {})
    code = str(details.get("Code", "Unknown"))
    cause = f"{code}: {details.get('Message', error)}"
    if code in {"403", "AccessDenied"}:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
        cause += " (S3 says so of a missing object too, to a role that may not list the bucket)"
    return failed(key, _NAMES.get(code, code), cause)
