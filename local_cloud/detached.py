"""A local cloud that outlives the command that starts it: a keeper process holds it until it is stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from local_cloud.process import START_SECONDS, LocalCloud, LocalCloudError, answers, last_line

RECORD = "local-cloud.json"


@dataclass(frozen=True)
class DetachedCloud:
    """Its endpoint, and the process id of its keeper."""

    endpoint_url: str
    pid: int


def start_detached(directory: Path, port: int | None = None) -> DetachedCloud:
    """The local cloud that runs from `directory`, started if there is none.

    Raises LocalCloudError if it doesn't start.
    """
    if running := running_cloud(directory):
        return running
    directory.mkdir(parents=True, exist_ok=True)
    (directory / RECORD).unlink(missing_ok=True)
    log_path = directory / "local-cloud.log"
    with log_path.open("wb") as log:
        keeper = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
            [sys.executable, "-m", "local_cloud.detached", str(directory.resolve()), str(port or 0)],
            cwd=Path(__file__).resolve().parents[1],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and keeper.poll() is None:
        if running := running_cloud(directory):
            return running
        time.sleep(0.05)
    keeper.kill()
    raise LocalCloudError(f"The local cloud did not start: {last_line(log_path)} (log: {log_path})")


def running_cloud(directory: Path) -> DetachedCloud | None:
    """The local cloud that runs from `directory`, or None. The record of a dead one counts as none."""
    try:
        cloud = DetachedCloud(**json.loads((directory / RECORD).read_text()))
        os.kill(cloud.pid, 0)
    except (OSError, ValueError, TypeError):
        return None
    return cloud if answers(int(cloud.endpoint_url.rpartition(":")[2])) else None


def stop_detached(directory: Path) -> bool:
    """Stops the local cloud that runs from `directory` and waits until it has ended. False if none runs."""
    running = running_cloud(directory)
    if running:
        os.kill(running.pid, signal.SIGTERM)
        deadline = time.monotonic() + START_SECONDS
        while running_cloud(directory) and time.monotonic() < deadline:
            time.sleep(0.02)
    (directory / RECORD).unlink(missing_ok=True)
    return running is not None


def _keep(directory: Path, port: int | None) -> None:
    """Holds a local cloud until SIGTERM or SIGINT."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with LocalCloud.start(port, directory=directory) as cloud:
            unfinished = directory / f"{RECORD}.new"
            unfinished.write_text(json.dumps(asdict(DetachedCloud(cloud.endpoint_url, os.getpid()))))
            unfinished.replace(directory / RECORD)
            cloud.wait()
    except LocalCloudError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), int(sys.argv[2]) or None)
