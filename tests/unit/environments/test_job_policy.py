"""A policy file is read in one shape, and what is too wide to be read or proved is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from environments.job_policy import VERSION, JobPolicyError, read_job_policy

TABLE = "arn:aws:dynamodb:eu-west-1:333333333333:table/products"
GET: dict[str, Any] = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": TABLE}


def read(directory: Path, document: object) -> list[dict[str, Any]]:
    text = document if isinstance(document, str) else json.dumps(document)
    (directory / "policy.json").write_text(text, encoding="utf-8")
    return read_job_policy("policy.json", directory)


def refusal(directory: Path, document: object) -> str:
    with pytest.raises(JobPolicyError) as raised:
        read(directory, document)
    return str(raised.value)


def policy(*statements: object) -> dict[str, object]:
    return {"Version": VERSION, "Statement": list(statements)}


def test_a_statement_without_a_sid_gets_one_and_lists_its_actions_and_resources(tmp_path: Path) -> None:
    conditional = {**GET, "Sid": "Get", "Condition": {"Bool": {"aws:SecureTransport": True}}}
    assert read(tmp_path, policy(conditional, GET)) == [
        {**conditional, "Action": ["dynamodb:GetItem"], "Resource": [TABLE]},
        {"Sid": "JobPolicy2", "Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": [TABLE]},
    ]


def test_a_single_statement_needs_no_list(tmp_path: Path) -> None:
    assert len(read(tmp_path, {"Version": VERSION, "Statement": GET})) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"Action": "dynamodb:Get*"},
        {"Resource": TABLE.replace("products", "*")},
        {"Action": "cloudwatch:PutMetricData", "Resource": "*"},
        {"Action": "iam:PassRole", "Resource": "arn:aws:iam::333333333333:role/convert"},
        {"Effect": "Deny", "Action": "*", "Resource": "*"},
        {"Resource": "arn:aws:s3:::reference/${aws:PrincipalAccount}/*", "Action": "s3:GetObject"},
    ],
    ids=str,
)
def test_a_narrow_grant_and_any_denial_are_accepted(tmp_path: Path, fields: dict[str, object]) -> None:
    assert read(tmp_path, policy({**GET, **fields}))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Action": "*"}, '"*" is every action of a service'),
        ({"Action": "dynamodb:*"}, '"dynamodb:*" is every action of a service'),
        ({"Action": ["dynamodb:GetItem", "s3:*Object"]}, '"s3:*Object" is every action of a service'),
        ({"Action": "GetItem"}, '"GetItem" is not an action'),
        ({"Action": "dyn*:GetItem"}, '"dyn*:GetItem" is not an action'),
        ({"Action": []}, "Action is required"),
        ({"Action": "iam:PutRolePolicy"}, "a job that changes roles could grant itself anything"),
        ({"Action": "iam:PassRole", "Resource": "arn:aws:iam::333333333333:role/*"}, "roles named in full"),
        (
            {
                "Action": "iam:PassRole",
                "Resource": ["arn:aws:iam::333333333333:role/convert", "arn:aws:iam::333333333333:role/c*"],
            },
            "roles named in full",
        ),
        ({"Resource": "*"}, '"dynamodb:GetItem" on every resource ("*"): name the resources'),
        ({"Action": "ec2:Describe*", "Resource": "*"}, '"ec2:Describe*" on every resource ("*")'),
        ({"Action": "sts:AssumeRole", "Resource": ["*"]}, '"sts:AssumeRole" on every resource'),
        ({"Resource": "arn:aws:s3:::*", "Action": "s3:GetObject"}, '"arn:aws:s3:::*" names nothing'),
        ({"Resource": "arn:aws:*:*:*:*"}, "names nothing"),
        ({"Resource": "products"}, '"products" is not an ARN'),
        ({"Resource": None}, "Resource is required"),
        ({"Effect": "allow"}, 'the Effect is neither "Allow" nor "Deny"'),
        ({"NotAction": "iam:*"}, '"NotAction" is not accepted: it would allow every other action'),
        ({"NotResource": TABLE}, '"NotResource" is not accepted'),
        ({"Principal": "*"}, '"Principal" is not accepted: the policy belongs to the function\'s role'),
        ({"NotPrincipal": "*"}, '"NotPrincipal" is not accepted'),
        ({"Comment": "a"}, '"Comment" is not accepted: the elements of a statement here are Sid, Effect'),
        ({"Sid": "not ascii: ü"}, "is not letters and digits: rename it"),
        ({"Condition": "never"}, "the Condition is not"),
        ({"Condition": {"StringEquals": {"aws:a": []}}}, "the Condition is not"),
        ({"Resource": TABLE + "\u202e"}, "contains the control character U+202E"),
    ],
)
def test_a_statement_that_is_wrong_or_too_wide_is_refused(tmp_path: Path, fields: dict[str, Any], words: str) -> None:
    message = refusal(tmp_path, policy({**GET, "Sid": "Get"}, {**GET, **fields}))
    assert message.startswith("statement 2: ")
    assert words in message


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a policy document"),
        ({"Version": "2008-10-17", "Statement": [GET]}, f'the Version is not "{VERSION}"'),
        ({"Statement": [GET]}, f'the Version is not "{VERSION}"'),
        (policy(), "contains no Statement"),
        ({**policy(GET), "Comment": ""}, "not a policy document"),
        (policy({**GET, "Sid": "A"}, {**GET, "Sid": "A"}), "two statements have the Sid A"),
        (policy("allow"), "statement 1: it is not an object"),
        (json.dumps(policy(GET)).replace('"Action"', '"Effect": "Deny", "Action"'), 'contains "Effect" twice'),
    ],
    ids=str,
)
def test_a_document_that_is_not_a_policy_is_refused(tmp_path: Path, document: object, words: str) -> None:
    assert words in refusal(tmp_path, document)


def test_a_file_that_is_missing_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobPolicyError, match="no such file"):
        read_job_policy("missing.json", tmp_path)
    (tmp_path / "policy.json").write_bytes(b"\xff")
    with pytest.raises(JobPolicyError, match="write a JSON policy document in UTF-8"):
        read_job_policy("policy.json", tmp_path)
