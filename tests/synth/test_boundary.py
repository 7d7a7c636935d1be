"""Every role that a deploy creates fits into the boundary that bootstrap writes, and carries it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from environments.environment import Environment
from mapspan.deploying.boundary import boundary_document
from mapspan.review.iam.accounts import Accounts, Bucket, Role, as_list
from mapspan.review.iam.simulator import EVERYTHING, Call
from modules.pipeline.app import synthesize
from tests.iam.environment_variants import environment_variants
from tests.iam.running_simulator import running_simulator

KEYS = [f"arn:aws:kms:us-east-1:{account}:key/0" for account in ("111111111111", "222222222222")]
# Like KMS's default policy, it leaves the decision to its account's IAM policies.
BY_IAM = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
ROLE = "arn:aws:iam::111111111111:role/any"


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Environment, Any]]:
    """Each environment with everything that it can turn on, and its Terraform JSON."""
    synthesized = []
    for environment in environment_variants(KEYS):
        outdir: Path = tmp_path_factory.mktemp(environment.key_source)
        synthesize([environment], outdir)
        stack = outdir / "stacks" / environment.name / "cdk.tf.json"
        synthesized.append((environment, json.loads(stack.read_text())))
    return synthesized


def test_every_role_has_the_boundary_of_its_account(variants: list[tuple[Environment, Any]]) -> None:
    for environment, stack in variants:
        for name, role in stack["resource"]["aws_iam_role"].items():
            assert "provider" not in role, f"{name} is created in the source account"
            assert role["permissions_boundary"] == environment.boundary_arn("target"), name


def may_do(stack: Any) -> set[tuple[str, str]]:
    """Each action of the roles' policies, on a resource that it matches."""
    documents = [json.loads(policy["policy"]) for policy in stack["resource"]["aws_iam_role_policy"].values()]
    return {
        (action, resource if resource == "*" else _matched(resource))
        for document in documents
        for statement in document["Statement"]
        if statement["Effect"] == "Allow"
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def _matched(pattern: str) -> str:
    return pattern.replace(":*", ":log-stream:x") if ":log-group:" in pattern else pattern.replace("*", "x")


def test_a_boundary_allows_everything_that_the_roles_may_do(variants: list[tuple[Environment, Any]]) -> None:
    via_s3, in_region = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}, {"aws:RequestedRegion": "us-east-1"}
    with running_simulator() as simulator:
        for environment, stack in variants:
            document = boundary_document(environment, "target")
            ours = environment.own_buckets("runs", "inventory", "replica", "output")
            accounts = Accounts(
                roles={ROLE: Role(policies={"boundary": document}, trust={"Statement": []})},
                buckets={
                    **{name: Bucket(account_id=environment.target.account_id) for name in ours},
                    # The other account allows everything, so that the boundary alone decides.
                    environment.source.bucket: Bucket(account_id=environment.source.account_id, policy=EVERYTHING),
                },
                resource_policies={KEYS[0]: BY_IAM, KEYS[1]: EVERYTHING},
            )
            calls = may_do(stack)
            assert len(calls) > 30
            contexts = {call: via_s3 if call[0].startswith("kms:") else in_region for call in calls}
            denied = {
                call for call, context in contexts.items() if not simulator.allows(accounts, Call(ROLE, *call, context))
            }
            assert denied == set()


def test_the_companys_path_and_boundary_are_those_of_every_role(tmp_path: Path) -> None:
    own = "arn:aws:iam::111111111111:policy/company/most"
    everything = json.loads(environment_variants(KEYS)[0].model_dump_json(exclude_defaults=True))
    rules = {"name_prefix": "acme", "target": {"permissions_boundary_arn": own, "role_path": "/data/"}}
    environment = Environment.model_validate_json(json.dumps({**everything, "company": rules}))
    synthesize([environment], tmp_path)
    stack = json.loads((tmp_path / "stacks" / environment.name / "cdk.tf.json").read_text())
    roles = stack["resource"]["aws_iam_role"]
    assert len(roles) == 5
    for name, role in roles.items():
        assert (role["path"], role["permissions_boundary"]) == ("/data/", own), name
        assert role["name"].startswith("acme-local-"), name
