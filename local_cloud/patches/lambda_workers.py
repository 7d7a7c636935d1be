"""Lambda functions run in our own worker, `lambda_worker.py`."""

import base64
import inspect
import io
import os
import queue
import shlex
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime  # type: ignore[import-untyped] # it has no types
from ministack.services import lambda_svc  # type: ignore[import-untyped] # likewise

from local_cloud import lambda_worker
from local_cloud.lambda_runtime import python_command, runtime_packages

_unpacking = threading.Lock()
_EXECUTABLE = 0o111
_EMPTY_ZIP = b"PK\x05\x06" + bytes(18)  # what MiniStack unpacks for each worker


def run_our_lambda_workers() -> None:
    """Errors have the exception's class, the environment stays warm after one, and nothing waits for more log lines.

    A worker has the function's zip, the standard library and the runtime's packages.
    """
    launcher, script = _launcher(), inspect.getsource(lambda_worker)
    detect = lambda_runtime._detect_runtime_binary
    lambda_runtime._detect_runtime_binary = lambda name: (launcher, script) if _is_python(name) else detect(name)
    lambda_runtime.Worker._drain_stderr_bounded = _log_until_mark
    lambda_svc._execute_function_warm = _execute
    os.environ[lambda_worker.RUNTIME_VARIABLE] = str(runtime_packages())
    os.environ.pop("PYTHONPATH", None)  # of the shell that started the local cloud


def _launcher() -> str:
    """A script that starts Python with its options: MiniStack starts a worker as one program with one argument."""
    path = Path(tempfile.mkdtemp()) / "python"
    path.write_text(f'#!/bin/sh\nexec {shlex.join(python_command())} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def _is_python(runtime: str) -> bool:
    return runtime.startswith("python")


def _with_code(config: dict[str, Any], code_zip: bytes) -> dict[str, Any]:
    """The configuration with the directory of the function's code, in place of a copy of the code for each worker."""
    code = str(_unpacked(code_zip, config["CodeSha256"]))
    variables = {**config.get("Environment", {}).get("Variables", {}), lambda_worker.CODE_VARIABLE: code}
    return {**config, "Environment": {**config.get("Environment", {}), "Variables": variables}}


def _unpacked(code_zip: bytes, sha256: str) -> Path:
    """The directory with the zip's files, which all workers of these bytes share."""
    directory = Path(tempfile.gettempdir()) / "code" / base64.b64decode(sha256).hex()
    with _unpacking:
        if not directory.is_dir():
            directory.parent.mkdir(exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(dir=directory.parent))
            with zipfile.ZipFile(io.BytesIO(code_zip)) as archive:
                for info in archive.infolist():
                    path = Path(archive.extract(info, unfinished))
                    path.chmod(path.stat().st_mode | (info.external_attr >> 16) & _EXECUTABLE)
            unfinished.rename(directory)
    return directory


def _log_until_mark(worker: Any, *_: Any, **__: Any) -> str:
    lines: list[str] = []
    deadline = time.monotonic() + 1
    try:
        while (line := worker._stderr_queue.get(timeout=max(0, deadline - time.monotonic()))) != (
            lambda_worker.END_OF_LOG
        ):
            lines.append(line)
    except queue.Empty:
        pass  # a worker that died leaves no mark
    return "\n".join(lines)


def _execute(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    config = function.get("config") or function
    name, version = config["FunctionName"], config.get("Version", "$LATEST")
    lambda_svc._ensure_reaper_thread()
    code_zip = function["code_zip"]
    if _is_python(config["Runtime"]):
        config, code_zip = _with_code(config, code_zip), _EMPTY_ZIP
    worker, _ = lambda_runtime.acquire_worker(name, config, code_zip, qualifier=version)
    try:
        answer = worker.invoke(event, request_id, invoked_function_arn=config.get("FunctionArn", ""))
    finally:
        lambda_runtime.release_worker(worker)
    log = answer.get("log", "")
    if answer["status"] == "ok":
        return {"body": answer["result"], "error": answer["failed"], "log": log}
    message, error_type = answer["error"], "Sandbox.Timedout"
    if not message.startswith("Task timed out"):
        message, error_type = "Runtime exited without providing a reason", "Runtime.ExitError"
    body = {"errorType": error_type, "errorMessage": f"RequestId: {request_id} Error: {message}"}
    return {"body": body, "error": True, "log": log}
