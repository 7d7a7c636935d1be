from functools import partial

import pytest

from tests.fixtures.step_functions import StartBench


@pytest.fixture
def paths(bench: StartBench) -> StartBench:
    """Creates a Bench whose states are in JSONPath, unless they name a language: `paths(states, answer=…, role=…)`"""
    return partial(bench, language="JSONPath")
