"""What failed children of a Map Run said, gathered a few a look."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mapspan import aws_errors
from mapspan.progress import FailedKeys

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# DescribeExecution is sustained at 10 to 15 a second, for everyone in the account and Region.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_CHILDREN_A_LOOK = 5
_CHILDREN_IN_ALL = 200  # by then the causes are known
_EXAMPLE_LENGTH = 200
# As the process_objects function words it when every key of a batch failed.
_BATCH_FAILED = re.compile(r"(?:^all \d+ keys failed: |; )(\d+) x ([\w.]+), such as (.*?)(?=; \d+ x |\Z)", re.DOTALL)


class FailedChildren:
    """The failed keys of one Map Run's failed children, by error."""

    def __init__(self, client: SFNClient, map_run_arn: str) -> None:
        self._client = client
        self._map_run_arn = map_run_arn
        self._seen: set[str] = set()
        self._found: dict[str, FailedKeys] = {}
        self._refused = False

    def look(self, failed: int) -> tuple[FailedKeys, ...]:
        """Look at some of the `failed` children that were not looked at before; all that is known, most keys first."""
        if not self._refused and len(self._seen) < min(failed, _CHILDREN_IN_ALL):
            try:
                self._examine()
            except ClientError as error:
                if aws_errors.is_throttling(error) or aws_errors.is_lost_connection(error):
                    raise
                self._refused = True  # a watcher that may not see the children still sees the run
        return tuple(sorted(self._found.values(), key=lambda found: -found.keys))

    def _examine(self) -> None:
        listed = self._client.list_executions(mapRunArn=self._map_run_arn, statusFilter="FAILED", maxResults=100)
        fresh = [child for child in listed["executions"] if child["executionArn"] not in self._seen]
        for child in fresh[:_CHILDREN_A_LOOK]:
            described = self._client.describe_execution(executionArn=child["executionArn"])
            self._seen.add(child["executionArn"])
            error, cause = described.get("error") or "Unknown", described.get("cause") or ""
            for found in failed_keys(error, cause, child.get("itemCount", 0)):
                before = self._found.get(found.error)
                keys = found.keys + (before.keys if before else 0)
                self._found[found.error] = FailedKeys(error=found.error, keys=keys, example=found.example)


def failed_keys(error: str, cause: str, items: int) -> list[FailedKeys]:
    """A failed child's keys by their own errors, where its cause tells them; else all under the child's error."""
    words = cause
    try:
        body = json.loads(cause)
        words = str(body.get("errorMessage", cause))
    except (ValueError, AttributeError):
        pass  # not every cause is a function's error
    each = [
        FailedKeys(error=name, keys=int(keys), example=_short(example))
        for keys, name, example in _BATCH_FAILED.findall(words)
    ]
    return each or [FailedKeys(error=error, keys=items, example=_short(words))]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXAMPLE_LENGTH else line[: _EXAMPLE_LENGTH - 1] + "…"
