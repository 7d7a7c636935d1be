"""Three validators of the Amazon States Language as one: none of them refuses everything Step Functions refuses.

asl-validator and amazon-states-language-service run in one Node process for a whole test session; `missed.schema.json`
contains the checks that both lack. For each false alarm of one of them, a named stand-in replaces the field that it
wrongly refuses, for this validator only, by an equivalent that it knows, so its other checks still see the whole
definition.
"""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jsonschema import Draft202012Validator

HERE = Path(__file__).parent
NODE = HERE.parents[1] / ".venv" / "bin" / "node"

Value = Any  # JSON of any shape: some definitions are broken on purpose

Rewrite = Callable[[dict[str, Value]], Mapping[str, Value]]


def parquet_unknown(part: dict[str, Value]) -> Mapping[str, Value]:
    """amazon-states-language-service 1.16 doesn't know InputType PARQUET; JSONL takes the same fields."""
    return {**part, "InputType": "JSONL"} if part.get("InputType") == "PARQUET" else part


def fraction_of_a_percent(part: dict[str, Value]) -> Mapping[str, Value]:
    """Both validators take only a whole percentage, although AWS was recorded to take 0.5."""
    percentage = part.get("ToleratedFailurePercentage")
    return {**part, "ToleratedFailurePercentage": round(percentage)} if isinstance(percentage, float) else part


def no_limit(part: dict[str, Value]) -> Mapping[str, Value]:
    """asl-validator 4.0 refuses MaxItems 0, although AWS was recorded to take it."""
    return {**part, "MaxItems": 1} if part.get("MaxItems") == 0 else part


def writer_config_alone(part: dict[str, Value]) -> Mapping[str, Value]:
    """asl-validator 4.0 requires a Resource in every ResultWriter, although WriterConfig is enough."""
    writer = part.get("ResultWriter")
    if isinstance(writer, dict) and set(writer) == {"WriterConfig"}:
        return {**part, "ResultWriter": {**writer, "Resource": "arn:aws:states:::s3:putObject"}}
    return part


def expression_for_batch_input(part: dict[str, Value]) -> Mapping[str, Value]:
    """asl-validator 4.0 refuses an expression for BatchInput, because it matches two of its schemas, not one."""
    expression = part.get("BatchInput")
    return {**part, "BatchInput": {"all": expression}} if isinstance(expression, str) else part


def empty_text(part: dict[str, Value]) -> Mapping[str, Value]:
    """asl-validator 4.0 refuses "" in a payload, although it is a valid text."""
    return {name: "-" if value == "" else value for name, value in part.items()}


def expression_on_two_lines(part: dict[str, Value]) -> Mapping[str, Value]:
    """asl-validator 4.0 refuses an expression of several lines."""
    return {
        name: " ".join(value.split()) if isinstance(value, str) and value.startswith("{%") else value
        for name, value in part.items()
    }


STAND_INS: dict[str, tuple[Rewrite, ...]] = {
    "asl_validator": (
        writer_config_alone,
        expression_for_batch_input,
        empty_text,
        expression_on_two_lines,
        fraction_of_a_percent,
        no_limit,
    ),
    "language_service": (parquet_unknown, fraction_of_a_percent),
}


def rewritten(value: Value, rewrites: tuple[Rewrite, ...]) -> Value:
    """The value with each object in it rewritten."""
    if isinstance(value, list):
        return [rewritten(item, rewrites) for item in value]
    if not isinstance(value, dict):
        return value
    part: Mapping[str, Value] = value
    for rewrite in rewrites:
        part = rewrite(dict(part))
    return {name: rewritten(inner, rewrites) for name, inner in part.items()}


class Validators:
    """The validators' process; use it as a context manager."""

    def __init__(self) -> None:
        schema = json.loads((HERE / "missed.schema.json").read_text())
        Draft202012Validator.check_schema(schema)
        self._schema = Draft202012Validator(schema)
        self._node = subprocess.Popen(  # noqa: S603 — our own script, run by the project's own node
            [NODE, HERE / "validate.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.close()
        self._node.stdout.close()
        self._node.wait(timeout=10)

    def complaints(self, definition: Mapping[str, Value], *, stand_ins: bool = True) -> dict[str, list[str]]:
        """The complaints of each validator that has any; empty if the definition is valid."""
        complaints = {
            name: self._validate(name, rewritten(definition, rewrites if stand_ins else ()))
            for name, rewrites in STAND_INS.items()
        }
        complaints["missed"] = [
            f"/{'/'.join(map(str, error.absolute_path))} {error.message}"
            for error in self._schema.iter_errors(definition)
        ]
        return {name: messages for name, messages in complaints.items() if messages}

    def _validate(self, validator: str, definition: Mapping[str, Value]) -> list[str]:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps({"validator": validator, "definition": definition}) + "\n")
        self._node.stdin.flush()
        answer: dict[str, Value] = json.loads(self._node.stdout.readline())
        if "crash" in answer:
            raise RuntimeError(f"{validator}: {answer['crash']}")
        complaints: list[str] = answer["complaints"]
        return complaints
