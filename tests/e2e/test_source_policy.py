"""What becomes of a policy that the source bucket has: `own` replaces it and says so, `merge` keeps it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import cdktf
import pytest

from local_cloud import process
from mapspan.terraform import Terraform
from modules.location import Location
from modules.providers import provider
from modules.readable_stack import ReadableStack
from modules.source_access import SourceAccess
from modules.statements.source import source_statements
from tests.e2e.conftest import Cloud

BUCKET = "landing-zone-with-a-policy"
ARN = f"arn:aws:s3:::{BUCKET}"
LIST, READ = (f"arn:aws:iam::111111111111:role/mapspan-local-{name}" for name in ("list-objects", "process-objects"))
THEIRS = [
    {"Sid": "Audit", "Effect": "Allow", "Principal": {"AWS": LIST}, "Action": "s3:GetBucketAcl", "Resource": ARN},
    {"Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketAcl", "Resource": [ARN]},
]


def statements(*prefixes: str) -> list[Any]:
    return list(
        source_statements(
            bucket_arn=ARN, prefixes=prefixes, lister_principal=LIST, reader_principal=READ, sid_prefix="MapspanTest"
        )
    )


class Policy:
    """The source account's side alone, deployed by terraform to the shared cloud."""

    def __init__(self, cloud: Cloud, directory: Path) -> None:
        self.cloud = cloud
        self.directory = directory
        self.terraform = Terraform(directory / "cdktf.out" / "stacks" / "policy")

    def synthesize(
        self, bucket_policy: Literal["own", "merge"], ours: list[Any], *, key_arn: str | None = None
    ) -> None:
        app = cdktf.App(outdir=str(self.directory / "cdktf.out"))
        stack = ReadableStack(app, "policy")
        cdktf.LocalBackend(stack, path=str(self.directory / "terraform.tfstate"))
        source = provider(
            stack,
            "aws_source",
            account_id="222222222222",
            region="us-east-1",
            tags={},
            deploy_role_arn=None,
            local_cloud_url=self.cloud.local.endpoint_url,
        )
        access = SourceAccess(
            stack,
            "source_access",
            provider=source,
            location=Location(account_id="222222222222", region="us-east-1"),
            bucket=BUCKET,
            bucket_policy=bucket_policy,
            statements=ours,
            prefix="test",
            log_retention_days=1,
        )
        if key_arn:
            access.grant_key(key_arn, READ)
        cdktf.TerraformOutput(stack, "source_bucket_policy", value=access.consequence)
        app.synth()
        self.terraform.init()

    @property
    def found(self) -> list[Any]:
        document = json.loads(self.cloud.source_s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
        found: list[Any] = document["Statement"]
        return found


@pytest.fixture
def policy(cloud: Cloud, tmp_path: Path) -> Iterator[Policy]:
    document = {"Version": "2012-10-17", "Statement": THEIRS}
    cloud.source_s3.create_bucket(Bucket=BUCKET)
    cloud.source_s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document))
    yield Policy(cloud, tmp_path)
    cloud.source_s3.delete_bucket(Bucket=BUCKET)


def test_merge_keeps_what_the_bucket_has_and_destroy_gives_it_back(policy: Policy) -> None:
    kms = process.client("kms", "222222222222", policy.cloud.local.endpoint_url)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    ours = statements("2026/")
    policy.synthesize("merge", ours, key_arn=key)
    policy.terraform.apply()
    assert policy.found == [*THEIRS, *ours]
    (grant,) = kms.list_grants(KeyId=key)["Grants"]
    assert (grant["GranteePrincipal"], grant["Operations"]) == (READ, ["Decrypt"])
    assert policy.terraform.plan_changes() is False

    # Another set of ours replaces the one before, Sid by Sid; what is no longer ours goes.
    policy.synthesize("merge", statements("2027/")[:1])
    policy.terraform.apply()
    assert policy.found == [*THEIRS, *statements("2027/")[:1]]

    policy.terraform.destroy()
    assert policy.found == THEIRS
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_own_replaces_what_the_bucket_has_and_the_plan_says_so(policy: Policy) -> None:
    ours = statements("2026/")
    policy.synthesize("own", ours)
    plan = policy.directory / "plan"
    assert policy.terraform.plan_changes(plan)
    planned: Any = policy.terraform.show_plan(plan)
    said = planned["output_changes"]["source_bucket_policy"]["after"]
    assert said == f"whatever policy {BUCKET} has is REPLACED by ours, and destroy deletes it"

    policy.terraform.apply()
    assert policy.found == ours
