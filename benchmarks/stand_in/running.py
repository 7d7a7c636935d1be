"""A stand-in that runs: in this process (tests), or in one of its own (benchmarks)."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.cpus import stand_in_has_the_others

from .server import Connection, StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOST = "127.0.0.1"


@contextmanager
def in_thread(stand_in: StandIn) -> Iterator[str]:
    """The endpoint's URL, while the stand-in serves on a thread."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: Connection(stand_in), _HOST, 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{_HOST}:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def in_process(*, latency_seconds: float = 0.0) -> Iterator[str]:
    """The same, in a process of its own on CPUs of its own, that only counts the lines it is given to keep."""
    command = [sys.executable, "-m", "benchmarks.stand_in", "--latency-seconds", str(latency_seconds)]
    with subprocess.Popen(  # noqa: S603 # our own module
        command,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=stand_in_has_the_others,  # noqa: PLW1509 # no thread runs beside it here
    ) as process:
        try:
            assert process.stdout is not None  # noqa: S101 # a pipe was asked for
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
