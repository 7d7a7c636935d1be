"""Measures the memory and the time that this process uses."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

MIB = 1024 * 1024


def peak_memory_mib() -> float:
    """This process's peak memory.

    Read from /proc if it exists: `getrusage` also counts the process as it was before its exec.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / MIB
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MIB


class Stopwatch:
    """Wall and CPU seconds (of all threads) since it was created."""

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._cpu = time.process_time()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._wall

    @property
    def cpu_seconds(self) -> float:
        return time.process_time() - self._cpu
