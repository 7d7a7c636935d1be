"""The cdktf command line from synth to destroy, which leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud.process import LocalCloud
from mapspan.checkout import BUILD, ROOT
from mapspan.deploying.terraform import Terraform
from mapspan.local.local_deployment import LocalDeployment
from modules.pipeline.app import synthesize
from tests.e2e.conftest import bootstrapped


@pytest.fixture(scope="module")
def fresh() -> Iterator[LocalDeployment]:
    """A local cloud with a source bucket and nothing deployed."""
    BUILD.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=BUILD, prefix="cdktf-") as directory,
        LocalCloud.start(directory=Path(directory)) as running,
    ):
        local = LocalDeployment(endpoint_url=running.endpoint_url, directory=Path(directory))
        local.fill_source_bucket(0)
        yield local


def cdktf(local: LocalDeployment, *arguments: str) -> str:
    """The output of `cdktf`, run in the checkout; what it builds is written elsewhere."""
    done = subprocess.run(  # noqa: S603 - our own console script
        [Path(sys.executable).parent / "cdktf", *arguments, "--output", str(local.directory / "cdktf.out")],
        cwd=ROOT,
        env={**os.environ, "TF_VAR_local_cloud_url": local.endpoint_url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_cdktf_command_line_works_from_synth_to_destroy(fresh: LocalDeployment) -> None:
    cdktf(fresh, "synth")
    stacks = cdktf(fresh, "list")
    assert all(name in stacks for name in ("dev", "local", "prod", "staging"))

    # From here on as the roles from bootstrap, which deploy and destroy on AWS.
    synthesize([bootstrapped(fresh, fresh.environment)], fresh.directory / "cdktf.out")
    deployed = cdktf(fresh, "deploy", "local", "--auto-approve", "--skip-provider-lock", "--skip-synth")
    arn = "arn:aws:states:us-east-1:111111111111:stateMachine:mapspan-local"
    assert arn in deployed
    assert arn in cdktf(fresh, "output", "local", "--skip-synth")

    terraform = Terraform(fresh.terraform.directory)
    assert "aws_sfn_state_machine.state_machine" in terraform.addresses()
    cdktf(fresh, "destroy", "local", "--auto-approve", "--skip-provider-lock", "--skip-synth")
    assert terraform.addresses() == []
    assert fresh.deployment.step_functions().list_state_machines()["stateMachines"] == []
    with pytest.raises(fresh.source_s3().exceptions.ClientError, match="NoSuchBucketPolicy"):
        fresh.source_s3().get_bucket_policy(Bucket=fresh.environment.source.bucket)
