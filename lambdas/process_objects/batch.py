"""Processes a batch of objects on a limited number of threads. A key that fails doesn't affect the others."""

from __future__ import annotations

import json
from collections import deque
from threading import Thread
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from .batch_failure import raise_if_all_failed
from .body import ObjectBody, OutOfTime
from .inventory import AmbiguousKey, quoted, resolve_key
from .outcome import Failed, Outcome, Succeeded, failed, fit, inventory_fields, json_bytes, share_per_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef

    from lambdas.shared.child_input import Item

    Process = Callable[[str, ObjectBody, int], dict[str, Any]]

# How often an object is read in all: when a read breaks off, the object is read again from the start. (botocore retries
# requests that fail before the first byte.)
READS = 3
# The part of the invocation's time that is reserved for the keys being processed and for the response.
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
    """Reads objects of one bucket and passes them to `process`, `threads` at a time.

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

        Near the deadline, keys that were not started are Pending, and unfinished ones fail with OutOfTime.
        Raises BatchTooLarge before any key is processed, and BatchFailed if every key failed.
        """
        share = share_per_item(items)
        reserved = min(_RESERVED_AT_MOST_SECONDS, seconds_left() * _RESERVED_SHARE)
        outcomes: list[Outcome] = [
            {
                "Key": item["Key"],
                "Outcome": "Pending",
                "Cause": "not started: the function's deadline was near",
                **inventory_fields(item),
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
                    **failed(item["Key"], "OutOfTime", "not finished before the function's deadline"),
                    **inventory_fields(item),
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
        fields = inventory_fields(item)
        for _ in range(READS):
            try:
                if fields and (key := resolve_key(self._client, item, bucket=self._bucket, owner=self._owner)):
                    item, fields = {**item, "Key": key}, {}
                outcome, broken = self._attempt(item, out_of_time)
            except ClientError as error:
                return {**_refused(item["Key"], error), **fields}
            except BotoCoreError as error:
                return {**failed(item["Key"], "ReadFailed", f"{type(error).__name__}: {error}"), **fields}
            except AmbiguousKey as error:
                return {**failed(item["Key"], "AmbiguousKey", str(error)), **fields}
            if not broken:
                break
        return {**outcome, **fields} if outcome["Outcome"] == "Failed" else outcome

    def _attempt(self, item: Item, out_of_time: Callable[[], bool]) -> tuple[Outcome, bool]:
        """The outcome, and whether a read broke off."""
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
        # The user's code may raise anything, even SystemExit: if a thread ended on it, its keys would be lost.
        except BaseException as raised:
            return failed(key, "ProcessorFailed", f"{type(raised).__name__}: {raised}")
        outcome: Succeeded = {"Key": key, "Outcome": "Succeeded", "Result": result}
        if size == 0:
            outcome["Note"] = "EmptyObject"
        return outcome


def _plain(result: object) -> dict[str, Any]:
    """The processor's result as the JSON object it will be. Raises TypeError or ValueError if it can't be one."""
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
        cause += " (S3 also answers this if the object doesn't exist and the role may not list the bucket)"
    return failed(key, _NAMES.get(code, code), cause)
