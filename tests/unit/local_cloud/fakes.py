"""Stand-ins for what the local cloud's Step Functions reaches over the network."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.exceptions

from local_cloud.step_functions.arn import MachineArn
from local_cloud.step_functions.authorization import Roles
from local_cloud.step_functions.errors import PERMISSIONS, StateFailure
from local_cloud.step_functions.history import History
from local_cloud.step_functions.interpreter import run_states
from local_cloud.step_functions.machine import StateMachine
from local_cloud.step_functions.progress import Progress
from local_cloud.step_functions.run import Run
from local_cloud.step_functions.stop import Stop
from local_cloud.step_functions.store import Store
from local_cloud.step_functions.task import call_within

ACCOUNT, REGION = "111111111111", "us-east-1"
MACHINE = MachineArn(REGION, ACCOUNT, "machine")


def client_error(code: str, operation: str) -> botocore.exceptions.ClientError:
    return botocore.exceptions.ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {}},  # type: ignore[typeddict-item] # enough here
        operation,
    )


class FakeBody(io.BytesIO):
    def iter_chunks(self, _size: int) -> Iterator[bytes]:
        while chunk := self.read(7):  # small, so that whatever is read spans chunks
            yield chunk


class FakeS3:
    """One bucket's objects by key. `denied` are operations that answer AccessDenied."""

    def __init__(self, objects: dict[str, bytes] | None = None, denied: frozenset[str] = frozenset()) -> None:
        self.objects = dict(objects or {})
        self.calls: list[dict[str, Any]] = []
        self._denied = denied

    def get_object(self, **asked: Any) -> dict[str, Any]:
        self._called("GetObject", asked)
        if asked["Key"] not in self.objects:
            raise client_error("NoSuchKey", "GetObject")
        return {"Body": FakeBody(self.objects[asked["Key"]])}

    def get_paginator(self, _name: str) -> "FakeS3":
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        self._called("ListObjectsV2", asked)
        listed = [
            {"Key": key, "ETag": '"e"', "Size": len(body), "LastModified": datetime(2026, 1, 1, tzinfo=UTC)}
            for key, body in sorted(self.objects.items())
            if key.startswith(asked["Prefix"])
        ]
        yield {"Contents": listed[:2]} if listed else {}
        yield {"Contents": listed[2:]} if listed[2:] else {}

    def put_object(self, **asked: Any) -> None:
        self._called("PutObject", asked)
        self.objects[asked["Key"]] = asked["Body"]

    def upload_fileobj(self, file: Any, bucket: str, key: str, **options: Any) -> None:
        self.put_object(Bucket=bucket, Key=key, Body=file.read(), **options)

    def _called(self, operation: str, asked: dict[str, Any]) -> None:
        self.calls.append(asked)
        if operation in self._denied:
            raise client_error("AccessDenied", operation)

    def json(self, suffix: str) -> Any:
        return json.loads(self._ending(suffix))

    def lines(self, suffix: str) -> list[Any]:
        return [json.loads(line) for line in self._ending(suffix).split(b"\n") if line]

    def _ending(self, suffix: str) -> bytes:
        [key] = [key for key in self.objects if key.endswith(suffix)]
        return self.objects[key]


@dataclass
class FakeRole:
    """Allowed everything but what `refused` names."""

    s3: FakeS3 = field(default_factory=FakeS3)
    refused: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def client(self, service: str) -> Any:
        assert service == "s3"
        return self.s3

    def assume(self) -> None:
        pass

    def denied(self, actions: list[str], _resource: str) -> list[str]:
        return [action for action in actions if action in self.refused]

    def require(self, action: str, resource: str) -> None:
        self.asked.append((action, resource))
        if action in self.refused:
            raise StateFailure(PERMISSIONS, f"not authorized to perform: {action} on resource: {resource}")


class FakeRoles(Roles):
    def __init__(self, role: FakeRole) -> None:
        super().__init__("http://127.0.0.1:1")
        self._role = role

    def of(self, machine: StateMachine) -> FakeRole:  # noqa: ARG002 - one role for every machine
        return self._role


Answer = Callable[[Any], Any]


@dataclass
class FakeTasks:
    """Every Task is answered by `answer(arguments)`, which may raise StateFailure."""

    answer: Answer
    calls: list[Any] = field(default_factory=list)

    def call(self, resource: str, arguments: Any, run: Run, seconds: float | None) -> Any:  # noqa: ARG002 - the protocol's
        self.calls.append(arguments)
        return call_within(seconds, lambda: self.answer(arguments))


class Bench:
    """A machine's states, run here and now: what a test needs to start and look at a run."""

    def __init__(
        self, scratch: Path, states: dict[str, Any], *, answer: Answer = lambda arguments: arguments, **fakes: Any
    ) -> None:
        """The first of `states` is where it starts. `fakes`: role."""
        self.scope: dict[str, Any] = {"StartAt": next(iter(states)), "States": states}
        self.tasks = FakeTasks(answer)
        self.role: FakeRole = fakes.get("role") or FakeRole()
        self.store = Store(scratch)
        self.history = History()
        self.progress: Progress | None = None

    def run(self, data: Any = None, stop: Stop | None = None) -> Any:
        """The output. Runs on from where a failed run stood, as a redrive does."""
        self.progress = self.progress or Progress(self.scope["StartAt"], data)
        execution = {"Id": MACHINE.execution("e"), "Name": "e", "Input": data, "RoleArn": "arn:role"}
        run = Run(
            machine=MACHINE,
            role=self.role,
            tasks=self.tasks,
            map_runs=self.store,
            history=self.history,
            stop=stop or Stop(),
            execution_arn=MACHINE.execution("e"),
            context={"Execution": execution, "StateMachine": {"Id": str(MACHINE), "Name": "machine"}},
        )
        return run_states(self.scope, self.progress, run)

    @property
    def map_run(self) -> Any:
        [map_run] = self.store.map_runs.values()
        return map_run

    def events(self) -> list[str]:
        return [event["type"] for event in self.history.events]
