"""The former way to add up a ledger: parse the outcome of each key, a line each, as ResultWriter flattened them."""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BETWEEN = re.compile(r"[\s,\[\]]*")


class OutcomeLines:
    """The keys by outcome, the failures by error, the skips by reason, and the lines of the keys to retry."""

    def __init__(self) -> None:
        self.ledger = {"succeeded": 0, "skipped": 0, "failed": 0, "pending": 0}
        self.failures: dict[str, int] = {}
        self.skips: dict[str, int] = {}
        self.retry: list[str] = []

    def read(self, chunks: Iterable[bytes]) -> None:
        """Add up the lines. Raises ValueError for one that is not an outcome."""
        for records in _records(chunks):
            for record in records:
                for key in self._add(record):
                    self.retry.append(json.dumps({"Key": key}))

    def _add(self, record: dict[str, Any]) -> Iterator[str]:
        match record:
            case {"Key": str(), "Outcome": "Succeeded"}:
                self.ledger["succeeded"] += 1
                return
            case {"Key": str(), "Outcome": "Skipped", "Reason": str(reason)}:
                self.ledger["skipped"] += 1
                self.skips[reason] = self.skips.get(reason, 0) + 1
                return
            case {"Key": str(), "Outcome": "Failed", "Error": str(error)}:
                self.ledger["failed"] += 1
                self.failures[error] = self.failures.get(error, 0) + 1
            case {"Key": str(), "Outcome": "Pending"}:
                self.ledger["pending"] += 1
            case _:
                raise ValueError(record)
        yield record["Key"]


def _records(chunks: Iterable[bytes]) -> Iterator[list[dict[str, Any]]]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest, offset = "", 0
    for chunk in chunks:
        text = rest + decoder.decode(chunk)
        records, end = _parse(text)
        offset += len(text[:end].encode())  # where another invocation continues
        rest = text[end:]
        yield records


def _parse(text: str) -> tuple[list[dict[str, Any]], int]:
    decode = json.JSONDecoder().raw_decode
    records: list[dict[str, Any]] = []
    end = _after_gap(text, 0)
    while end < len(text):
        try:
            record, stop = decode(text, end)
        except json.JSONDecodeError:
            break
        if not isinstance(record, dict):
            raise ValueError(record)  # noqa: TRY004 # as for any other line
        records.append(record)
        end = _after_gap(text, stop)
    return records, end


def _after_gap(text: str, position: int) -> int:
    gap = _BETWEEN.match(text, position)
    return gap.end() if gap else position
