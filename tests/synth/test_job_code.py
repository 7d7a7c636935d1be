"""The code of the function that calls the job: a zip of the right platform, a large one through S3, or an image."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from environments.environment import Environment
from environments.files import load
from environments.job import JobSettings
from modules import function_code
from modules.jobs.platform import this_machine
from modules.lambda_package import code_hash
from modules.pipeline import functions
from modules.pipeline.app import synthesize
from tests.fixtures.wheels import write_wheel

IMAGE = "333333333333.dkr.ecr.eu-west-1.amazonaws.com/big@sha256:" + "0" * 64


def resources(outdir: Path, **job: Any) -> Any:
    """dev's resources with other settings of the job."""
    dev = json.loads(load("dev").model_dump_json(exclude_defaults=True))
    settings = {**dev, "job": {**dev.get("job", {}), **job}}
    synthesize([Environment.model_validate_json(json.dumps(settings))], outdir)
    return json.loads((outdir / "stacks" / "dev" / "cdk.tf.json").read_text())["resource"]


def test_the_local_cloud_gets_a_build_for_this_machine(stacks: dict[str, Any]) -> None:
    for name, stack in stacks.items():
        function = stack["resource"]["aws_lambda_function"]["process_objects"]
        assert function["architectures"] == ([this_machine().architecture] if name == "local" else ["arm64"])
        assert function["ephemeral_storage"] == {"size": 512}
        assert "aws_s3_object" not in stack["resource"], "a small zip is uploaded directly"


def test_a_zip_over_the_limit_goes_through_the_runs_bucket_under_its_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function_code, "DIRECT_UPLOAD_LIMIT_BYTES", 10_000)
    created = resources(tmp_path, architecture="x86_64", ephemeral_storage_mb=2048)
    function, code = created["aws_lambda_function"]["process_objects"], created["aws_s3_object"]["process_objects_code"]
    sha256 = base64.b64decode(function["source_code_hash"]).hex()
    assert code["key"] == f"code/{sha256}.zip"
    assert code["bucket"] == "${aws_s3_bucket.runs_bucket.id}"
    assert {"aws_s3_bucket_versioning.runs_bucket_versioning", "aws_s3_bucket_policy.runs_bucket_policy"} <= set(
        code["depends_on"]
    )
    assert function["s3_bucket"] == "${aws_s3_object.process_objects_code.bucket}"
    assert function["s3_key"] == "${aws_s3_object.process_objects_code.key}"
    assert "filename" not in function
    assert (function["architectures"], function["ephemeral_storage"]) == (["x86_64"], {"size": 2048})
    assert set(created["aws_s3_object"]) == {"process_objects_code"}, "the other functions are small"


def test_each_environment_deploys_its_own_job(tmp_path: Path) -> None:
    jobs = {"dev": "examples/jobs/zip_index", "staging": "examples/jobs/checksum"}
    environments = [load(name) for name in jobs]
    synthesize(
        [
            environment.model_copy(update={"job": JobSettings(path=jobs[environment.name])})
            for environment in environments
        ],
        tmp_path,
    )
    for name in jobs:
        directory = tmp_path / "stacks" / name
        stack = json.loads((directory / "cdk.tf.json").read_text())
        function = stack["resource"]["aws_lambda_function"]["process_objects"]
        assert code_hash((directory / function["filename"]).read_bytes()) == function["source_code_hash"]


def test_an_image_takes_the_place_of_the_zip(tmp_path: Path) -> None:
    function = resources(tmp_path, image=IMAGE, path="jobs/absent")["aws_lambda_function"]["process_objects"]
    assert (function["package_type"], function["image_uri"]) == ("Image", IMAGE)
    assert not {"filename", "handler", "runtime", "s3_key", "source_code_hash"} & function.keys()


def test_the_packages_of_the_job_are_an_output_that_a_review_compares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels, job = tmp_path / "wheels", tmp_path / "job"
    job.mkdir()
    (job / "job.py").write_text("def process(obj): ...\n")
    (job / "requirements.txt").write_text(write_wheel(wheels, "fast", {"fast.py": b""}))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setattr(functions, "ROOT", tmp_path)
    dev = load("dev").model_copy(update={"job": JobSettings(path="job")})
    synthesize([dev], tmp_path / "out")
    stack = json.loads((tmp_path / "out" / "stacks" / "dev" / "cdk.tf.json").read_text())
    assert stack["output"]["job_packages"]["value"] == "fast 1.0"
