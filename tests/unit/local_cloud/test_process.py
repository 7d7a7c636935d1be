"""Starting and ending the local cloud: it listens on loopback only, and leaves no process behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local_cloud import process
from local_cloud.detached import RECORD, running_cloud, start_detached, stop_detached
from local_cloud.process import LocalCloud, LocalCloudError
from tests.unit.local_cloud.processes import LOOPBACK, all_ended, listening_addresses, processes, start_lambda_worker

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="looks at processes and sockets through /proc"),
]


def test_every_process_listens_on_loopback_only_and_stop_ends_them_all(tmp_path: Path) -> None:
    with LocalCloud.start(directory=tmp_path) as cloud:
        start_lambda_worker(cloud)
        for service in ("s3", "iam", "sts", "kms", "logs", "events", "stepfunctions", "sqs", "dynamodb"):
            cloud.client(service)
        pids = processes(tmp_path)
        assert len(pids) == 3
        assert listening_addresses(pids) == {LOOPBACK}
    assert all_ended(tmp_path)
    assert not (tmp_path / "scratch").exists()


STARTER = """
import pathlib, sys
from local_cloud.process import LocalCloud
from tests.unit.local_cloud.processes import start_lambda_worker
cloud = LocalCloud.start(directory=pathlib.Path(sys.argv[1]))
start_lambda_worker(cloud)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_its_starter_however_that_ends(tmp_path: Path, how: signal.Signals) -> None:
    with subprocess.Popen(  # noqa: S603 - this interpreter, the script above
        [sys.executable, "-c", STARTER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[3],
    ) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == b"ready\n"
        assert len(processes(tmp_path)) == 3
        starter.send_signal(how)
        starter.wait(10)
    assert all_ended(tmp_path)


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with LocalCloud.start(directory=tmp_path / "first") as cloud:
        port = int(cloud.endpoint_url.rpartition(":")[2])
        with pytest.raises(LocalCloudError, match=f"Port {port} .* in use: .*mapspan local start --port"):
            LocalCloud.start(port, directory=tmp_path / "second")


def test_a_process_that_does_not_start_is_reported_with_the_last_line_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_settings", lambda _, scratch: {"TMPDIR": str(scratch), "GATEWAY_PORT": "no number"})
    with pytest.raises(LocalCloudError, match=r"did not start: .*log: "):
        LocalCloud.start(directory=tmp_path)
    assert all_ended(tmp_path)


def test_a_detached_cloud_keeps_running_until_it_is_stopped(tmp_path: Path) -> None:
    assert running_cloud(tmp_path) is None
    started = start_detached(tmp_path)
    try:
        assert running_cloud(tmp_path) == started
        assert start_detached(tmp_path) == started
        assert process.client("s3", "111111111111", started.endpoint_url).list_buckets()["Buckets"] == []
    finally:
        assert stop_detached(tmp_path)
    assert all_ended(tmp_path)
    assert running_cloud(tmp_path) is None
    assert not stop_detached(tmp_path)


def test_the_record_of_a_dead_cloud_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text(f'{{"endpoint_url": "http://127.0.0.1:1", "pid": {os.getpid()}}}')
    assert running_cloud(tmp_path) is None
    (tmp_path / RECORD).write_text("half a fil")
    assert running_cloud(tmp_path) is None
    assert not stop_detached(tmp_path)
    assert not (tmp_path / RECORD).exists()


def test_another_version_of_ministack_is_refused(tmp_path: Path) -> None:
    script = (
        "import importlib.metadata, runpy\n"
        "importlib.metadata.version = lambda _: '9.9.9'\n"
        "runpy.run_module('local_cloud.ministack', run_name='__main__')\n"
    )
    done = subprocess.run(  # noqa: S603 - this interpreter, the script above
        [sys.executable, "-c", script],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 1
    assert "needs MiniStack 1.5.33, and 9.9.9 is installed: run `make setup`" in done.stderr
