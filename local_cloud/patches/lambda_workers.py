"""Lambda functions run in our own worker, `lambda_worker.py`."""

import inspect
import os
import queue
import time
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime  # type: ignore[import-untyped] # it has no types
from ministack.services import lambda_svc  # type: ignore[import-untyped] # likewise

from local_cloud import lambda_worker


def run_our_lambda_workers() -> None:
    """Errors have the exception's class, the environment stays warm after one, and nothing waits for more log lines."""
    lambda_runtime._PYTHON_WORKER_SCRIPT = inspect.getsource(lambda_worker)
    lambda_runtime.Worker._drain_stderr_bounded = _log_until_mark
    lambda_svc._execute_function_warm = _execute
    os.environ[lambda_worker.SOURCE_TREE_VARIABLE] = str(Path(__file__).resolve().parents[2])


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
    worker, _ = lambda_runtime.acquire_worker(name, config, function["code_zip"], qualifier=version)
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
