"""Runs one lister or one reader of objects, ours or a peer's, in a separate process on one CPU."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from benchmarks.worker import keys_of
from tests.fixtures.stand_in.cpus import lister_has_one

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROOT = Path(__file__).parent.parent
_NODE = str(Path(sys.executable).parent / "node")


class Figures(TypedDict):
    """The figures that each of them reports. `peak_rss_mib`: peak memory."""

    keys: int
    seconds: float
    cpu_seconds: float
    peak_rss_mib: float


class LookBackFigures(Figures):
    """Of loading what the last run saw, and of deciding about as many objects, half of them new."""

    load_cpu_seconds: float
    stored_bytes: int


class OurFigures(Figures):
    """The figures that only our lister reports."""

    requests_per_thousand_keys: float


def ours(endpoint_url: str, bucket: str, *, threads: int, select: Mapping[str, object] | None = None) -> OurFigures:
    """List the whole bucket with the lister's real code, and keep what `select` selects."""
    where = ["--endpoint-url", endpoint_url, "--bucket", bucket, "--key-list-bucket", "runs"]
    how = ["--threads", str(threads), "--select", json.dumps(select or {}), "--json"]
    return cast("OurFigures", _run([sys.executable, "-m", "benchmarks.listing", *where, *how]))


def look_back(objects: int) -> LookBackFigures:
    """What an incremental listing costs beside the listing itself, with `objects` in its overlap."""
    return cast("LookBackFigures", _run([sys.executable, "-m", "benchmarks.look_back", str(objects)]))


def boto3_paginator(endpoint_url: str, bucket: str, *, keys: int) -> Figures:
    """List `keys` keys with boto3's paginator into a list."""
    return _run([sys.executable, "-m", "benchmarks.peers.boto3_paginator", endpoint_url, bucket, str(keys)])


def node_array(endpoint_url: str, bucket: str, *, keys: int) -> Figures:
    """List `keys` keys as the article does, in Node."""
    return _run([_NODE, "benchmarks/peers/node_array.mjs", endpoint_url, bucket, str(keys)])


def worker(endpoint_url: str, bucket: str, *, objects: int, threads: int) -> Figures:
    """Process `objects` objects with the worker's real code and the checksum job."""
    return _run([sys.executable, "-m", "benchmarks.worker", endpoint_url, bucket, str(objects), str(threads)])


def boto3_threads(endpoint_url: str, bucket: str, *, objects: int, threads: int) -> Figures:
    """The same checksums in a plain loop of boto3 on threads."""
    module = "benchmarks.peers.boto3_threads"
    return _run([sys.executable, "-m", module, endpoint_url, bucket, str(objects), str(threads)])


def node_reads(endpoint_url: str, bucket: str, *, objects: int, threads: int) -> Figures:
    """The same checksums in Node, `threads` requests at a time."""
    command = [_NODE, "benchmarks/peers/node_reads.mjs", endpoint_url, bucket, str(objects), str(threads)]
    return _run(command, stdin=json.dumps(keys_of(bucket, objects)))


def adding_up(way: str, *, keys: int, failed_percent: int) -> Figures:
    """Add up the ledger of a run: from the records of its batches, or from the outcomes of its keys as formerly."""
    return _run([sys.executable, "-m", "benchmarks.adding_up", way, str(keys), str(failed_percent)])


def _run(command: list[str], stdin: str = "") -> Figures:
    done = subprocess.run(  # noqa: S603 # our code
        command,
        cwd=_ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lister_has_one,  # this process has no other thread
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
    return cast("Figures", json.loads(done.stdout))
