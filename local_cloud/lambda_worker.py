"""One warm Lambda execution environment for Python, in its own process.

MiniStack starts it and exchanges JSON lines with it: first an init message, then one envelope per invocation.
It uses the standard library only and imports nothing of this project, because MiniStack runs the file's text.

It behaves as Lambda does where MiniStack's own worker doesn't: a failed invocation answers with Lambda's error
object (`errorMessage`, `errorType` = the exception's class, `stackTrace`) and leaves the environment warm, and each
invocation has its own deadline. A mark on stderr ends each invocation's log, so that nothing has to wait for more.
https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

import importlib
import json
import logging
import os
import sys
import threading
import time
import traceback
from typing import Any

END_OF_LOG = "\x1eend of log"
# The environment variables with the directory of the runtime's packages, and with the one of the function's code.
RUNTIME_VARIABLE = "_MAPSPAN_RUNTIME"
CODE_VARIABLE = "_MAPSPAN_CODE"
# The largest response of a synchronous invocation.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
RESPONSE_LIMIT_BYTES = 6 * 1024 * 1024


class Context:
    """Lambda's context object. https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    identity = None
    client_context = None

    def __init__(self, init: dict[str, Any], invocation: dict[str, Any], deadline: float) -> None:
        self.function_name = init["function_name"]
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        self.memory_limit_in_mb = str(init["memory"])
        self.invoked_function_arn = invocation["invoked_function_arn"]
        self.aws_request_id = invocation["request_id"]
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", f"/aws/lambda/{self.function_name}")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


class JsonLines(logging.Formatter):
    """A log record as Lambda writes it if the function's log format is JSON: each field of `extra` is at the top level.

    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    """

    OWN = frozenset(logging.makeLogRecord({}).__dict__)

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[0]:
            fields |= {"errorType": record.exc_info[0].__name__, "errorMessage": str(record.exc_info[1])}
        extra = {name: value for name, value in record.__dict__.items() if name not in self.OWN}
        return json.dumps({**extra, **fields}, default=str)


def failure(error_type: str, message: str, request_id: str, stack: list[str]) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": error_type, "requestId": request_id, "stackTrace": stack}


def invoke(handler: Any, event: Any, context: Context) -> tuple[str, bool]:
    """The answer as JSON, and whether it is an error."""
    request_id = context.aws_request_id
    try:
        result = handler(event, context)
    except Exception as error:
        stack = traceback.format_tb(error.__traceback__)[1:]
        return json.dumps(failure(type(error).__name__, str(error), request_id, stack)), True
    try:
        answer = json.dumps(result)
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return json.dumps(failure("Runtime.MarshalError", message, request_id, [])), True
    if len(answer) > RESPONSE_LIMIT_BYTES:
        message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT_BYTES} bytes)."
        return json.dumps(failure("Function.ResponseSizeTooLarge", message, request_id, [])), True
    return answer, False


def load(init: dict[str, Any]) -> Any:
    """The handler. If it can't be loaded, one that fails with the reason, as Lambda does at the first invocation."""
    try:
        module = importlib.import_module(init["module"])
        return getattr(module, init["handler"])
    except Exception as error:
        error_type, message = "Runtime.ImportModuleError", f"Unable to import module '{init['module']}': {error}"
        if isinstance(error, AttributeError):
            error_type = "Runtime.HandlerNotFound"
            message = f"Handler '{init['handler']}' missing on module '{init['module']}'"
        elif not isinstance(error, ImportError):
            error_type, message = type(error).__name__, str(error)
        unloadable = type(error_type, (Exception,), {})

    def report(_event: Any, _context: Any) -> Any:
        raise unloadable(message)

    return report


def exit_with_parent() -> None:
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def serve() -> None:
    exit_with_parent()
    # The handler and its subprocesses may print: keep the pipe for answers away from fd 1.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    init = json.loads(sys.stdin.readline())
    environment = init.get("env", {})
    code = environment.pop(CODE_VARIABLE)
    os.environ.pop(CODE_VARIABLE, None)
    # A function has its zip, the standard library and the runtime's packages, never this virtual environment.
    sys.path[:] = [code, *sys.path, os.environ.pop(RUNTIME_VARIABLE)]
    os.chdir(code)
    os.environ.update(environment, LAMBDA_TASK_ROOT=code)
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    handler = load(init)
    answers.write(json.dumps({"status": "ready", "cold": True}) + "\n")
    for line in sys.stdin:
        envelope = json.loads(line)
        invocation = envelope["ctx"]
        deadline = time.monotonic() + invocation["timeout_ms"] / 1000
        answer, failed = invoke(handler, envelope["event"], Context(init, invocation, deadline))
        sys.stderr.flush()
        print(END_OF_LOG, file=sys.stderr, flush=True)  # noqa: T201 - the mark that the log's reader waits for
        answers.write(f'{{"status": "ok", "failed": {json.dumps(failed)}, "result": {answer}}}\n')


if __name__ == "__main__":
    serve()
