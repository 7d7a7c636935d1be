"""Starts and stops the local cloud: MiniStack and Step Functions, each a process of its own on loopback."""

import contextlib
import functools
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import boto3
import botocore.config

HOST = "127.0.0.1"
REGION = "us-east-1"
TARGET_ACCOUNT = "111111111111"
SOURCE_ACCOUNT = "222222222222"
SECRET_ACCESS_KEY = "test"  # noqa: S105 - MiniStack's secret of every account's root
START_SECONDS = 30


class LocalCloudError(Exception):
    """The local cloud did not start, or is not there; the message says why and where its log is."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def client(service: str, account_id: str, endpoint_url: str, region: str = REGION) -> Any:
    """A boto3 client of `service` as the root of `account_id`; its type is the caller's to annotate."""
    with _session_lock:
        return _session().client(
            service,
            endpoint_url=endpoint_url,
            region_name=region,
            aws_access_key_id=account_id,
            aws_secret_access_key=SECRET_ACCESS_KEY,
            aws_session_token=None,
            config=botocore.config.Config(max_pool_connections=32, retries={"mode": "standard"}),
        )


# One session: making one, and loading each service's model anew, costs a client's making several times over.
_session_lock = threading.Lock()


@functools.cache
def _session() -> Any:  # the stubs' overloads want a literal service
    return boto3.Session()


@dataclass
class LocalCloud:
    """Two AWS accounts behind one endpoint. Use as a context manager, or call `stop`.

    Both processes end with this one, however it ends: each holds the reading end of a pipe whose other end
    is here. Logs are `ministack.log` and `step-functions.log` in `directory`.
    """

    endpoint_url: str
    directory: Path
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    def start(cls, port: int | None = None, *, directory: Path) -> Self:
        """Starts both processes on free loopback ports (`port`: the endpoint's) and waits until they answer.

        Raises LocalCloudError when the port is taken or a process does not come up.
        """
        directory = directory.resolve()
        if port is not None and _answers(port):
            raise LocalCloudError(f"Port {port} on {HOST} is in use. Choose another one.")
        gateway_port, states_port = port or free_port(), free_port()
        cloud = cls(f"http://{HOST}:{gateway_port}", directory)
        shutil.rmtree(directory / "scratch", ignore_errors=True)  # what a killed one left
        try:
            cloud._launch("step_functions", states_port, {"MAPSPAN_GATEWAY_PORT": str(gateway_port)})
            cloud._launch("ministack", gateway_port, {"MAPSPAN_STATES_PORT": str(states_port)})
            cloud._await_health([states_port, gateway_port])
        except BaseException:
            cloud.stop()
            raise
        return cloud

    def client(self, service: str, account_id: str = TARGET_ACCOUNT) -> Any:
        """A boto3 client of `service` as the root of `account_id`; its type is the caller's to annotate."""
        return client(service, account_id, self.endpoint_url)

    def stop(self) -> None:
        """Ends both processes, their Lambda workers and their scratch files. Safe to call again."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # the group, so that no Lambda worker is left
            process.wait()
            if process.stdin:
                process.stdin.close()
        self._processes.clear()
        shutil.rmtree(self.directory / "scratch", ignore_errors=True)

    def wait(self) -> None:
        """Returns when one of the processes has ended."""
        while all(process.poll() is None for process in self._processes):
            time.sleep(0.5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self, module: str, port: int, environment: dict[str, str]) -> None:
        scratch = self.directory / "scratch"
        scratch.mkdir(parents=True, exist_ok=True)
        with self._log(module) as log:
            process = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
                [sys.executable, "-m", f"local_cloud.{module}"],
                cwd=Path(__file__).resolve().parents[1],
                env={**_inherited(), **_settings(port, scratch), **environment},
                stdin=subprocess.PIPE,  # held open for as long as this process lives: see lifeline.py
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes.append(process)

    def _log(self, module: str) -> IO[bytes]:
        return self._log_path(module).open("wb")

    def _log_path(self, module: str) -> Path:
        return self.directory / f"{module.replace('_', '-')}.log"

    def _await_health(self, ports: list[int]) -> None:
        deadline = time.monotonic() + START_SECONDS
        for process, port in zip(self._processes, ports, strict=True):
            module = str(process.args[-1]).rpartition(".")[2]  # type: ignore[index] # a list, as _launch gave it
            while not _answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    log = self._log_path(module)
                    last = log.read_text(errors="replace").strip().splitlines()[-1:]
                    raise LocalCloudError(f"{module} did not start: {' '.join(last)} (log: {log})")
                time.sleep(0.02)


def _inherited() -> dict[str, str]:
    """The environment without whatever would reach real AWS or another emulator's settings."""
    foreign = ("AWS_", "MINISTACK_", "LOCALSTACK_", "LAMBDA_", "DOCKER_HOST")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def _settings(port: int, scratch: Path) -> dict[str, str]:
    return {
        "AUTH": "true",
        "BIND_HOST": HOST,  # MiniStack binds every interface by default
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",  # its own listener, on every interface
        "SFTP_ENABLED": "0",  # likewise
        "USE_SSL": "0",
        "DOCKER_HOST": "unix:///nonexistent",  # never look for a Docker daemon
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_ACCOUNT_CONCURRENCY": "1000",  # an AWS account's default
        "LOG_LEVEL": "WARNING",
        "PYTHONUTF8": "1",
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "TMPDIR": str(scratch),
    }


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


RECORD = "local-cloud.json"


@dataclass(frozen=True)
class Status:
    """A kept-running local cloud: its endpoint and the id of the process that holds it."""

    endpoint_url: str
    pid: int


def start_detached(directory: Path, port: int | None = None) -> Status:
    """Starts a local cloud that outlives this process, or returns the one that runs from `directory`.

    Raises LocalCloudError when it does not come up.
    """
    if running := status(directory):
        return running
    directory.mkdir(parents=True, exist_ok=True)
    (directory / RECORD).unlink(missing_ok=True)
    with (directory / "local-cloud.log").open("wb") as log:
        keeper = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
            [sys.executable, "-m", "local_cloud.process", str(directory.resolve()), str(port or 0)],
            cwd=Path(__file__).resolve().parents[1],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and keeper.poll() is None:
        if started := status(directory):
            return started
        time.sleep(0.05)
    keeper.kill()
    last = (directory / "local-cloud.log").read_text(errors="replace").strip().splitlines()[-1:]
    raise LocalCloudError(f"The local cloud did not start: {' '.join(last)}")


def status(directory: Path) -> Status | None:
    """The local cloud that runs from `directory`, or None. A file left by a dead one counts as none."""
    try:
        record = Status(**json.loads((directory / RECORD).read_text()))
        os.kill(record.pid, 0)
    except (OSError, ValueError, TypeError):
        return None
    return record if _answers(int(record.endpoint_url.rpartition(":")[2])) else None


def stop_detached(directory: Path) -> bool:
    """Stops the local cloud that runs from `directory` and waits for its end; False when there is none."""
    running = status(directory)
    if running:
        os.kill(running.pid, signal.SIGTERM)
        deadline = time.monotonic() + START_SECONDS
        while status(directory) and time.monotonic() < deadline:
            time.sleep(0.02)
    (directory / RECORD).unlink(missing_ok=True)
    return running is not None


def _keep(directory: Path, port: int | None) -> None:
    """Holds a local cloud until SIGTERM or SIGINT."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with LocalCloud.start(port, directory=directory) as cloud:
            record = Status(cloud.endpoint_url, os.getpid())
            unfinished = directory / f"{RECORD}.new"
            unfinished.write_text(json.dumps(vars(record)))
            unfinished.replace(directory / RECORD)
            cloud.wait()
    except LocalCloudError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), int(sys.argv[2]) or None)
