"""What every floor stands on."""

import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A shell that runs the suite in the background has it ignore SIGINT, and its children inherit that: the tests that
# send Ctrl-C to a command would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A red suite is the change's own doing: the same examples each time, until a test or what it tests changes.
settings.register_profile("reproducible", derandomize=True, deadline=None)
settings.load_profile("reproducible")


@pytest.fixture(autouse=True)
def runs_seen(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the names that commands remember, in place of the one in the user's cache directory."""
    file = tmp_path_factory.getbasetemp() / "runs-seen" / "runs.json"
    file.unlink(missing_ok=True)
    monkeypatch.setattr("mapspan.running.seen_runs.cache_file", lambda: file)
    return file
