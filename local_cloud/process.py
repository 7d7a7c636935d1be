"""Starts and stops the local cloud: two processes on loopback, MiniStack and Step Functions."""

import contextlib
import functools
import http.client
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

from local_cloud.protocol import HOST, SECRET_ACCESS_KEY

REGION = "us-east-1"
TARGET_ACCOUNT = "111111111111"
SOURCE_ACCOUNT = "222222222222"
START_SECONDS = 30


class LocalCloudError(Exception):
    """The local cloud did not start, or is not running. The message says why, and where its log is."""


def last_line(log: Path) -> str:
    return " ".join(log.read_text(errors="replace").strip().splitlines()[-1:])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def client(service: str, account_id: str, endpoint_url: str, region: str = REGION) -> Any:
    """A boto3 client of `service` as the root of `account_id`; the caller annotates its type."""
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


# One session for all clients: a new session loads each service's model again, which takes several times longer than
# creating a client.
_session_lock = threading.Lock()


@functools.cache
def _session() -> Any:  # the stubs' overloads want a literal service
    return boto3.Session()


@dataclass
class LocalCloud:
    """Two AWS accounts behind one endpoint. Use as a context manager, or call `stop`.

    Both processes end with this one, however it ends: each reads from a pipe that this process holds open. Their logs
    are `ministack.log` and `step-functions.log` in `directory`.
    """

    endpoint_url: str
    directory: Path
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    def start(cls, port: int | None = None, *, directory: Path) -> Self:
        """Starts both processes and waits until they answer. `port` is the endpoint's; by default any free port.

        Raises LocalCloudError if the port is in use or a process doesn't start.
        """
        directory = directory.resolve()
        if port is not None and answers(port):
            raise LocalCloudError(
                f"Port {port} on {HOST} is in use: choose another one with `mapspan local start --port`."
            )
        gateway_port, states_port = port or free_port(), free_port()
        cloud = cls(f"http://{HOST}:{gateway_port}", directory)
        shutil.rmtree(directory / "scratch", ignore_errors=True)  # left by a local cloud that was killed
        try:
            cloud._launch("step_functions", states_port, {"MAPSPAN_GATEWAY_PORT": str(gateway_port)})
            cloud._launch("ministack", gateway_port, {"MAPSPAN_STATES_PORT": str(states_port)})
            cloud._await_health([states_port, gateway_port])
        except BaseException:
            cloud.stop()
            raise
        return cloud

    def client(self, service: str, account_id: str = TARGET_ACCOUNT) -> Any:
        """A boto3 client of `service` as the root of `account_id`; the caller annotates its type."""
        return client(service, account_id, self.endpoint_url)

    def stop(self) -> None:
        """Ends both processes and their Lambda workers, and deletes their scratch files. Safe to call again."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # the group, so that no Lambda worker survives
            process.wait()
            if process.stdin:
                process.stdin.close()
        self._processes.clear()
        shutil.rmtree(self.directory / "scratch", ignore_errors=True)

    def wait(self) -> None:
        """Waits until one of the processes has ended."""
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
                stdin=subprocess.PIPE,  # open as long as this process lives: see lifeline.py
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
            module = str(process.args[-1]).rpartition(".")[2]  # type: ignore[index] # _launch passes a list
            while not answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    log = self._log_path(module)
                    raise LocalCloudError(f"{module} did not start: {last_line(log)} (log: {log})")
                time.sleep(0.02)


def _inherited() -> dict[str, str]:
    """The environment, without what would reach real AWS or configure MiniStack differently."""
    foreign = ("AWS_", "MINISTACK_", "LOCALSTACK_", "LAMBDA_", "DOCKER_HOST")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def _settings(port: int, scratch: Path) -> dict[str, str]:
    return {
        "AUTH": "true",
        "BIND_HOST": HOST,  # MiniStack binds every interface by default
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",  # it would listen on every interface
        "SFTP_ENABLED": "0",  # likewise
        "USE_SSL": "0",
        "DOCKER_HOST": "unix:///nonexistent",  # no search for a Docker daemon
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


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
