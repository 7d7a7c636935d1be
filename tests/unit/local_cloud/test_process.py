"""Starting and ending the local cloud: on loopback alone, and leaving nothing behind."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local_cloud import process
from local_cloud.process import LocalCloud, LocalCloudError, start_detached, status, stop_detached
from tests.unit.local_cloud.deployment import Deployment

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="looks at processes and sockets through /proc"),
]


def processes(directory: Path) -> list[int]:
    """Those that were started from `directory`: their scratch folder is in it."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"TMPDIR={directory}".encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue  # ended meanwhile, or not ours
    return found


def listening(pids: list[int]) -> set[str]:
    """The local addresses, in /proc's hexadecimal, that the processes listen on."""
    inodes = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                inodes |= set(re.findall(r"socket:\[(\d+)\]", str(descriptor.readlink())))
            except OSError:
                continue  # closed meanwhile
    addresses = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            waits = fields[3] == "0A" or table.startswith("udp")
            if waits and fields[9] in inodes:
                addresses.add(fields[1].partition(":")[0])
    return addresses


def ended(directory: Path) -> bool:
    deadline = time.monotonic() + 5
    while processes(directory) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not processes(directory)


def warm(cloud: LocalCloud) -> None:
    """A Lambda worker, so that there is one to leave behind."""
    deployed = Deployment(cloud)
    deployed.create_function("def handler(event, context): return event")
    deployed.functions.invoke(FunctionName=deployed.name, Payload="{}")


def test_nothing_listens_on_anything_but_loopback_and_stop_ends_everything(tmp_path: Path) -> None:
    with LocalCloud.start(directory=tmp_path) as cloud:
        warm(cloud)
        for service in ("s3", "iam", "sts", "kms", "logs", "events", "stepfunctions", "sqs", "dynamodb"):
            cloud.client(service)
        pids = processes(tmp_path)
        assert len(pids) == 3
        assert listening(pids) == {"0100007F"}
    assert ended(tmp_path)
    assert not (tmp_path / "scratch").exists()


STARTER = """
import pathlib, sys
from local_cloud.process import LocalCloud
from tests.unit.local_cloud.test_process import warm
cloud = LocalCloud.start(directory=pathlib.Path(sys.argv[1]))
warm(cloud)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_however_its_starter_ends_no_process_is_left(tmp_path: Path, how: signal.Signals) -> None:
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
    assert ended(tmp_path)


def test_a_port_in_use_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with LocalCloud.start(directory=tmp_path / "first") as cloud:
        port = int(cloud.endpoint_url.rpartition(":")[2])
        with pytest.raises(LocalCloudError, match=f"Port {port} .* in use"):
            LocalCloud.start(port, directory=tmp_path / "second")


def test_a_process_that_does_not_come_up_is_reported_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_settings", lambda _, scratch: {"TMPDIR": str(scratch), "GATEWAY_PORT": "no number"})
    with pytest.raises(LocalCloudError, match=r"did not start: .*log: "):
        LocalCloud.start(directory=tmp_path)
    assert ended(tmp_path)


def test_a_kept_cloud_runs_on_is_found_again_and_is_stopped(tmp_path: Path) -> None:
    assert status(tmp_path) is None
    started = start_detached(tmp_path)
    try:
        assert status(tmp_path) == started
        assert start_detached(tmp_path) == started
        assert process.client("s3", "111111111111", started.endpoint_url).list_buckets()["Buckets"] == []
    finally:
        assert stop_detached(tmp_path)
    assert ended(tmp_path)
    assert status(tmp_path) is None
    assert not stop_detached(tmp_path)


def test_what_a_dead_cloud_left_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / process.RECORD).write_text(f'{{"endpoint_url": "http://127.0.0.1:1", "pid": {os.getpid()}}}')
    assert status(tmp_path) is None
    (tmp_path / process.RECORD).write_text("half a fil")
    assert status(tmp_path) is None
    assert not stop_detached(tmp_path)
    assert not (tmp_path / process.RECORD).exists()


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
    assert "fit MiniStack 1.5.33, and 9.9.9 is installed" in done.stderr
