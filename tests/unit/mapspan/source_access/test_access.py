"""What check-access makes of what the functions heard: allowed, missing or not to be told."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from environments.environment import Environment
from environments.files import load
from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from mapspan.main import commands
from mapspan.source_access import check_access_command
from mapspan.source_access.access import check_access
from mapspan.source_access.access_check import AccessCheck

DENIED = "AccessDenied: Access Denied"


@dataclass
class Deployed:
    """An environment whose source account is handed over, and what its functions answer."""

    listed: list[dict[str, Any]]
    read: dict[str, Any]
    asked: list[Any] = field(default_factory=list)

    @property
    def environment(self) -> Environment:
        local = load("local")
        return local.model_copy(update={"source": local.source.model_copy(update={"bucket_policy": "handover"})})

    def source_s3(self) -> None:
        return None

    def functions(self) -> Deployed:
        return self

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.asked.append(json.loads(request["Payload"])["check_access"])
        answer: Any = self.listed
        if request["FunctionName"].endswith("process-objects"):
            answer = [{"call": "s3:GetObject", "resource": key, **self.read} for key in self.asked[-1]]
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


def listed(error: str | None = None, key: str | None = None) -> dict[str, Any]:
    return {"call": "s3:ListBucket", "resource": "landing-zone/2026/", "error": error, "key": key}


def tried(deployed: Deployed, key: str | None = None) -> list[tuple[str, str]]:
    found: list[AccessCheck] = check_access(cast("Deployment", deployed), key=key)
    assert found[-1].verdict == "unknown", "ownership is not for us to see"
    return [(access.call, access.verdict) for access in found[:-1]]


def test_what_listing_finds_is_read() -> None:
    deployed = Deployed([listed(key="2026/a")], {"error": None})
    assert tried(deployed) == [("s3:ListBucket", "allowed"), ("s3:GetObject", "allowed")]
    assert deployed.asked == [["2026/"], ["2026/a"]]


def test_a_key_that_may_not_be_used_is_told_by_its_own_call() -> None:
    deployed = Deployed([listed(key="2026/a")], {"error": DENIED, "call": "kms:Decrypt"})
    assert tried(deployed) == [("s3:ListBucket", "allowed"), ("kms:Decrypt", "missing")]


def test_reading_is_missing_too_while_nothing_can_be_listed() -> None:
    assert tried(Deployed([listed(DENIED)], {"error": DENIED})) == [
        ("s3:ListBucket", "missing"),
        ("s3:GetObject", "missing"),
    ]


def test_nothing_to_read_proves_nothing_unless_an_object_is_named() -> None:
    """S3 denies a missing object to a role that may not list: no sign of a missing grant."""
    deployed = Deployed([listed()], {"error": DENIED})
    assert tried(deployed) == [("s3:ListBucket", "allowed"), ("s3:GetObject", "unknown")]
    assert tried(deployed, key="2026/b") == [("s3:ListBucket", "allowed"), ("s3:GetObject", "missing")]


def test_an_environment_that_is_not_deployed_is_told_so() -> None:
    class NotDeployed(Deployed):
        def invoke(self, **_: Any) -> dict[str, Any]:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Invoke")

    with pytest.raises(CommandError, match="deploy the environment first"):
        check_access(cast("Deployment", NotDeployed([], {})))


@pytest.mark.parametrize(("error", "code"), [(None, 0), (DENIED, 1)])
def test_the_exit_code_says_whether_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, error: str | None, code: int
) -> None:
    monkeypatch.setattr(
        check_access_command, "find_deployment", lambda _: Deployed([listed(key="2026/a")], {"error": error})
    )
    done = CliRunner().invoke(commands, ["check-access", "local", "--json"])
    assert done.exit_code == code, done.output
    told = [json.loads(line) for line in done.output.splitlines()]
    assert [line["verdict"] for line in told] == ["allowed", "allowed" if code == 0 else "missing", "unknown"]
    shown = CliRunner().invoke(commands, ["check-access", "local"]).output
    assert ("1 missing in account 222222222222" in shown) == bool(error)
