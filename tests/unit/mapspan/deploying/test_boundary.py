"""The permissions boundaries that bootstrap writes: how long, of what, and when a deploy is refused for its own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from environments.environment import Environment
from environments.files import SettingsError, load
from environments.job import JobSettings
from mapspan.checkout import CommandError
from mapspan.deploying import boundary
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.boundary import boundary_document
from mapspan.deploying.boundary_check import check_boundary, uncovered
from mapspan.deploying.deployers import Deployers
from modules.statements.boundary import MANAGED_POLICY_LENGTH

ADMIN = Deployers(principals=["arn:aws:iam::777777777777:role/admin"])
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def prod(**source: Any) -> Environment:
    environment = load("prod")
    return environment.model_copy(update={"source": environment.source.model_copy(update=source)})


def length(document: Any) -> int:
    return len(json.dumps(document, separators=(",", ":")))


@settings(max_examples=60, deadline=None)
@given(
    prefixes=st.lists(st.text(LETTERS, min_size=1, max_size=60).map(lambda text: f"{text}/"), max_size=70, unique=True),
    key_source=st.sampled_from(["listing", "inventory", "replication"]),
)
def test_a_boundary_is_never_too_long_and_holds_nothing_of_iam(prefixes: list[str], key_source: str) -> None:
    environment = prod(prefixes=tuple(prefixes), bucket_policy="merge").model_copy(update={"key_source": key_source})
    try:
        documents = [boundary_document(environment, side) for side in ("target", "source")]
    except SettingsError:  # the role can't hold its own policies
        reject()
    for document in documents:
        assert length(document) <= MANAGED_POLICY_LENGTH
        assert '"iam:' not in json.dumps(document)
        assert '"sts:' not in json.dumps(document)


def test_prefixes_that_are_too_long_for_a_boundary_become_whole_buckets() -> None:
    few, many = (prod(prefixes=tuple(f"{'a' * 50}{number}/" for number in range(count))) for count in (3, 90))
    assert f"{few.source.bucket}/{'a' * 50}0/*" in json.dumps(boundary_document(few, "target"))
    assert f"{many.source.bucket}/*" in json.dumps(boundary_document(many, "target"))


def test_a_jobs_grants_that_are_too_long_are_refused_by_field() -> None:
    secrets = tuple(
        f"arn:aws:secretsmanager:eu-west-1:777777777777:secret:{'s' * 90}{number}-a1B2c3" for number in range(40)
    )
    environment = prod().model_copy(update={"job": JobSettings(secrets=secrets)})
    with pytest.raises(CommandError, match=r"prod.toml: job.secrets: the permissions boundary of the target account"):
        boundary_document(environment, "target")


@pytest.mark.parametrize("action", ["iam:PassRole", "sts:AssumeRole"])
def test_a_job_that_needs_another_role_asks_for_a_boundary_of_the_companys(
    monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    grant = {"Sid": "A", "Effect": "Allow", "Action": [action], "Resource": ["arn:aws:iam::777777777777:role/a"]}
    monkeypatch.setattr(boundary, "job_needs", lambda _: {"job-policy": [grant]})
    with pytest.raises(CommandError, match=f"job.policy: {action} .*company.target.permissions_boundary_arn"):
        boundary_document(prod(), "target")


def test_bootstrap_writes_a_boundary_unless_the_company_names_its_own() -> None:
    environment, own = prod(), "arn:aws:iam::777777777777:policy/company"
    _, target, _ = stacks(environment, ADMIN)
    boundary_name = target.template["Resources"]["Boundary"]["Properties"]["ManagedPolicyName"]
    assert environment.boundary_arn("target") == f"arn:aws:iam::777777777777:policy/{boundary_name}"
    rules = environment.company.target.model_copy(update={"permissions_boundary_arn": own})
    company = environment.company.model_copy(update={"target": rules})
    _, target, _ = stacks(environment.model_copy(update={"company": company}), ADMIN)
    assert "Boundary" not in target.template["Resources"]
    for id_ in ("DeployRole", "PlanRole"):
        assert target.template["Resources"][id_]["Properties"]["PermissionsBoundary"] == own
    assert f'"iam:PermissionsBoundary": "{own}"' in json.dumps(target.template)


class Iam:
    """IAM with at most one managed policy."""

    class exceptions:  # noqa: N801 - boto3's name
        NoSuchEntityException = type("NoSuchEntityException", (ClientError,), {})

    def __init__(self, document: Any) -> None:
        self.document = document

    def get_policy(self, **_: Any) -> Any:
        if self.document is None:
            raise self.exceptions.NoSuchEntityException({"Error": {"Code": "NoSuchEntity"}}, "GetPolicy")
        return {"Policy": {"DefaultVersionId": "v3"}}

    def get_policy_version(self, *, VersionId: str, **_: Any) -> Any:  # noqa: N803 - boto3's name
        assert VersionId == "v3"
        return {"PolicyVersion": {"Document": self.document}}


def test_an_environment_that_fits_its_boundary_is_deployed() -> None:
    iam: Any = Iam(boundary_document(prod(), "target"))
    check_boundary(prod(), "target", iam)
    narrower = prod(prefixes=tuple(f"{prefix}below/" for prefix in prod().source.prefixes))
    check_boundary(narrower, "target", iam)


@pytest.mark.parametrize("live", [None, boundary_document(prod(prefixes=("2024/",)), "target")])
def test_an_environment_that_outgrew_its_boundary_is_refused_with_the_bootstrap_command(live: Any) -> None:
    iam: Any = Iam(live)
    with pytest.raises(CommandError, match=r"account 777777777777, .*`mapspan bootstrap prod … --apply target`"):
        check_boundary(prod(prefixes=("2026/",)), "target", iam)


def statement(**changes: Any) -> Any:
    return {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/b/*"} | changes]}


@pytest.mark.parametrize(
    ("live", "covers"),
    [
        (statement(), True),
        (statement(Action="s3:Get*", Resource="arn:aws:s3:::a/*"), True),
        (statement(Action="s3:PutObject"), False),
        (statement(Resource="arn:aws:s3:::a/b/c*"), False),
        (statement(Effect="Deny"), False),
        (statement(Condition={"StringEquals": {"aws:ResourceAccount": "1"}}), False),
    ],
)
def test_a_need_is_covered_by_an_equal_or_wider_statement(live: Any, covers: bool) -> None:
    assert (list(uncovered(statement(), live)) == []) == covers


def test_a_bracket_in_a_prefix_stands_for_itself() -> None:
    need = statement(Resource="arn:aws:s3:::a/b[1]/*")
    assert list(uncovered(need, need)) == []


def test_a_limited_need_is_covered_by_the_same_limit_and_by_no_narrower_one() -> None:
    def limited(*values: str) -> Any:
        return statement(Condition={"StringEquals": {"aws:ResourceAccount": list(values)}})

    assert list(uncovered(limited("1"), limited("1", "2"))) == []
    assert list(uncovered(limited("1", "2"), limited("1"))) == ["s3:GetObject on arn:aws:s3:::a/b/*"]
