"""Runs that have ended, with their files in an S3 in memory."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from mapspan.results.finished_run import FinishedRun, MapRun
from mapspan.results.run_results import ResultFiles, RunResults
from tests.unit.lambdas.fake_s3 import FakeS3

OWNER = "111111111111"
BUCKET = "runs"
_MACHINE = f"arn:aws:states:us-east-1:{OWNER}"
STARTED = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def map_run(**changes: Any) -> MapRun:
    given: dict[str, Any] = {
        "arn": f"{_MACHINE}:mapRun:mapspan-example/ProcessObjects:uuid",
        "started": STARTED + timedelta(seconds=60),
        "stopped": STARTED + timedelta(seconds=160),
        "max_concurrency": 10,
        "redrives": 0,
        "items": 0,
        "succeeded": 0,
        "children": 100,
        "failed_children": 0,
    }
    return MapRun(**given | changes)


def finished_run(**changes: Any) -> FinishedRun:
    given: dict[str, Any] = {
        "name": "night",
        "arn": f"{_MACHINE}:execution:mapspan-example:night",
        "status": "SUCCEEDED",
        "started": STARTED,
        "stopped": STARTED + timedelta(seconds=180),
        "run_input": {},
        "output": {},
        "error": None,
        "cause": None,
        "map_run": map_run(),
    }
    return FinishedRun(**given | changes)


def succeeded(key: str, size: int = 100) -> dict[str, Any]:
    return {"Key": key, "Outcome": "Succeeded", "Result": {"size": size}}


def failed(key: str, cause: str = "because", error: str = "ProcessorFailed") -> dict[str, Any]:
    return {"Key": key, "Outcome": "Failed", "Error": error, "Cause": cause}


def child(keys: list[str], **fields: Any) -> dict[str, Any]:
    return {"Input": json.dumps({"Items": [{"Key": key} for key in keys]}), **fields}


class RunsBucket:
    """The runs bucket, and what a run left in it."""

    def __init__(self) -> None:
        self.s3 = FakeS3(owner=OWNER)
        self._files: dict[str, list[dict[str, Any]]] = {}

    def list_keys(self, keys: list[str], prefix: str = "key-lists/night/listed/") -> None:
        """The keys, two to a part."""
        for number in range(0, len(keys), 2):
            body = "".join(json.dumps({"Key": key}) + "\n" for key in keys[number : number + 2])
            self.s3.objects[BUCKET, f"{prefix}part-000-{number:05}.jsonl"] = body.encode()

    def write(self, status: str, records: list[dict[str, Any]]) -> None:
        """A result file that the manifest names."""
        files = self._files.setdefault(status, [])
        key = f"map-runs/night/uuid/{status}_{len(files)}.jsonl"
        files.append({"Key": key})
        self.leave(key, records)
        manifest = json.dumps({"ResultFiles": self._files}).encode()
        self.s3.objects[BUCKET, "map-runs/night/uuid/manifest.json"] = manifest

    def leave(self, key: str, records: list[dict[str, Any]]) -> None:
        """A result file that no manifest names."""
        self.s3.objects[BUCKET, key] = "".join(json.dumps(each) + "\n" for each in records).encode()

    def read(self, run: FinishedRun) -> tuple[RunResults, list[str]]:
        """The results, and the keys to retry."""
        retried: list[str] = []
        results = ResultFiles(self.s3.client, run, bucket=BUCKET, owner=OWNER).read(
            lambda line: retried.append(line["Key"])
        )
        return results, retried
