"""One simulator for every test here."""

from collections.abc import Iterator

import pytest

from mapspan.review.iam.simulator import Simulator


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running
