"""Three validators of the Amazon States Language as one: no single one refuses all that Step Functions refuses.

asl-validator and amazon-states-language-service run in one Node process for a whole test session;
`missed.schema.json` holds what both let pass. A false alarm of one of them is a named stand-in: what it
wrongly refuses is replaced, for that validator alone, by an equal thing it knows, so that its other checks
still see the whole definition.
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

Value = Any  # JSON of any shape: the definitions given are broken on purpose

Rewrite = Callable[[dict[str, Value]], Mapping[str, Value]]


def parquet_unknown(found: dict[str, Value]) -> Mapping[str, Value]:
    """amazon-states-language-service 1.16 doesn't know InputType PARQUET; JSONL takes the same fields."""
    return {**found, "InputType": "JSONL"} if found.get("InputType") == "PARQUET" else found


def writer_config_alone(found: dict[str, Value]) -> Mapping[str, Value]:
    """asl-validator 4.0 wants a Resource in every ResultWriter, though WriterConfig may stand alone."""
    writer = found.get("ResultWriter")
    if isinstance(writer, dict) and set(writer) == {"WriterConfig"}:
        return {**found, "ResultWriter": {**writer, "Resource": "arn:aws:states:::s3:putObject"}}
    return found


def expression_for_batch_input(found: dict[str, Value]) -> Mapping[str, Value]:
    """asl-validator 4.0 finds that an expression for BatchInput matches two of its schemas, and wants one."""
    expression = found.get("BatchInput")
    return {**found, "BatchInput": {"all": expression}} if isinstance(expression, str) else found


def empty_text(found: dict[str, Value]) -> Mapping[str, Value]:
    """asl-validator 4.0 refuses "" in a payload, where it is text like any other."""
    return {name: "-" if value == "" else value for name, value in found.items()}


def expression_on_two_lines(found: dict[str, Value]) -> Mapping[str, Value]:
    """asl-validator 4.0 takes an expression only if it stands on one line."""
    return {
        name: " ".join(value.split()) if isinstance(value, str) and value.startswith("{%") else value
        for name, value in found.items()
    }


STAND_INS: dict[str, tuple[Rewrite, ...]] = {
    "asl_validator": (writer_config_alone, expression_for_batch_input, empty_text, expression_on_two_lines),
    "language_service": (parquet_unknown,),
}


def rewritten(value: Value, rewrites: tuple[Rewrite, ...]) -> Value:
    """The value with every object in it rewritten."""
    if isinstance(value, list):
        return [rewritten(item, rewrites) for item in value]
    if not isinstance(value, dict):
        return value
    found: Mapping[str, Value] = value
    for rewrite in rewrites:
        found = rewrite(dict(found))
    return {name: rewritten(inner, rewrites) for name, inner in found.items()}


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
        """What each validator that complains says; empty when the definition is valid."""
        found = {
            name: self._asked(name, rewritten(definition, rewrites if stand_ins else ()))
            for name, rewrites in STAND_INS.items()
        }
        found["missed"] = [
            f"/{'/'.join(map(str, error.absolute_path))} {error.message}"
            for error in self._schema.iter_errors(definition)
        ]
        return {name: said for name, said in found.items() if said}

    def _asked(self, validator: str, definition: Mapping[str, Value]) -> list[str]:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps({"validator": validator, "definition": definition}) + "\n")
        self._node.stdin.flush()
        answer: dict[str, Value] = json.loads(self._node.stdout.readline())
        if "crash" in answer:
            raise RuntimeError(f"{validator}: {answer['crash']}")
        complaints: list[str] = answer["complaints"]
        return complaints
