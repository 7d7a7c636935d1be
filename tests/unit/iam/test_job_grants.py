"""What a job may do is proved from its environment's settings, and each mistake in its grants is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from environments import job_policy
from environments.environment import Environment
from environments.job_policy import VERSION
from mapspan.jobs.grants.job_accounts import job_accounts, job_role
from mapspan.jobs.grants.job_proof import JobProof, job_grant_errors
from mapspan.review.iam.accounts import Accounts
from mapspan.review.iam.simulator import Simulator
from tests.iam.changed_accounts import find_statement, with_fields
from tests.iam.pipeline_accounts import DATA, LOCAL, REGION, SOURCE, TARGET

KEYS = {name: f"arn:aws:kms:{REGION}:{account}:key/{name}" for name, account in (
    ("runs", TARGET), ("data", SOURCE), ("results", "555555555555"))}  # fmt: skip
SECRET = f"arn:aws:secretsmanager:{REGION}:{TARGET}:secret:team/token-a1B2c3"
PARAMETER = f"arn:aws:ssm:{REGION}:{TARGET}:parameter/team/token"
POLICY = "tests/fixtures/policies/lookup.json"
IN_ANOTHER_ACCOUNT = {
    "bucket": "results",
    "account_id": "555555555555",
    "prefix": "results/",
    "kms_key_arn": KEYS["results"],
}


def environment(job: dict[str, Any], **settings: object) -> Environment:
    """`local` with another job, and with keys on both sides."""
    local = json.loads(LOCAL.model_dump_json(exclude_defaults=True))
    source = {**local["source"], "kms_key_arn": KEYS["data"]}
    return Environment.model_validate_json(
        json.dumps({**local, "source": source, "kms_key_arn": KEYS["runs"], "job": {**local["job"], **job}, **settings})
    )


def moved(settings: Environment, region: str, partition: str) -> Environment:
    """The same environment in another partition."""
    text = settings.model_dump_json(exclude_defaults=True).replace(REGION, region)
    return Environment.model_validate_json(text.replace("arn:aws:", f"arn:{partition}:"))


WRITES = environment({"reads_tags": True, "output": {"prefix": "results/"}})
CALLS = environment({"secrets": [SECRET, PARAMETER], "policy": POLICY})
ANOTHERS = environment({"reads_tags": True, "output": IN_ANOTHER_ACCOUNT})
ENVIRONMENTS = {
    "without grants": environment({}),
    "a bucket of ours": WRITES,
    "secrets and a policy file": CALLS,
    "an existing bucket": environment({"output": {"bucket": "results"}}),
    "another account's bucket": ANOTHERS,
    "a replica": environment({"reads_tags": True, "output": {}}, key_source="replication", list_objects={}),
    "in China": moved(ANOTHERS, "cn-north-1", "aws-cn"),
    "in GovCloud": moved(environment({"secrets": [SECRET, PARAMETER]}), "us-gov-west-1", "aws-us-gov"),
}
ROLE = job_role(WRITES)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_each_grant_is_sufficient_necessary_and_nothing_else(simulator: Simulator, name: str) -> None:
    assert list(JobProof.of(simulator, ENVIRONMENTS[name]).findings()) == []


def test_an_action_that_iam_does_not_know_is_reported_with_its_statement(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = {"Effect": "Allow", "Action": "dynamodb:GetItems", "Resource": KEYS["runs"]}
    (tmp_path / "policy.json").write_text(json.dumps({"Version": VERSION, "Statement": [statement]}))
    monkeypatch.setattr(job_policy, "CHECKOUT", tmp_path)
    (error,) = job_grant_errors(simulator, environment({"policy": "policy.json"}))
    assert error.startswith("environments/local.toml: job: its permissions can't be proved: ")
    assert "job-policy JobPolicy1: there is no action dynamodb:GetItems" in error


def first_finding(simulator: Simulator, settings: Environment, accounts: Accounts) -> str | None:
    return next(JobProof(simulator=simulator, environment=settings, accounts=accounts).findings(), None)


@pytest.mark.parametrize(
    ("settings", "sid"),
    [
        *((WRITES, sid) for sid in ("ReadSourceTags", "WriteOutput", "FindUploads", "UseOutputKey")),
        *((CALLS, sid) for sid in ("ReadSecrets", "ReadParameters", "LookUpProducts", "JobPolicy2", "LeaveSalesAlone")),
    ],
)
def test_a_missing_grant_is_found(simulator: Simulator, settings: Environment, sid: str) -> None:
    accounts = job_accounts(settings)
    location, _ = find_statement(accounts, ROLE, sid)
    assert first_finding(simulator, settings, accounts.without(location))


@pytest.mark.parametrize(
    ("settings", "sid", "fields"),
    [
        (WRITES, "ReadSourceTags", {"Resource": f"arn:aws:s3:::{DATA}/*"}),
        (WRITES, "WriteOutput", {"Resource": f"arn:aws:s3:::{WRITES.output_bucket}/*"}),
        (WRITES, "WriteOutput", {"Action": "s3:*"}),
        (WRITES, "FindUploads", {"Action": ["s3:ListBucketMultipartUploads", "s3:ListBucket"]}),
        (WRITES, "FindUploads", {"Resource": "arn:aws:s3:::*"}),
        (WRITES, "UseOutputKey", {"Condition": {}}),
        (WRITES, "UseOutputKey", {"Action": ["kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"]}),
        (CALLS, "ReadSecrets", {"Resource": SECRET.replace("a1B2c3", "*")}),
        (CALLS, "ReadSecrets", {"Action": "secretsmanager:*"}),
        (CALLS, "ReadParameters", {"Resource": f"{PARAMETER}*"}),
        (CALLS, "LookUpProducts", {"Action": ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Scan"]}),
        (CALLS, "LookUpProducts", {"Resource": "*"}),
        (CALLS, "JobPolicy2", {"Condition": {}}),
        (CALLS, "LeaveSalesAlone", {"Action": "s3:PutObject"}),
        (CALLS, "LeaveSalesAlone", {"Effect": "Allow"}),
    ],
)
def test_a_wider_grant_is_found(
    simulator: Simulator, settings: Environment, sid: str, fields: dict[str, object]
) -> None:
    assert first_finding(simulator, settings, with_fields(job_accounts(settings), ROLE, sid, **fields))


@pytest.mark.parametrize(
    ("owner", "sid", "fields"),
    [
        ("results", "WriteOutput", {"Resource": "arn:aws:s3:::results/*"}),
        ("results", "WriteOutput", {"Action": "s3:*"}),
        ("results", "WriteOutput", {"Condition": {}}),
        ("results", "FindUploads", {"Action": ["s3:ListBucketMultipartUploads", "s3:ListBucket"]}),
        (DATA, "ReadSourceObjects", {"Action": ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectAcl"]}),
        (KEYS["results"], "UseOutputKey", {"Condition": {}}),
    ],
    ids=str,
)
def test_a_wider_statement_of_another_account_is_found(
    simulator: Simulator, owner: str, sid: str, fields: dict[str, object]
) -> None:
    assert first_finding(simulator, ANOTHERS, with_fields(job_accounts(ANOTHERS), owner, sid, **fields))


@pytest.mark.parametrize("owner", ["results", KEYS["results"]])
def test_a_missing_statement_of_another_account_is_found(simulator: Simulator, owner: str) -> None:
    accounts = job_accounts(ANOTHERS)
    for location, _ in accounts.statements():
        if location.owner == owner:
            assert first_finding(simulator, ANOTHERS, accounts.without(location))
