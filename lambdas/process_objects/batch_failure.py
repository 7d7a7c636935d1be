"""The failure of a whole batch: the text that the worker raises, and how a reader gets it back.

Step Functions keeps an error's name and one text, its cause. Ours is JSON, so that nothing in a key or in an error
message can pass for another count.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn, TypedDict

from .outcome import json_bytes

if TYPE_CHECKING:
    from lambdas.shared.batch_record import Example, KeysOfError

    from .failure_counts import FailureCounts

_MOST_ERRORS = 5
# Step Functions cuts a cause at 32,768 characters, and Lambda's error is JSON around ours: each escape doubles.
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
_LONGEST_TEXT_BYTES = 14 * 1024


class BatchFailure(TypedDict):
    """`Summary` is for a person. `Errors`: at most five, the most frequent first; the rest is left out."""

    Summary: str
    Errors: list[KeysOfError]


class BatchFailed(Exception):  # noqa: N818 # named as Step Functions shows it
    """Every key of the batch failed. The cause is probably not in the keys, so the child execution fails."""


def raise_batch_failed(failures: FailureCounts) -> NoReturn:
    """Raise BatchFailed, with a BatchFailure as its text."""
    raise BatchFailed(_text(failures.by_keys()))


def read_batch_failure(error: str, cause: str) -> BatchFailure | None:
    """The batch failure in a child execution's error and cause; None for any other failure.

    Lambda wraps the text: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    """
    if error != BatchFailed.__name__:
        return None
    try:
        failure = json.loads(json.loads(cause)["errorMessage"])
        return {"Summary": str(failure["Summary"]), "Errors": [_read(entry) for entry in failure["Errors"]]}
    except (ValueError, KeyError, TypeError):
        return None


def _text(errors: list[KeysOfError]) -> str:
    keys, named = sum(entry["Keys"] for entry in errors), errors[:_MOST_ERRORS]
    batch_failure: BatchFailure = {
        "Summary": f"all {keys} keys failed: " + ", ".join(f"{entry['Keys']} with {entry['Error']}" for entry in named),
        "Errors": named,
    }
    # Only keys that are long and full of control characters come this far.
    while json_bytes(batch_failure) > _LONGEST_TEXT_BYTES:
        batch_failure["Errors"].pop()
    return json.dumps(batch_failure, ensure_ascii=False)


def _read(entry: Any) -> KeysOfError:
    example: Example = {"Key": str(entry["Example"]["Key"]), "Cause": str(entry["Example"]["Cause"])}
    return {"Error": str(entry["Error"]), "Keys": int(entry["Keys"]), "Example": example}
