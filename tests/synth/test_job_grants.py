"""What a job's settings create: its output's bucket, the policies of its function's role, and what is handed over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from environments.files import SettingsError
from environments.job import OWN_VARIABLES, OWN_VARIABLES_BYTES
from modules.location import Location
from modules.pipeline.job_needs import LOGS_AND_TRACES_LENGTH
from modules.pipeline.workflow.names import REPLICATION
from modules.statements import policy_document
from modules.statements.functions import logs_and_traces
from tests.synth.conftest import RUNS_KEY, dev_with_keys

OUTPUT_KEY = "arn:aws:kms:eu-west-1:555555555555:key/9f0d3b1c-output"
SECRET = "arn:aws:secretsmanager:eu-west-1:333333333333:secret:token-a1B2c3"
PARAMETER = "arn:aws:ssm:eu-west-1:333333333333:parameter/token"
JOB: dict[str, Any] = {
    "environment": {"TEMPLATE": "${a}%{b}"},
    "secrets": [SECRET, PARAMETER],
    "policy": "tests/fixtures/policies/lookup.json",
    "reads_tags": True,
    "output": {"prefix": "results/"},
}
IN_ANOTHER_ACCOUNT = {
    "bucket": "results",
    "account_id": "555555555555",
    "prefix": "results/",
    "kms_key_arn": OUTPUT_KEY,
}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return dev_with_keys(tmp_path_factory.mktemp("full"), bucket_policy="merge", job=JOB)


@pytest.fixture(scope="module")
def other_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("other")


@pytest.fixture(scope="module")
def other(other_directory: Path) -> Any:
    return dev_with_keys(other_directory, bucket_policy="own", job={**JOB, "output": IN_ANOTHER_ACCOUNT})


def variables(stack: Any) -> Any:
    return stack["resource"]["aws_lambda_function"]["process_objects"]["environment"]["variables"]


def statements(stack: Any, need: str) -> dict[str, Any]:
    """The statements of one need of the function's role, by Sid."""
    policy = json.loads(stack["resource"]["aws_iam_role_policy"][f"process_objects_{need}"]["policy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def test_a_job_without_these_settings_gets_no_further_policy(dev: Any) -> None:
    needs = {
        name.removeprefix("process_objects_")
        for name in dev["resource"]["aws_iam_role_policy"]
        if name.startswith("process_objects_")
    }
    assert needs == {"read_source_objects", "write_results", "write_logs", "trace"}
    assert list(dev["resource"]["aws_s3_bucket"]) == ["runs_bucket"]
    assert not {"OUTPUT_BUCKET", "READS_TAGS"} & variables(dev).keys()


def test_the_output_gets_a_bucket_that_is_kept_and_encrypted_as_the_runs_bucket(full: Any) -> None:
    name = "mapspan-dev-output-333333333333-eu-west-1"
    bucket = full["resource"]["aws_s3_bucket"]["output_bucket"]
    assert (bucket["bucket"], bucket["force_destroy"]) == (name, False)
    assert bucket["lifecycle"] == {"prevent_destroy": True}
    assert full["output"]["output_bucket"]["value"] == name
    (rule,) = full["resource"]["aws_s3_bucket_lifecycle_configuration"]["output_bucket_lifecycle"]["rule"]
    assert rule["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 7}]
    assert "expiration" not in rule
    (rule,) = full["resource"]["aws_s3_bucket_server_side_encryption_configuration"]["output_bucket_encryption"]["rule"]
    assert rule["apply_server_side_encryption_by_default"]["kms_master_key_id"] == RUNS_KEY
    assert statements(full, "use_output_key")["UseOutputKey"]["Resource"] == RUNS_KEY


def test_the_function_gets_the_variables_of_its_job_and_its_output(full: Any) -> None:
    assert variables(full) == {
        "TEMPLATE": "$${a}%%{b}",
        "SOURCE_BUCKET": "example-landing-zone-dev",
        "SOURCE_ACCOUNT_ID": "444444444444",
        "SOURCE_REGION": "eu-west-1",
        "RUNS_BUCKET": "mapspan-dev-runs-333333333333-eu-west-1",
        "RUNS_ACCOUNT_ID": "333333333333",
        "READ_THREADS": "16",
        "READS_TAGS": "true",
        "OUTPUT_BUCKET": "mapspan-dev-output-333333333333-eu-west-1",
        "OUTPUT_ACCOUNT_ID": "333333333333",
        "OUTPUT_REGION": "eu-west-1",
        "OUTPUT_PREFIX": "results/",
    }


def test_our_variables_are_reserved_and_fit_into_the_bytes_that_are_kept_for_them(full: Any) -> None:
    ours = variables(full).keys() - {"TEMPLATE"}
    assert ours <= OWN_VARIABLES
    longest = {name: 63 if name.endswith("BUCKET") else 16 for name in OWN_VARIABLES}
    assert sum(len(name) + length for name, length in longest.items()) <= OWN_VARIABLES_BYTES


def test_a_job_reads_each_secret_by_its_arn(full: Any) -> None:
    reading = statements(full, "read_secrets")
    assert {sid: (statement["Action"], statement["Resource"]) for sid, statement in reading.items()} == {
        "ReadSecrets": ("secretsmanager:GetSecretValue", [SECRET]),
        "ReadParameters": ("ssm:GetParameter", [PARAMETER]),
    }


def test_a_policy_file_becomes_a_policy_of_its_own(full: Any) -> None:
    assert list(statements(full, "job_policy")) == ["LookUpProducts", "JobPolicy2", "LeaveSalesAlone"]


def test_tags_are_read_on_both_sides(full: Any, other: Any, tmp_path: Path) -> None:
    for stack in (full, other):
        assert statements(stack, "read_tags")["ReadSourceTags"]["Resource"] == [
            "arn:aws:s3:::example-landing-zone-dev/2026/*"
        ]
        assert "s3:PutObjectTagging" in statements(stack, "write_output")["WriteOutput"]["Action"]
    merged = json.loads(full["resource"]["aws_lambda_invocation"]["source_access_bucket_policy"]["input"])["statements"]
    owned = json.loads(other["resource"]["aws_s3_bucket_policy"]["source_access_bucket_policy"]["policy"])["Statement"]
    dev_with_keys(tmp_path, bucket_policy="handover", job=JOB)
    handed_over = json.loads((tmp_path / "handover" / "dev" / "bucket-policy.json").read_text())["Statement"]
    for policy in (merged, owned, handed_over):
        assert policy[1]["Action"] == ["s3:GetObject", "s3:GetObjectTagging"]


def test_a_replica_gets_tags_only_if_the_job_reads_them(tmp_path: Path) -> None:
    for reads_tags in (True, False):
        stack = dev_with_keys(tmp_path, bucket_policy="own", key_source=REPLICATION, job={"reads_tags": reads_tags})
        policy = stack["resource"]["aws_s3_bucket_policy"]["replication_replica_policy"]["policy"]
        assert ("ReplicateTags" in policy) == reads_tags


def test_an_existing_bucket_of_the_target_account_is_only_written_to(tmp_path: Path) -> None:
    stack = dev_with_keys(tmp_path, bucket_policy="own", job={"output": {"bucket": "results"}})
    assert list(stack["resource"]["aws_s3_bucket"]) == ["runs_bucket"]
    assert "process_objects_use_output_key" not in stack["resource"]["aws_iam_role_policy"]
    assert statements(stack, "write_output")["WriteOutput"]["Resource"] == ["arn:aws:s3:::results/*"]
    assert "OUTPUT_PREFIX" not in variables(stack), "the function takes a missing prefix for none"
    assert not (tmp_path / "handover").exists()


def test_an_output_in_another_account_is_handed_over(other: Any, other_directory: Path) -> None:
    assert list(other["resource"]["aws_s3_bucket"]) == ["runs_bucket"]
    directory = other_directory / "handover" / "dev" / "output"
    files = {path.stem: json.loads(path.read_text()) for path in directory.glob("*.json")}
    assert files == {
        name: json.loads(other["output"][f"handover_output_{name.replace('-', '_')}"]["value"])
        for name in ("bucket-policy", "key-policy-statement")
    }
    words = (directory / "README.md").read_text()
    assert words.startswith("# What dev needs of account 555555555555\n")
    assert "to write objects to your bucket `results` below `results/`" in words
    writer = "arn:aws:iam::333333333333:role/mapspan-dev-process-objects"
    granted = [*files["bucket-policy"]["Statement"], files["key-policy-statement"]]
    assert [(statement["Sid"], statement["Principal"]) for statement in granted] == [
        (f"mapspanXdevX333333333333{sid}", {"AWS": writer}) for sid in ("WriteOutput", "FindUploads", "UseOutputKey")
    ]
    for statement, need in zip(granted, ("write_output", "write_output", "use_output_key"), strict=True):
        own = statements(other, need)[statement["Sid"].removeprefix("mapspanXdevX333333333333")]
        assert statement["Action"] == own["Action"]


def test_the_policies_for_logs_and_traces_fit_into_what_is_kept_for_them() -> None:
    group = Location(account_id="1" * 12, region="ap-southeast-2").arn("logs", f"log-group:/aws/lambda/{'a' * 64}")
    documents = [policy_document(statements) for statements in logs_and_traces(log_group_arn=group).values()]
    length = sum(len(json.dumps(document, separators=(",", ":"))) for document in documents)
    assert length <= LOGS_AND_TRACES_LENGTH


def test_policies_that_no_role_can_hold_are_refused(tmp_path: Path) -> None:
    secrets = [f"{PARAMETER}/{'a' * 200}{number}" for number in range(50)]
    with pytest.raises(SettingsError, match=r"environments/dev.toml: job.secrets: .* would have 1\d,\d+ characters"):
        dev_with_keys(tmp_path, bucket_policy="own", job={"secrets": secrets})
