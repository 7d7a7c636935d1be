"""The simulator of the tests that decide IAM: they need the engine, which `mapspan review` can do without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mapspan.review.iam.simulator import EngineMissingError, Simulator


@contextmanager
def running_simulator() -> Iterator[Simulator]:
    """A simulator, or a failed test that says how to install the engine."""
    try:
        simulator = Simulator().__enter__()
    except EngineMissingError as error:
        pytest.fail(f"the IAM tests need the engine @cloud-copilot/iam-simulate: {error}", pytrace=False)
    try:
        yield simulator
    finally:
        simulator.close()
