"""Runs one lister, ours or a peer's, in a process of its own, on one CPU."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TypedDict, cast

from tests.fixtures.stand_in.cpus import lister_has_one

_ROOT = Path(__file__).parent.parent


class Figures(TypedDict):
    """What every lister tells of its run."""

    keys: int
    seconds: float
    cpu_seconds: float
    peak_rss_mib: float


class OurFigures(Figures):
    """And what ours tells besides."""

    requests_per_thousand_keys: float


def ours(endpoint_url: str, bucket: str, *, threads: int) -> OurFigures:
    """The lister's real code; lists the whole bucket."""
    where = ["--endpoint-url", endpoint_url, "--bucket", bucket, "--key-list-bucket", "runs"]
    return cast(
        "OurFigures",
        _run([sys.executable, "-m", "benchmarks.listing", *where, "--threads", str(threads), "--json"]),
    )


def boto3_paginator(endpoint_url: str, bucket: str, *, keys: int) -> Figures:
    """boto3's paginator into a list."""
    return _run([sys.executable, "-m", "benchmarks.peers.boto3_paginator", endpoint_url, bucket, str(keys)])


def node_array(endpoint_url: str, bucket: str, *, keys: int) -> Figures:
    """The article's way, in Node."""
    node = Path(sys.executable).parent / "node"
    return _run([str(node), "benchmarks/peers/node_array.mjs", endpoint_url, bucket, str(keys)])


def _run(command: list[str]) -> Figures:
    done = subprocess.run(  # noqa: S603 # our code
        command,
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lister_has_one,  # no thread runs beside it here
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
    return cast("Figures", json.loads(done.stdout))
