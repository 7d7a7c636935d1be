"""One simulator for every test here."""

from collections.abc import Iterator

import pytest

from mapspan.review.simulator import Simulator


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running
