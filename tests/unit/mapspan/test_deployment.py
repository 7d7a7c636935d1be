"""A deployment is found by its environment's name, and its executions by name or ARN."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.files import SettingsError, load
from mapspan import deployment
from mapspan.arguments import environment_names
from mapspan.checkout import CommandError
from mapspan.deployment import Deployment, find_deployment

DEV = Deployment(environment=load("dev"))
NIGHT = "arn:aws:states:eu-west-1:333333333333:execution:mapspan-dev:night"


def test_an_execution_is_named_or_given_by_its_arn() -> None:
    assert DEV.execution_arn("night") == DEV.execution_arn(NIGHT) == NIGHT


@pytest.mark.parametrize("other", [NIGHT.replace("dev", "prod"), "arn:aws:s3:::bucket"])
def test_an_arn_of_another_environment_is_refused(other: str) -> None:
    with pytest.raises(CommandError, match="is not an execution of dev"):
        DEV.execution_arn(other)


def test_the_console_link_leads_to_the_execution_and_the_local_cloud_has_none() -> None:
    assert DEV.console_url(NIGHT) == (
        f"https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/{NIGHT}"
    )
    local = Deployment(environment=load("local"), local_cloud_url="http://127.0.0.1:4566")
    assert local.console_url(local.execution_arn("night")) is None


def test_an_environment_on_aws_is_found_without_any_call() -> None:
    assert find_deployment("dev") == DEV


def test_the_local_one_needs_a_local_cloud_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "LOCAL_CLOUD", tmp_path)
    with pytest.raises(CommandError, match="no local cloud is running: start one with `mapspan local start`"):
        find_deployment("local")


def test_an_unknown_environment_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="existing: " + ", ".join(environment_names())):
        find_deployment("nowhere")
