"""A company's own boundary: what of an environment's needs it allows by name, and when a deploy is refused for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from environments.company import AccountRules
from environments.environment import Environment
from environments.files import load
from mapspan.checkout import CommandError
from mapspan.deploying import boundary, boundary_check
from mapspan.deploying.boundary import boundary_document, needed_statements
from mapspan.deploying.boundary_check import check_boundaries, check_company_boundary
from mapspan.deploying.company_boundary import Extent, shortfalls
from mapspan.deployment import Deployment
from tests.iam.company_variant import BOUNDARY

ARN = "arn:aws:iam::777777777777:policy/company"
NEED = {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::a/b[1]/*"]}


def prod() -> Environment:
    environment = load("prod")
    company = environment.company.model_copy(update={"target": AccountRules(permissions_boundary_arn=ARN)})
    return environment.model_copy(update={"company": company})


class Iam:
    """IAM with the company's policy, or an error for a caller who asks for it."""

    class exceptions:  # noqa: N801 - boto3's name
        NoSuchEntityException = type("NoSuchEntityException", (ClientError,), {})

    def __init__(self, document: Any, *, error: str | None = None) -> None:
        self.document = document
        self.error = error

    def get_policy(self, *, PolicyArn: str) -> Any:  # noqa: N803 - boto3's name
        assert PolicyArn == ARN
        if self.error == "NoSuchEntity":
            raise self.exceptions.NoSuchEntityException({"Error": {"Code": self.error}}, "GetPolicy")
        if self.error:
            raise ClientError({"Error": {"Code": self.error, "Message": "no\x1b[2J"}}, "GetPolicy")
        return {"Policy": {"DefaultVersionId": "v7"}}

    def get_policy_version(self, *, PolicyArn: str, VersionId: str) -> Any:  # noqa: N803 - boto3's name
        assert (PolicyArn, VersionId) == (ARN, "v7")
        return {"PolicyVersion": {"Document": self.document}}


def allow(**changes: Any) -> Any:
    return {"Effect": "Allow", "Action": "*", "Resource": "*"} | changes


def deny(**changes: Any) -> Any:
    return allow(Effect="Deny") | changes


def extent(*statements: Any) -> Extent:
    gaps = list(shortfalls([NEED], {"Statement": list(statements)}))
    return gaps[0].allowed if gaps else Extent.WHOLE


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow()], Extent.WHOLE),
        ([allow(Action="S3:get*", Resource="arn:aws:s3:::a/*")], Extent.WHOLE),
        ([allow(Resource=["arn:aws:s3:::other/*", "arn:aws:s3:::a/b[1]/*"])], Extent.WHOLE),
        ([allow(Action="s3:PutObject")], Extent.NONE),
        ([allow(Resource="arn:aws:s3:::a/c/*")], Extent.NONE),
        ([allow(Resource="arn:aws:s3:::a/b[1]/c/*")], Extent.PART),
        ([], Extent.NONE),
    ],
)
def test_a_need_is_allowed_as_a_whole_in_part_or_not_at_all(statements: list[Any], expected: Extent) -> None:
    assert extent(*statements) == expected


def test_a_condition_may_hold_so_it_neither_takes_an_allow_away_nor_makes_a_denial() -> None:
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
    assert extent(allow(Condition=condition)) == Extent.WHOLE
    assert extent(allow(), deny(Condition=condition)) == Extent.WHOLE


def test_a_denial_wins_if_it_denies_all_of_a_need() -> None:
    assert extent(allow(), deny(Action="s3:Get*")) == Extent.NONE
    assert extent(allow(), deny(Resource="arn:aws:s3:::a/b[1]/secret/*")) == Extent.WHOLE
    assert extent(allow(), deny(Action="iam:*")) == Extent.WHOLE


def test_what_a_statement_leaves_out_counts_as_its_opposite() -> None:
    def but(name: str, *patterns: str, effect: str = "Allow") -> Any:
        other = {"Action": "Resource", "Resource": "Action"}[name]
        return {"Effect": effect, f"Not{name}": list(patterns), other: "*"}

    assert extent(but("Action", "iam:*", "organizations:*")) == Extent.WHOLE
    assert extent(but("Action", "s3:*")) == Extent.NONE
    assert extent(but("Resource", "arn:aws:s3:::a/b[1]/secret/*")) == Extent.PART
    assert extent(allow(), but("Action", "lambda:*", effect="Deny")) == Extent.NONE
    assert extent(allow(), but("Resource", "arn:aws:s3:::a/*", effect="Deny")) == Extent.WHOLE


def test_a_policy_variable_may_have_the_value_that_allows() -> None:
    bucket = "arn:aws:s3:::${aws:PrincipalTag/team}/*"
    assert extent(allow(Resource=bucket)) == Extent.WHOLE
    assert extent(allow(), deny(Resource=bucket)) == Extent.WHOLE
    assert extent({"Effect": "Allow", "Action": "*", "NotResource": bucket}) == Extent.WHOLE
    assert extent(allow(), {"Effect": "Deny", "Action": "*", "NotResource": bucket}) == Extent.WHOLE
    assert extent(allow(Resource="arn:aws:s3:::a${$}/*")) == Extent.NONE


PATTERNS = st.sampled_from(["*", "s3:*", "s3:Get*", "s3:GetObject", "s3:PutObject", "iam:*"])


@given(allowed=st.lists(PATTERNS, min_size=1, max_size=3), denied=st.lists(PATTERNS, max_size=2))
def test_a_denial_never_allows_more_and_another_allow_never_less(allowed: list[str], denied: list[str]) -> None:
    one = [allow(Action=allowed[:1])]
    assert extent(*one, *(deny(Action=action) for action in denied)) <= extent(*one)
    assert extent(*one, *(allow(Action=action) for action in allowed)) >= extent(*one)


def test_the_boundary_that_bootstrap_would_write_and_a_usual_one_of_a_company_are_enough() -> None:
    for document in (boundary_document(prod(), "target"), BOUNDARY):
        iam: Any = Iam(document)
        check_company_boundary(prod(), "target", iam)


def test_a_deploy_is_refused_with_the_statements_that_the_boundary_must_allow() -> None:
    narrow: Any = Iam(
        {
            "Statement": [
                {"Effect": "Allow", "NotAction": ["xray:*"], "Resource": "*"},
                deny(Sid="No\x1bKeys", Action="states:RedriveExecution"),
            ]
        }
    )
    with pytest.raises(CommandError) as refused:
        check_company_boundary(prod(), "target", narrow)
    text = str(refused.value)
    start, end = text.index("allow:\n") + len("allow:\n"), text.rindex("\n]") + 2
    statements = json.loads(text[start:end])
    assert {action for one in statements for action in one["Action"]} == {
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "states:RedriveExecution",
    }
    assert f"permissions boundary {ARN} allows" in text
    assert "company.target.permissions_boundary_arn" in text
    assert "mapspan bootstrap" not in text
    assert "which its statement No␛Keys denies" in text[end:]
    # What the message asks for is enough.
    needed = needed_statements(prod(), "target")
    rest = {"Effect": "Allow", "NotAction": ["xray:*"], "Resource": "*"}
    assert list(shortfalls(needed, {"Statement": [rest, *statements]})) == []


def test_a_boundary_that_lists_single_functions_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    environment = prod()
    named = {
        "Effect": "Allow",
        "Action": "lambda:*",
        "Resource": f"arn:aws:lambda:*:*:function:{environment.prefix}-list-objects",
    }
    iam: Any = Iam({"Statement": [{"Effect": "Allow", "NotAction": "lambda:*", "Resource": "*"}, named]})
    check_company_boundary(environment, "target", iam)
    assert "may allow only a part of what prod needs: lambda:InvokeFunction on" in capsys.readouterr().err


def test_a_boundary_needs_no_action_on_a_resource_that_the_action_does_not_take() -> None:
    needed = needed_statements(prod(), "target")
    everything: list[Any] = [allow(Action=["ec2:*", "kms:*", "logs:*", "xray:*", "secretsmanager:*"])]
    arn = "arn:aws:{}:eu-west-1:777777777777:{}".format
    pairs = [
        ("lambda:*", arn("lambda", "function:*")),
        ("states:StartExecution", arn("states", "stateMachine:*")),
        (["states:DescribeExecution", "states:RedriveExecution"], arn("states", "execution:*")),
        ("states:DescribeMapRun", arn("states", "mapRun:*")),
        (["s3:*Object*", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"], "arn:aws:s3:::*/*"),
        *((f"s3:{name}", f"arn:aws:s3:::{bucket}") for name in ("ListBucket*",) for bucket in buckets_of(needed)),
    ]
    statements = [*everything, *(allow(Action=actions, Resource=resource) for actions, resource in pairs)]
    assert list(shortfalls(needed, {"Statement": statements})) == []
    for index in range(1, len(statements)):
        assert list(shortfalls(needed, {"Statement": statements[:index] + statements[index + 1 :]})) != []


def buckets_of(needed: Any) -> set[str]:
    resources = {resource for one in needed for resource in one["Resource"] if isinstance(one["Resource"], list)}
    return {resource.removeprefix("arn:aws:s3:::") for resource in resources if ":s3:" in resource} - {
        resource.removeprefix("arn:aws:s3:::") for resource in resources if "/" in resource
    }


def test_a_job_may_need_iam_under_a_boundary_of_the_companys(monkeypatch: pytest.MonkeyPatch) -> None:
    grant = {"Sid": "A", "Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": ["arn:aws:iam::1:role/a"]}
    monkeypatch.setattr(boundary, "job_needs", lambda _: {"job-policy": [grant]})
    iam: Any = Iam(BOUNDARY)
    check_company_boundary(prod(), "target", iam)
    iam.document = {"Statement": [*BOUNDARY["Statement"], deny(Action="sts:*")]}
    with pytest.raises(CommandError, match="sts:AssumeRole on arn:aws:iam::1:role/a, which its statement number 3"):
        check_company_boundary(prod(), "target", iam)


def test_a_boundary_that_does_not_exist_is_refused() -> None:
    iam: Any = Iam(None, error="NoSuchEntity")
    with pytest.raises(CommandError, match=f"{ARN} doesn't exist: .*company.target.permissions_boundary_arn"):
        check_company_boundary(prod(), "target", iam)


def test_a_boundary_that_can_not_be_read_is_one_line_and_the_deploy_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = prod()
    source = environment.source.model_copy(update={"bucket_policy": "own", "deploy_role_arn": None})
    monkeypatch.setattr(boundary_check, "_iam", lambda *_: Iam(None, error="AccessDenied"))
    check_boundaries(Deployment(environment=environment.model_copy(update={"source": source})))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("mapspan: the permissions boundary of the target account isn't compared: ")
    assert "AccessDenied" in line
    assert "\x1b" not in line


def test_review_and_deploy_compare_the_companys_boundary(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = prod()
    source = environment.source.model_copy(update={"deploy_role_arn": None})
    monkeypatch.setattr(boundary_check, "_iam", lambda *_: Iam({"Statement": [deny()]}))
    with pytest.raises(CommandError, match="the company's permissions boundary"):
        check_boundaries(Deployment(environment=environment.model_copy(update={"source": source})))


def test_the_source_accounts_boundary_is_not_compared_without_a_role_to_read_it_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = load("prod")
    rules = AccountRules(permissions_boundary_arn="arn:aws:iam::888888888888:policy/company")
    changes: dict[str, Any] = {
        "company": environment.company.model_copy(update={"source": rules}),
        "source": environment.source.model_copy(update={"bucket_policy": "merge", "deploy_role_arn": None}),
        "target": environment.target.model_copy(update={"deploy_role_arn": None}),
    }
    monkeypatch.setattr(boundary_check, "_iam", lambda *_: pytest.fail("nothing is asked"))
    check_boundaries(Deployment(environment=environment.model_copy(update=changes)))
    assert "source.deploy_role_arn names no role to read it with" in capsys.readouterr().err
