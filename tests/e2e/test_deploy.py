"""The cdktf command line from synth to destroy, with every company setting; it leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from environments.environment import Environment
from local_cloud import process
from local_cloud.process import LocalCloud
from mapspan.checkout import BUILD, ROOT
from mapspan.deploying.terraform import Terraform
from mapspan.local.local_deployment import LocalDeployment
from modules.pipeline.app import synthesize
from tests.e2e.conftest import bootstrap
from tests.iam.company_variant import bound_bootstrapped_roles, create_company
from tests.iam.deploy_calls import FILE, read_decisions, recorded_calls, unrecorded


@pytest.fixture(scope="module")
def decisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file in which the local cloud records its IAM decisions."""
    return tmp_path_factory.mktemp("iam") / "decisions.jsonl"


@pytest.fixture(scope="module")
def fresh(decisions: Path) -> Iterator[LocalDeployment]:
    """A local cloud with a source bucket and nothing deployed."""
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="cdktf-") as directory, contextlib.ExitStack() as running:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MAPSPAN_DECISIONS", str(decisions))
            cloud = running.enter_context(LocalCloud.start(directory=Path(directory)))
        local = LocalDeployment(endpoint_url=cloud.endpoint_url, directory=Path(directory))
        local.fill_source_bucket(0)
        yield local


def client_of(local: LocalDeployment, service: str, account_id: str) -> Any:
    return process.client(service, account_id, local.endpoint_url)


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


def assert_company_rules(local: LocalDeployment, company: Environment) -> None:
    """The deployed roles, log groups and functions have what the rules ask for."""
    rules = {
        company.target.account_id: company.company.target,
        company.source.account_id: company.company.source,
    }
    for account_id, own in rules.items():
        iam = client_of(local, "iam", account_id)
        names = [role["RoleName"] for role in iam.list_roles()["Roles"]]
        ours = [name for name in names if name.startswith(company.prefix)]
        assert ours
        for name in ours:
            role = iam.get_role(RoleName=name)["Role"]
            boundary = role["PermissionsBoundary"]["PermissionsBoundaryArn"]
            assert (role["Path"], boundary) == (own.role_path, own.permissions_boundary_arn), name
        groups = client_of(local, "logs", account_id).describe_log_groups()["logGroups"]
        assert groups
        assert {group.get("kmsKeyId") for group in groups} == {own.log_kms_key_arn}
    vpc = company.company.vpc
    assert vpc is not None
    for function in client_of(local, "lambda", company.target.account_id).list_functions()["Functions"]:
        config = function["VpcConfig"]
        assert (set(config["SubnetIds"]), set(config["SecurityGroupIds"])) == (
            set(vpc.subnet_ids),
            set(vpc.security_group_ids),
        )


def test_the_cdktf_command_line_works_from_synth_to_destroy_with_every_company_setting(
    fresh: LocalDeployment, decisions: Path
) -> None:
    cdktf(fresh, "synth")
    stacks = cdktf(fresh, "list")
    assert all(name in stacks for name in ("dev", "local", "prod", "staging"))

    # From here on as the roles from bootstrap, which deploy and destroy on AWS.
    client = partial(client_of, fresh)
    company = create_company(client)
    bootstrap(fresh, company)
    bound_bootstrapped_roles(company, client)
    synthesize([company], fresh.directory / "cdktf.out")
    deployed = cdktf(fresh, "deploy", "local", "--auto-approve", "--skip-provider-lock", "--skip-synth")
    arn = "arn:aws:states:us-east-1:111111111111:stateMachine:acme-local"
    assert arn in deployed
    assert arn in cdktf(fresh, "output", "local", "--skip-synth")
    assert_company_rules(fresh, company)

    terraform = Terraform(fresh.terraform.directory, {"local_cloud_url": fresh.endpoint_url})
    assert "aws_sfn_state_machine.state_machine" in terraform.addresses()
    assert terraform.plan_changes() is False
    cdktf(fresh, "destroy", "local", "--auto-approve", "--skip-provider-lock", "--skip-synth")
    assert terraform.addresses() == []
    assert fresh.deployment.step_functions().list_state_machines()["stateMachines"] == []
    with pytest.raises(fresh.source_s3().exceptions.ClientError, match="NoSuchBucketPolicy"):
        fresh.source_s3().get_bucket_policy(Bucket=fresh.environment.source.bucket)

    calls = read_decisions(decisions.read_text().splitlines(), company)
    unknown = unrecorded(calls, recorded_calls("company"))
    assert unknown == set(), f"{FILE.name} is out of date: run python -m tests.iam.record_deploy_calls"
