"""Handover: the source account's owner applies the files we write; check-access says what is still missing."""

from __future__ import annotations

import json

import pytest

from local_cloud import process
from mapspan.local.local_deployment import LocalDeployment
from mapspan.source_access.access_check import AccessCheck
from mapspan.source_access.check_access import check_access
from tests.e2e.variants import Variant, variant_of_local

BUCKET = "their-landing-zone"
KEY = "arn:aws:kms:eu-west-1:222222222222:key/9f0d3b1c"


@pytest.fixture(scope="module")
def handed_over(undeployed: LocalDeployment, tmp_path_factory: pytest.TempPathFactory) -> Variant:
    """Deployed with a KMS key of ours and a source bucket in another Region; nothing is created in its account."""
    runs_key = process.client("kms", "111111111111", undeployed.endpoint_url).create_key()["KeyMetadata"]["Arn"]
    settings = variant_of_local(
        "handed",
        kms_key_arn=runs_key,
        source={"bucket": BUCKET, "region": "eu-west-1", "bucket_policy": "handover", "kms_key_arn": KEY},
    )
    variant = Variant(
        endpoint_url=undeployed.endpoint_url, directory=tmp_path_factory.mktemp("handover"), settings=settings
    )
    s3 = variant.s3
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=BUCKET, Key="2026/a", Body=b"one\n")
    s3.put_object(Bucket=BUCKET, Key="2026/b", Body=b"")
    variant.deploy()
    return variant  # it ends with the local cloud


def verdicts(checks: list[AccessCheck]) -> dict[str, str]:
    return {check.call: check.verdict for check in checks}


def test_nothing_is_missing_once_the_owner_has_applied_the_files(handed_over: Variant) -> None:
    deployment = handed_over.deployment
    outcome = handed_over.run({})
    assert outcome.status == "FAILED"
    assert "AccessDenied" in f"{outcome.error}: {outcome.cause}"
    before = check_access(deployment)
    assert verdicts(before) == {
        "s3:ListBucket": "missing",
        "s3:GetObject": "missing",
        "s3:GetBucketOwnershipControls": "unknown",
    }
    assert all(access.detail for access in before)

    handover = handed_over.directory / "cdktf.out" / "handover" / "handed"
    policy = (handover / "bucket-policy.json").read_text()
    assert json.loads(policy) == json.loads(handed_over.terraform.outputs()["handover_bucket_policy"])
    document = json.loads(policy)
    document["Statement"] = document["Statement"][:1]
    handed_over.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document))
    assert verdicts(check_access(deployment))["s3:ListBucket"] == "allowed"
    assert verdicts(check_access(deployment))["s3:GetObject"] == "missing"

    handed_over.s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    after = check_access(deployment)
    assert verdicts(after)["s3:ListBucket"] == verdicts(after)["s3:GetObject"] == "allowed"
    encrypted = handed_over.deployment.s3().get_bucket_encryption(Bucket=handed_over.settings.runs_bucket)
    (rule,) = encrypted["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID") == handed_over.settings.kms_key_arn
    assert handed_over.run({}).ledger == {"listed": 2, "succeeded": 2, "skipped": 0, "failed": 0, "pending": 0}


def test_no_source_provider_is_configured_and_the_instructions_name_each_step(handed_over: Variant) -> None:
    stack = json.loads((handed_over.terraform.directory / "cdk.tf.json").read_text())
    assert [provider.get("alias") for provider in stack["provider"]["aws"]] == [None]
    handover = handed_over.directory / "cdktf.out" / "handover" / "handed"
    instructions = (handover / "README.md").read_text()
    assert f"put-bucket-policy --bucket {BUCKET}" in instructions
    assert KEY in instructions
    statement = json.loads((handover / "key-policy-statement.json").read_text())
    assert statement["Resource"] == "*"
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111111111111:role/mapspan-handed-process-objects"}
