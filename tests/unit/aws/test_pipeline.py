"""The environment that is deployed to AWS to ask questions, which no other test deploys there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapspan.deploying.bootstrap import stacks
from tests.aws.lifetime import Cleanup
from tests.aws.pipeline import PREFIX, Pipeline
from tests.iam.deploy_calls import trusted
from tests.unit.aws.aws_accounts import ACCOUNTS


@pytest.fixture(params=["listing", "replication"])
def pipeline(request: pytest.FixtureRequest, tmp_path: Path) -> Pipeline:
    return Pipeline(ACCOUNTS, request.param, tmp_path, Cleanup(lambda _: None), lambda _: None)


def test_the_settings_are_valid_on_aws_also_in_a_region_with_a_long_name(pipeline: Pipeline) -> None:
    environment = pipeline.environment
    assert not environment.is_local
    assert (environment.target.account_id, environment.source.account_id) == ("333333333333", "444444444444")
    assert environment.alarms.email is None, "its topic would have a KMS key, whose deletion takes a week"


def test_every_name_begins_alike(pipeline: Pipeline) -> None:
    environment = pipeline.environment
    roles = (environment.target.deploy_role_arn, environment.source.deploy_role_arn)
    buckets = (environment.source.bucket, environment.runs_bucket, environment.replica_bucket)
    assert all(name.startswith(PREFIX) for name in (environment.prefix, *buckets))
    assert all(f":role/{PREFIX}" in str(role) for role in roles)
    assert all(stack.name.startswith(PREFIX) for stack in stacks(environment, trusted(environment)))
