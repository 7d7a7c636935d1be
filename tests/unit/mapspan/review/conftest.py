"""One simulator for every test here, and each recorded plan's review made once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import pytest

from environments.files import load
from mapspan.review.iam.simulator import Simulator
from mapspan.review.review import Review, review
from tests.fixtures import recorded_plans as recorded
from tests.iam.running_simulator import running_simulator

Reviewed = Callable[[str], Review]


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with running_simulator() as simulator:
        yield simulator


@pytest.fixture(scope="session")
def reviewed(simulator: Simulator) -> Reviewed:
    """The review of a recorded plan."""

    @functools.cache
    def made(name: str) -> Review:
        return review(load("local"), recorded.plan(name), simulator=simulator)

    return made
