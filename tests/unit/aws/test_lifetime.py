"""Asking AWS ends in time, and always with the cleanup."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.aws.lifetime import Cleanup, TimeLimitError, limited, uninterrupted


def interrupted(number: signal.Signals, deleted: list[str]) -> None:
    """Creates something, and gets a signal."""
    cleanup = Cleanup(lambda _: None)
    try:
        with limited(60):
            cleanup.later("a bucket", lambda: deleted.append("a bucket"))
            os.kill(os.getpid(), number)
            time.sleep(5)
    finally:
        cleanup.clean()


def test_ctrl_c_deletes_what_was_created() -> None:
    deleted: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(signal.SIGINT, deleted)
    assert deleted == ["a bucket"]


def test_sigterm_deletes_what_was_created_and_exits_with_143() -> None:
    deleted: list[str] = []
    with pytest.raises(SystemExit) as ended:
        interrupted(signal.SIGTERM, deleted)
    assert (ended.value.code, deleted) == (143, ["a bucket"])


def test_the_time_limit_ends_the_block() -> None:
    with pytest.raises(TimeLimitError, match="the limit of 0 minutes has passed"), limited(1):
        time.sleep(5)


def test_the_newest_is_deleted_first_and_an_error_stops_nothing() -> None:
    deleted, cleanup = list[str](), Cleanup(lambda _: None)

    def denied() -> None:
        raise PermissionError("AccessDenied")

    cleanup.later("a bucket", lambda: deleted.append("a bucket"))
    cleanup.later("a role", denied)
    cleanup.later("a machine", lambda: deleted.append("a machine"))
    cleanup.clean()
    assert deleted == ["a machine", "a bucket"]
    assert cleanup.left == ["a role: AccessDenied"]


def test_a_second_ctrl_c_does_not_stop_the_cleanup() -> None:
    deleted, cleanup = list[str](), Cleanup(lambda _: None)
    cleanup.later("a bucket", lambda: deleted.append("a bucket"))
    cleanup.later("a slow stack", lambda: os.kill(os.getpid(), signal.SIGINT))
    cleanup.clean()
    assert deleted == ["a bucket"]


def test_ctrl_c_waits_until_terraform_has_written_its_state() -> None:
    written: list[str] = []

    def apply() -> None:
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            written.append("terraform.tfstate")

    with pytest.raises(KeyboardInterrupt):
        apply()
    assert written
