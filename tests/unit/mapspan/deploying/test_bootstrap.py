"""What bootstrap writes, when it refuses, and how it applies a stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from environments.environment import Environment
from environments.files import SettingsError, load, load_all
from environments.job import JobSettings
from environments.output import OutputSettings
from environments.settings import AlarmSettings
from mapspan.checkout import CommandError
from mapspan.deploying.apply_stack import apply_stack
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.cloudformation_stack import ROLE_POLICIES_LENGTH
from mapspan.deploying.deployers import Deployers
from mapspan.main import commands

ADMIN = Deployers(principals=["arn:aws:iam::777777777777:role/admin"], github="a-long-team-name/a-long-repository-name")


def with_source(environment: Environment, **source: object) -> Environment:
    return environment.model_copy(update={"source": environment.source.model_copy(update=source)})


def test_the_roles_are_the_ones_that_the_environment_deploys_with() -> None:
    for environment in load_all():
        if not environment.is_local:
            _, target, source = stacks(environment, ADMIN)
            for stack, account in ((target, environment.target), (source, environment.source)):
                role = stack.template["Resources"]["DeployRole"]["Properties"]
                assert f"arn:aws:iam::{account.account_id}:role{role['Path']}{role['RoleName']}" == (
                    account.deploy_role_arn
                )
                assert stack.location.account_id == account.account_id


def test_the_state_bucket_is_retained_versioned_and_not_public() -> None:
    state, *_ = stacks(load("prod"), ADMIN)
    bucket = state.template["Resources"]["StateBucket"]
    assert bucket["Properties"]["BucketName"] == "mapspan-state-777777777777"
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}


def test_only_a_local_environment_may_delete_its_data() -> None:
    _, target, _ = stacks(load("prod"), ADMIN)
    runs = f"arn:aws:s3:::{load('prod').runs_bucket}"
    for action in ("s3:DeleteBucket", "s3:DeleteObject", "kms:ScheduleKeyDeletion"):
        allowed = [
            statement["Resource"]
            for policy in target.template["Resources"]["DeployRole"]["Properties"]["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
            if action in statement["Action"]
        ]
        lock = "arn:aws:s3:::mapspan-state-777777777777/mapspan/prod/terraform.tfstate.tflock"
        assert allowed == ([f"{runs}/code/*", lock] if action == "s3:DeleteObject" else [])


def test_a_deploy_reads_the_image_of_the_job_and_no_other() -> None:
    image = f"888888888888.dkr.ecr.eu-west-1.amazonaws.com/team/big:v1@sha256:{'0' * 64}"
    _, target, _ = stacks(load("prod").model_copy(update={"job": JobSettings(image=image)}), ADMIN)
    policies = target.template["Resources"]["DeployRole"]["Properties"]["Policies"]
    (statement,) = (policy["PolicyDocument"]["Statement"][0] for policy in policies if policy["PolicyName"] == "image")
    assert statement["Resource"] == "arn:aws:ecr:eu-west-1:888888888888:repository/team/big"


def test_the_longest_policies_fit_in_a_role() -> None:
    longest = "a" * 22
    image = f"888888888888.dkr.ecr.ap-southeast-2.amazonaws.com/{'a' * 256}@sha256:{'0' * 64}"
    key = f"arn:aws:kms:ap-southeast-2:888888888888:key/{'0' * 36}"
    environment = with_source(load("prod"), bucket_policy="merge", kms_key_arn=key, bucket="b" * 63).model_copy(
        update={
            "name": longest,
            "region": "ap-southeast-2",
            "kms_key_arn": key,
            "job": JobSettings(image=image),
            "alarms": AlarmSettings(email="team@example.com"),
        }
    )
    lengths = [length for stack in stacks(environment, ADMIN) for _, length in stack.policy_lengths]
    assert len(lengths) == 5
    assert max(lengths) < ROLE_POLICIES_LENGTH


def test_a_role_that_iam_cannot_hold_is_refused_by_field() -> None:
    prefixes = tuple(f"{'a' * 90}{number}/" for number in range(100))
    environment = with_source(load("prod"), prefixes=prefixes).model_copy(update={"key_source": "replication"})
    with pytest.raises((CommandError, SettingsError), match=r"prod.toml: source.prefixes: the policies of the"):
        stacks(environment, ADMIN)


def test_without_deploy_roles_bootstrap_creates_only_what_a_deploy_can_not() -> None:
    local = load("local")
    merging = with_source(local, bucket_policy="merge")
    assert [set(stack.template["Resources"]) for stack in stacks(merging, Deployers())] == [{"MergeRole"}]
    replicating = local.model_copy(update={"key_source": "replication"})
    (stack,) = stacks(replicating, Deployers())
    assert set(stack.template["Resources"]) == {"ReplicationRole", "BatchReplicationRole"}
    notifying = local.model_copy(update={"alarms": AlarmSettings(email="team@example.com")})
    assert [set(stack.template["Resources"]) for stack in stacks(notifying, Deployers())] == [
        {"AlarmsKey", "AlarmsKeyAlias"}
    ]


def test_the_roles_in_the_source_account_have_its_boundary_and_path() -> None:
    company = load("prod").company
    rules = company.source.model_copy(update={"role_path": "/data/"})
    environment = with_source(load("prod"), bucket_policy="merge").model_copy(
        update={"key_source": "replication", "company": company.model_copy(update={"source": rules})}
    )
    *_, source = stacks(environment, ADMIN)
    resources = source.template["Resources"]
    for id_ in ("MergeRole", "ReplicationRole", "BatchReplicationRole"):
        assert resources[id_]["Properties"]["Path"] == "/data/"
        assert resources[id_]["Properties"]["PermissionsBoundary"].endswith(":policy/data/mapspan-prod-boundary")
        assert resources[id_]["DependsOn"] == ["Boundary"]
    assert resources["Boundary"]["Properties"]["Path"] == "/data/"


def test_the_rights_on_a_former_source_bucket_are_kept_until_they_are_not_asked_for() -> None:
    merging = with_source(load("prod"), bucket_policy="merge")
    for previous in ((), ("former-bucket",)):
        *_, source = stacks(merging, ADMIN, previous_buckets=previous)
        for id_ in ("DeployRole", "MergeRole"):
            text = json.dumps(source.template["Resources"][id_])
            assert ("arn:aws:s3:::former-bucket" in text) == bool(previous)
        assert ("former-bucket" in json.dumps(source.template["Resources"]["Boundary"])) == bool(previous)


def test_only_buckets_with_a_rule_may_get_a_lifecycle() -> None:
    def expiring(**changes: object) -> list[str]:
        _, target, _ = stacks(load("prod").model_copy(update={"run_retention_days": None, **changes}), ADMIN)
        return [
            resource
            for policy in target.template["Resources"]["DeployRole"]["Properties"]["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
            if "s3:PutLifecycleConfiguration" in statement["Action"]
            for resource in statement["Resource"]
        ]

    assert expiring() == []
    runs, inventory, output = load("prod").own_buckets("runs", "inventory", "output")
    assert expiring(run_retention_days=30) == [f"arn:aws:s3:::{runs}", f"arn:aws:s3:::{inventory}"]
    assert expiring(job=JobSettings(output=OutputSettings())) == [f"arn:aws:s3:::{output}"]


def test_under_handover_the_source_account_gets_no_stack() -> None:
    environment = with_source(load("prod"), bucket_policy="handover", deploy_role_arn=None)
    assert [stack.part for stack in stacks(environment, ADMIN)] == ["state", "target"]


def source_actions(**settings: object) -> dict[str, object]:
    """What the source account's deploy role may do: each action with its condition."""
    *_, source = stacks(load("prod").model_copy(update=settings), ADMIN)
    return {
        action: statement.get("Condition")
        for policy in source.template["Resources"]["DeployRole"]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in statement["Action"]
    }


def test_the_source_bucket_may_be_configured_only_for_the_key_source() -> None:
    key = f"arn:aws:kms:eu-west-1:888888888888:key/{'0' * 36}"
    with_key = load("prod").source.model_copy(update={"kms_key_arn": key})
    assert not {"s3:PutInventoryConfiguration", "s3:PutReplicationConfiguration"} & source_actions().keys()
    assert "s3:PutInventoryConfiguration" in source_actions(key_source="inventory")
    replicating = source_actions(key_source="replication", source=with_key)
    assert {"s3:PutReplicationConfiguration", "s3:PutBucketVersioning"} <= replicating.keys()
    assert "role/mapspan-prod-replication'" in str(replicating["kms:CreateGrant"])
    assert "role/mapspan-prod-process-objects'" in str(source_actions(source=with_key)["kms:CreateGrant"])


def test_a_missing_deploy_role_is_refused_with_the_line_to_add() -> None:
    with pytest.raises(
        CommandError, match=r"local.toml names no deploy role: add to \[target\] deploy_role_arn = \"arn:aws"
    ):
        stacks(load("local"), ADMIN)


def test_roles_without_a_principal_are_refused() -> None:
    with pytest.raises(CommandError, match="name a role or user with --trust, or a repository with --github"):
        stacks(load("prod"), Deployers())


def test_the_command_writes_the_templates_and_prints_how_to_apply_them(tmp_path: Path) -> None:
    done = CliRunner().invoke(commands, ["bootstrap", "prod", "--github", "team/pipelines", "--output", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        f"{part}.template.json" for part in ("source", "state", "target")
    ]
    assert "--stack-name mapspan-prod-source-deploy --capabilities CAPABILITY_NAMED_IAM" in done.output


class CloudFormation:
    """A CloudFormation with at most one stack."""

    class exceptions:  # noqa: N801 - boto3's name
        AlreadyExistsException = type("AlreadyExistsException", (ClientError,), {})

    def __init__(self, template: str | None = None) -> None:
        self.template = template
        self.waited: list[str] = []

    def create_stack(self, *, TemplateBody: str, **_: Any) -> None:  # noqa: N803 - boto3's name
        if self.template is not None:
            raise self.exceptions.AlreadyExistsException({"Error": {"Code": "AlreadyExistsException"}}, "CreateStack")
        self.template = TemplateBody

    def update_stack(self, *, TemplateBody: str, **_: Any) -> None:  # noqa: N803 - boto3's name
        if self.template == TemplateBody:
            message = "No updates are to be performed."
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "UpdateStack")
        self.template = TemplateBody

    def get_waiter(self, name: str) -> CloudFormation:
        self.waited.append(name)
        return self

    def wait(self, **_: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("before", "outcome", "waited"),
    [
        (lambda _: None, "created", ["stack_create_complete"]),
        (lambda _: "{}", "updated", ["stack_update_complete"]),
        (json.dumps, "unchanged", []),
    ],
)
def test_a_stack_is_created_updated_or_left_unchanged(before: Any, outcome: str, waited: list[str]) -> None:
    state, *_ = stacks(load("prod"), ADMIN)
    template: Mapping[str, Any] = state.template
    cloudformation = CloudFormation(before(template))
    assert apply_stack(state, cloudformation) == outcome
    assert cloudformation.waited == waited
    assert json.loads(cloudformation.template or "") == template
