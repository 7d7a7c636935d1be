"""One simulator for every test here."""

from collections.abc import Iterator

import pytest

from mapspan.review.iam.simulator import Simulator
from tests.iam.running_simulator import running_simulator


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with running_simulator() as simulator:
        yield simulator
