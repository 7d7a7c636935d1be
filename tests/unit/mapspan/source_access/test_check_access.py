"""The verdicts of check-access on what the functions answer: allowed, missing or unknown."""

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
from mapspan.source_access.access_check import AccessCheck
from mapspan.source_access.check_access import check_access

DENIED = "AccessDenied: Access Denied"


@dataclass
class Deployed:
    """A deployment under "handover", with the answers of its functions."""

    listings: list[dict[str, Any]]
    reading: dict[str, Any]
    requests: list[Any] = field(default_factory=list)

    @property
    def environment(self) -> Environment:
        local = load("local")
        return local.model_copy(update={"source": local.source.model_copy(update={"bucket_policy": "handover"})})

    def source_s3(self) -> None:
        return None

    def functions(self) -> Deployed:
        return self

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.requests.append(json.loads(request["Payload"])["check_access"])
        answer: Any = self.listings
        if request["FunctionName"].endswith("process-objects"):
            answer = [{"call": "s3:GetObject", "resource": key, **self.reading} for key in self.requests[-1]]
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


def listing(error: str | None = None, key: str | None = None) -> dict[str, Any]:
    return {"call": "s3:ListBucket", "resource": "landing-zone/2026/", "error": error, "key": key}


def verdicts(deployed: Deployed, key: str | None = None) -> list[tuple[str, str]]:
    checks: list[AccessCheck] = check_access(cast("Deployment", deployed), key=key)
    assert checks[-1].verdict == "unknown", "only the source account can see the ownership"
    return [(check.call, check.verdict) for check in checks[:-1]]


def test_a_listed_object_is_read() -> None:
    deployed = Deployed([listing(key="2026/a")], {"error": None})
    assert verdicts(deployed) == [("s3:ListBucket", "allowed"), ("s3:GetObject", "allowed")]
    assert deployed.requests == [["2026/"], ["2026/a"]]


def test_a_denied_kms_key_is_reported_as_a_call_of_its_own() -> None:
    deployed = Deployed([listing(key="2026/a")], {"error": DENIED, "call": "kms:Decrypt"})
    assert verdicts(deployed) == [("s3:ListBucket", "allowed"), ("kms:Decrypt", "missing")]


def test_without_a_listing_reading_counts_as_missing_too() -> None:
    assert verdicts(Deployed([listing(DENIED)], {"error": DENIED})) == [
        ("s3:ListBucket", "missing"),
        ("s3:GetObject", "missing"),
    ]


def test_without_an_object_reading_is_unknown_unless_one_is_named() -> None:
    """S3 denies a missing object to a role that may not list, which does not show that a grant is missing."""
    deployed = Deployed([listing()], {"error": DENIED})
    assert verdicts(deployed) == [("s3:ListBucket", "allowed"), ("s3:GetObject", "unknown")]
    assert verdicts(deployed, key="2026/b") == [("s3:ListBucket", "allowed"), ("s3:GetObject", "missing")]


def test_an_environment_that_is_not_deployed_is_an_error() -> None:
    class NotDeployed(Deployed):
        def invoke(self, **_: Any) -> dict[str, Any]:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Invoke")

    with pytest.raises(CommandError, match="deploy local first"):
        check_access(cast("Deployment", NotDeployed([], {})))


@pytest.mark.parametrize(("error", "code"), [(None, 0), (DENIED, 1)])
def test_the_exit_code_is_1_if_a_grant_is_missing(
    monkeypatch: pytest.MonkeyPatch, error: str | None, code: int
) -> None:
    monkeypatch.setattr(
        "mapspan.deployment.find_deployment", lambda _: Deployed([listing(key="2026/a")], {"error": error})
    )
    done = CliRunner().invoke(commands, ["check-access", "local", "--json"])
    assert done.exit_code == code, done.output
    checks = [json.loads(line) for line in done.output.splitlines()]
    assert [check["verdict"] for check in checks] == ["allowed", "allowed" if code == 0 else "missing", "unknown"]
    text = CliRunner().invoke(commands, ["check-access", "local"]).output
    assert ("1 missing in account 222222222222" in text) == bool(error)
