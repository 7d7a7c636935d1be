"""A source bucket that already has a policy: `own` replaces the policy and says so, `merge` keeps it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import cdktf
import pytest

from local_cloud import process
from mapspan.deploying.terraform import Terraform
from mapspan.local.local_deployment import LocalDeployment
from modules.location import Location
from modules.pipeline.source_access import SourceAccess
from modules.providers import provider
from modules.readable_stack import ReadableStack
from modules.resource_names import function_name
from modules.statements import policy_document
from modules.statements.functions import merge_statements
from modules.statements.source import source_statements
from modules.statements.trust import trust

MERGED, OWNED, NEXT = "landing-zone-with-a-policy", "landing-zone-to-take-over", "landing-zone-of-next-year"
LIST, READ = (f"arn:aws:iam::111111111111:role/mapspan-local-{name}" for name in ("list-objects", "process-objects"))


def theirs(bucket: str) -> list[Any]:
    """The statements that the bucket's owner has in its policy before we deploy."""
    arn = f"arn:aws:s3:::{bucket}"
    return [
        {"Sid": "Audit", "Effect": "Allow", "Principal": {"AWS": LIST}, "Action": "s3:GetBucketAcl", "Resource": arn},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketAcl", "Resource": [arn]},
    ]


def statements(bucket: str, prefix: str) -> list[Any]:
    return list(
        source_statements(
            bucket_arn=f"arn:aws:s3:::{bucket}",
            prefixes=[prefix],
            lister_principal=LIST,
            reader_principal=READ,
            sid_prefix="MapspanTest",
        )
    )


class Policies:
    """The source account's side alone: one bucket with `merge` and one with `own`."""

    def __init__(self, local: LocalDeployment, directory: Path) -> None:
        self.local = local
        self.directory = directory
        self.terraform = Terraform(directory / "cdktf.out" / "stacks" / "policies")

    def synthesize(
        self, *, merged: list[Any], owned: list[Any], key_arn: str | None = None, merge_into: str = MERGED
    ) -> None:
        app = cdktf.App(outdir=str(self.directory / "cdktf.out"))
        stack = ReadableStack(app, "policies")
        cdktf.LocalBackend(stack, path=str(self.directory / "terraform.tfstate"))
        source = provider(
            stack,
            "aws_source",
            account_id="222222222222",
            region="us-east-1",
            tags={},
            deploy_role_arn=None,
            local_cloud_url=self.local.endpoint_url,
        )
        modes: list[tuple[Literal["own", "merge"], str, list[Any]]] = [
            ("merge", merge_into, merged),
            ("own", OWNED, owned),
        ]
        for mode, bucket, ours in modes:
            access = SourceAccess(
                stack,
                mode,
                provider=source,
                location=Location(account_id="222222222222", region="us-east-1"),
                bucket=bucket,
                bucket_policy=mode,
                statements=ours,
                prefix="test",
                log_retention_days=1,
            )
            if key_arn and mode == "merge":
                access.grant_key(key_arn, READ)
            cdktf.TerraformOutput(stack, f"{mode}_policy", value=access.consequence)
        app.synth()

    def statements(self, bucket: str) -> list[Any]:
        document = json.loads(self.local.source_s3().get_bucket_policy(Bucket=bucket)["Policy"])
        current: list[Any] = document["Statement"]
        return current


@pytest.fixture
def policies(undeployed: LocalDeployment, tmp_path: Path) -> Iterator[Policies]:
    s3 = undeployed.source_s3()
    for bucket in (MERGED, OWNED, NEXT):
        document = {"Version": "2012-10-17", "Statement": theirs(bucket)}
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
    with merge_role(undeployed):
        yield Policies(undeployed, tmp_path)
    for bucket in (MERGED, OWNED, NEXT):
        s3.delete_bucket(Bucket=bucket)


@contextlib.contextmanager
def merge_role(local: LocalDeployment) -> Iterator[None]:
    """The function's role, which bootstrap creates for an environment."""
    iam = process.client("iam", "222222222222", local.endpoint_url)
    name = function_name("test", "merge_statements")
    needs = merge_statements(
        bucket_arns=[f"arn:aws:s3:::{bucket}" for bucket in (MERGED, NEXT)], account_id="222222222222"
    )
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust("lambda")))
    for need, allowed in needs.items():
        iam.put_role_policy(RoleName=name, PolicyName=need, PolicyDocument=json.dumps(policy_document(allowed)))
    yield
    for need in needs:
        iam.delete_role_policy(RoleName=name, PolicyName=need)
    iam.delete_role(RoleName=name)


def test_merge_restores_the_policy_at_destroy_and_own_says_that_it_replaces_it(policies: Policies) -> None:
    kms = process.client("kms", "222222222222", policies.local.endpoint_url)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    merged, owned = statements(MERGED, "2026/"), statements(OWNED, "2026/")
    policies.synthesize(merged=merged, owned=owned, key_arn=key)
    policies.terraform.init()
    plan = policies.directory / "plan"
    assert policies.terraform.plan_changes(plan)
    planned: Any = policies.terraform.show_plan(plan)
    consequence = planned["output_changes"]["own_policy"]["after"]
    assert consequence == f"the whole policy of {OWNED} is REPLACED by ours, and destroy deletes it"

    policies.terraform.apply_plan(plan)
    assert policies.statements(OWNED) == owned
    assert policies.statements(MERGED) == [*theirs(MERGED), *merged]
    (grant,) = kms.list_grants(KeyId=key)["Grants"]
    assert (grant["GranteePrincipal"], grant["Operations"]) == (READ, ["Decrypt"])
    assert policies.terraform.plan_changes() is False

    # New statements of ours replace the old ones by Sid; those we no longer have are removed.
    fewer = statements(MERGED, "2027/")[:1]
    policies.synthesize(merged=fewer, owned=owned)
    policies.terraform.apply()
    assert policies.statements(MERGED) == [*theirs(MERGED), *fewer]
    assert kms.list_grants(KeyId=key)["Grants"] == []

    # Another source bucket: the former one is left as it was before us.
    moved = statements(NEXT, "2027/")
    policies.synthesize(merged=moved, owned=owned, merge_into=NEXT)
    policies.terraform.apply()
    assert policies.statements(MERGED) == theirs(MERGED)
    assert policies.statements(NEXT) == [*theirs(NEXT), *moved]
    assert policies.terraform.plan_changes() is False

    policies.terraform.destroy()
    assert policies.statements(MERGED) == theirs(MERGED)
    assert policies.statements(NEXT) == theirs(NEXT)
