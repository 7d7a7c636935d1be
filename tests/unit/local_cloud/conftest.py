import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cloud.process import LocalCloud
from tests.fixtures.step_functions import Bench, StartBench


@pytest.fixture
def bench(tmp_path: Path) -> StartBench:
    """Creates a Bench: `bench(states, answer=…, role=…)`"""

    def start(states: dict[str, Any], **fakes: Any) -> Bench:
        return Bench(tmp_path, states, **fakes)

    return start


@pytest.fixture(scope="session")
def local_cloud() -> Iterator[LocalCloud]:
    directory = Path(tempfile.mkdtemp(prefix="local-cloud-"))
    try:
        with LocalCloud.start(directory=directory) as cloud:
            yield cloud
    finally:
        shutil.rmtree(directory, ignore_errors=True)
