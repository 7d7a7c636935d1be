"""The settings of a job: what Lambda, S3 or ECR would refuse later is refused by file and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.files import load
from environments.job import OWN_VARIABLES, RESERVED_VARIABLES
from tests.fixtures.environment_files import RIGHT, errors, write

KEY = "arn:aws:kms:{region}:{account}:key/1"
IMAGE = "333333333333.dkr.ecr.{region}.amazonaws.com/jobs@sha256:" + "a" * 64
FULL = f"""
[job]
path = "jobs/mine"
ephemeral_storage_mb = 10240
architecture = "x86_64"
objects_per_second = 50
environment = {{ TABLE = "products" }}
secrets = [
    "arn:aws:secretsmanager:eu-west-1:333333333333:secret:team/token-a1B2c3",
    "arn:aws:ssm:eu-west-1:333333333333:parameter/team/token",
]
policy = "tests/fixtures/policies/lookup.json"
reads_tags = true
image = "{IMAGE.format(region="eu-west-1")}"
[job.output]
bucket = "results"
account_id = "555555555555"
region = "eu-central-1"
prefix = "thumbnails/"
kms_key_arn = "{KEY.format(region="eu-central-1", account="555555555555")}"
"""


def with_job(directory: Path, text: str) -> Path:
    return write(directory, text=f"{RIGHT}{text}")


def test_every_setting_of_a_job_is_read(tmp_path: Path) -> None:
    job = load("team", with_job(tmp_path, FULL)).job
    assert set(type(job).model_fields) - job.model_fields_set <= {
        *("memory_mb", "timeout_seconds", "threads", "reserved_concurrency")
    }
    assert job.output is not None
    assert job.output.model_fields_set == set(type(job.output).model_fields)


def test_without_the_table_a_job_writes_nothing(tmp_path: Path) -> None:
    assert load("team", write(tmp_path)).output_bucket is None


def test_an_empty_table_gets_a_bucket_of_the_environment(tmp_path: Path) -> None:
    environment = load("team", with_job(tmp_path, "[job.output]"))
    assert environment.output_bucket == "mapspan-team-output-333333333333-eu-west-1"


def test_the_local_cloud_refuses_an_image(tmp_path: Path) -> None:
    text = f'local_cloud_url = "http://127.0.0.1:4566"\n{RIGHT}\n[job]\nimage = "{IMAGE.format(region="eu-west-1")}"'
    (error,) = errors(write(tmp_path, text=text))
    assert "job.image: the local cloud can't run a container image" in error


def test_a_name_that_is_too_long_for_the_output_bucket_is_refused(tmp_path: Path) -> None:
    name = "a" * (63 - len("mapspan--runs-333333333333-eu-west-1"))
    assert load(name, write(tmp_path, name))
    (error,) = errors(write(tmp_path, name, f"{RIGHT}[job.output]"))
    assert f"the bucket mapspan-{name}-output-333333333333-eu-west-1 would have more than 63" in error


@pytest.mark.parametrize("name", sorted(RESERVED_VARIABLES | OWN_VARIABLES))
def test_a_variable_that_is_set_already_is_refused(tmp_path: Path, name: str) -> None:
    (error,) = errors(with_job(tmp_path, f'[job]\nenvironment = {{ {name} = "a" }}'))
    assert f"job.environment.{name}: " in error
    assert "sets this variable itself: write another name" in error


def test_variables_of_more_than_4_kb_are_refused(tmp_path: Path) -> None:
    def text(length: int) -> str:
        return f'[job]\nenvironment = {{ AB = "{"a" * length}" }}\n[job.output]\nprefix = "out/"'

    assert load("team", with_job(tmp_path, text(3450))).job.environment
    (error,) = errors(with_job(tmp_path, text(3451)))
    assert error.endswith(
        "job.environment: takes 3,453 bytes, names and values together, and a function has 4,096 bytes for all its"
        " variables; mapspan's own need 644 of them: write at most 3,452, and put the rest into a file of the job"
    )


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("[job]\nephemeral_storage_mb = 511", "job.ephemeral_storage_mb", "greater than or equal to 512"),
        ("[job]\nephemeral_storage_mb = 10241", "job.ephemeral_storage_mb", "less than or equal to 10240"),
        ('[job]\narchitecture = "arm"', "job.architecture", "'arm64' or 'x86_64'"),
        ("[job]\nobjects_per_second = 0", "job.objects_per_second", "greater than or equal to 1"),
        ("[job]\nobjects_per_second = 1\ntimeout_seconds = 1", "job.objects_per_second", "timeout_seconds = 2 or more"),
        ('[job]\nenvironment = { _TABLE = "a" }', "job.environment._TABLE", "write a letter, then"),
        ("[job]\nenvironment = { TABLE = 1 }", "job.environment.TABLE", "valid string"),
        (r'[job]\nenvironment = { TABLE = "\u202e" }'.replace(r"\n", "\n"), "job.environment.TABLE", "U+202E"),
        ('[job]\nenvironment = { TABLE = "e\u0301" }', "job.environment.TABLE", "write it in NFC"),
        ('[job.output]\nprefix = "e\u0301/"', "job.output.prefix", "write it in NFC"),
        ('[job]\nsecrets = ["token"]', "job.secrets.0", "is not the whole ARN"),
        (
            '[job]\nsecrets = ["arn:aws:secretsmanager:eu-west-1:333333333333:secret:token"]',
            "job.secrets.0",
            "<name>-<six characters>",
        ),
        (
            '[job]\nsecrets = ["arn:aws:ssm:eu-west-1:333333333333:parameter/*"]',
            "job.secrets.0",
            "without wildcards",
        ),
        (
            '[job]\nsecrets = ["arn:aws:ssm:eu-west-1:555555555555:parameter/a"]',
            "job.secrets.0",
            "write a secret of that account",
        ),
        (
            f"[job]\nsecrets = {['arn:aws:ssm:eu-west-1:333333333333:parameter/a'] * 2}",
            "job.secrets",
            "contains the same ARN twice",
        ),
        ('[job]\npolicy = "/etc/policy.json"', "job.policy", "is not a file of this checkout"),
        ('[job]\npolicy = "jobs/../../policy.json"', "job.policy", "is not a file of this checkout"),
        ('[job]\npolicy = "jobs/none.json"', "job.policy", "jobs/none.json: no such file"),
        ('[job]\nimage = "jobs:latest"', "job.image", "with its digest"),
        (f'[job]\nimage = "{IMAGE.format(region="us-east-1")}"', "job.image", "a repository in eu-west-1"),
        ('[job.output]\nbucket = "s3://a"', "job.output.bucket", "without s3://"),
        ('[job.output]\naccount_id = "555555555555"', "job.output.account_id", "write its name as bucket too"),
        ('[job.output]\nregion = "eu-west-1"', "job.output.region", "write its name as bucket too"),
        ('[job.output]\nprefix = "/a"', "job.output.prefix", "starts with a slash"),
        ('[job.output]\nprefix = "a*"', "job.output.prefix", "an IAM policy reads as a pattern"),
        (
            f'[job.output]\nkms_key_arn = "{KEY.format(region="eu-west-1", account="444444444444")}"',
            "job.output.kms_key_arn",
            "belongs to another account than 333333333333",
        ),
        (
            f'[job.output]\nkms_key_arn = "{KEY.format(region="us-east-1", account="333333333333")}"',
            "job.output.kms_key_arn",
            "write a key of eu-west-1",
        ),
        (
            '[job.output]\nbucket = "mapspan-team-runs-333333333333-eu-west-1"',
            "job.output.bucket",
            "mapspan keeps its own data in this bucket",
        ),
    ],
)
def test_an_error_names_the_field_and_what_to_write(tmp_path: Path, text: str, field: str, words: str) -> None:
    (error,) = errors(with_job(tmp_path, text))
    assert error.startswith(f"{tmp_path.name}/team.toml: {field}: ")
    assert words in error


HANDOVER = '"landing-zone"\nbucket_policy = "handover"'
INTO_SOURCE = '[job.output]\nbucket = "landing-zone"\naccount_id = "444444444444"\n'


@pytest.mark.parametrize("prefix", ["", "2", "2026/", "2026/11/"])
def test_an_output_that_the_next_run_would_process_is_refused(tmp_path: Path, prefix: str) -> None:
    text = RIGHT.replace('"landing-zone"', HANDOVER) + f'{INTO_SOURCE}prefix = "{prefix}"'
    (error,) = errors(write(tmp_path, text=text))
    assert "job.output.prefix: what the job writes to landing-zone would be processed by the next run" in error


def test_the_source_bucket_takes_the_output_where_its_owner_sets_its_policy(tmp_path: Path) -> None:
    output = f'{INTO_SOURCE}prefix = "results/"'
    assert load("team", write(tmp_path, text=RIGHT.replace('"landing-zone"', HANDOVER) + output))
    (error,) = errors(write(tmp_path, text=RIGHT + output))
    assert 'job.output.bucket: landing-zone is also the source bucket, and with bucket_policy = "own"' in error


def test_the_source_bucket_is_not_taken_for_one_of_the_target_account(tmp_path: Path) -> None:
    text = RIGHT.replace('"landing-zone"', HANDOVER) + '[job.output]\nbucket = "landing-zone"\nprefix = "results/"'
    (error,) = errors(write(tmp_path, text=text))
    assert 'job.output.account_id: landing-zone belongs to the source account: write "444444444444"' in error


def test_the_state_bucket_takes_no_output(tmp_path: Path) -> None:
    text = RIGHT.replace('"local"', '"s3"\nbucket = "state"') + '[job.output]\nbucket = "state"'
    (error,) = errors(write(tmp_path, text=text))
    assert "job.output.bucket: mapspan keeps its own data in this bucket" in error
