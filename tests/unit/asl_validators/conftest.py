"""One process of validators for all tests of this directory."""

from collections.abc import Iterator

import pytest

from tests.asl_validators.validators import Validators


@pytest.fixture(scope="session")
def validators() -> Iterator[Validators]:
    with Validators() as running:
        yield running
