"""The Lambda environment, called as MiniStack calls it."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from local_cloud import lambda_worker
from local_cloud.lambda_runtime import python_command, runtime_packages

CODE = """
import logging, os, time
class Broken(Exception):
    pass
def handler(event, context):
    print("working on", event)
    os.system("echo from a subprocess")
    if event == "break":
        raise Broken("it broke")
    if event == "odd":
        return object()
    if event == "log":
        logging.getLogger("f").error("a key failed", extra={"key": "a\\nb"})
    if event == "sleep":
        time.sleep(0.2)
    return {"left": context.get_remaining_time_in_millis(), "id": context.aws_request_id}
"""


class Environment:
    def __init__(self, code_dir: Path, module: str = "code", handler: str = "handler") -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our own file
            [*python_command(), lambda_worker.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, lambda_worker.RUNTIME_VARIABLE: str(runtime_packages())},
        )
        variables = {lambda_worker.CODE_VARIABLE: str(code_dir)}
        self._send({"env": variables, "module": module, "handler": handler, "function_name": "f", "memory": 128})
        assert self._answer()["status"] == "ready"

    def invoke(self, event: Any, request_id: str = "r", timeout_ms: int = 3000) -> dict[str, Any]:
        context = {"request_id": request_id, "timeout_ms": timeout_ms, "invoked_function_arn": "arn:f"}
        self._send({"event": event, "ctx": context})
        return self._answer()

    def log(self) -> list[str]:
        assert self._process.stderr
        lines = iter(self._process.stderr.readline, f"{lambda_worker.END_OF_LOG}\n")
        return [line.rstrip("\n") for line in lines]

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    (tmp_path / "function.py").write_text(CODE)
    with Environment(tmp_path, "function") as started:
        yield started


def test_each_invocation_has_its_own_deadline_and_id(environment: Environment) -> None:
    first = environment.invoke("sleep", "one", 3000)["result"]
    second = environment.invoke("go", "two", 9000)["result"]
    assert (first["id"], second["id"]) == ("one", "two")
    assert 2000 < first["left"] <= 2800
    assert 8000 < second["left"] <= 9000


def test_an_exception_is_reported_by_its_class_and_leaves_the_environment_warm(environment: Environment) -> None:
    answer = environment.invoke("break")
    assert answer["failed"] is True
    assert (answer["result"]["errorType"], answer["result"]["errorMessage"]) == ("Broken", "it broke")
    assert 'raise Broken("it broke")' in "".join(answer["result"]["stackTrace"])
    assert environment.invoke("go")["failed"] is False


def test_a_result_that_is_not_json_is_a_marshal_error(environment: Environment) -> None:
    assert environment.invoke("odd")["result"]["errorType"] == "Runtime.MarshalError"


def test_an_invocations_log_contains_subprocess_output_and_ends_with_a_mark(
    environment: Environment,
) -> None:
    environment.invoke("go")
    assert sorted(environment.log()) == ["from a subprocess", "working on go"]


def test_a_log_record_is_one_line_of_json_with_its_extra_fields(environment: Environment) -> None:
    environment.invoke("log")
    line = next(json.loads(line) for line in environment.log() if "a key failed" in line)
    assert (line["level"], line["message"], line["key"]) == ("ERROR", "a key failed", "a\nb")


@pytest.mark.parametrize(
    ("module", "handler", "error"),
    [
        ("absent", "handler", "Runtime.ImportModuleError"),
        ("function", "absent", "Runtime.HandlerNotFound"),
    ],
)
def test_a_handler_that_cannot_be_loaded_is_reported_at_the_invocation(
    tmp_path: Path, module: str, handler: str, error: str
) -> None:
    (tmp_path / "function.py").write_text(CODE)
    with Environment(tmp_path, module, handler) as environment:
        answer = environment.invoke("go")
    assert (answer["failed"], answer["result"]["errorType"]) == (True, error)


def test_a_function_imports_boto3_and_nothing_else_that_is_installed_here(tmp_path: Path) -> None:
    (tmp_path / "function.py").write_text("import boto3\nimport pydantic\ndef handler(event, context): ...\n")
    with Environment(tmp_path, "function") as environment:
        answer = environment.invoke("go")["result"]
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert answer["errorMessage"] == "Unable to import module 'function': No module named 'pydantic'"
