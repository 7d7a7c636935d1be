"""A deployment is found by the name of its environment, and its executions by name or ARN."""

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


def test_an_execution_may_be_given_by_name_or_by_arn() -> None:
    assert DEV.execution_arn("night") == DEV.execution_arn(NIGHT) == NIGHT


@pytest.mark.parametrize("other", [NIGHT.replace("dev", "prod"), "arn:aws:s3:::bucket"])
def test_an_arn_of_another_environment_is_refused(other: str) -> None:
    with pytest.raises(CommandError, match="is not an execution of dev"):
        DEV.execution_arn(other)


def test_the_console_url_is_the_page_of_the_execution_and_the_local_cloud_has_none() -> None:
    assert DEV.console_url(NIGHT) == (
        f"https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/{NIGHT}"
    )
    china = Deployment(environment=load("dev").model_copy(update={"region": "cn-north-1"}))
    assert str(china.console_url("night")).startswith("https://cn-north-1.console.amazonaws.cn/states/home?")
    local = Deployment(environment=load("local"), local_cloud_url="http://127.0.0.1:4566")
    assert local.console_url(local.execution_arn("night")) is None


def test_a_deployment_on_aws_is_found_without_a_call() -> None:
    assert find_deployment("dev") == DEV


def test_the_local_deployment_needs_a_running_local_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "LOCAL_CLOUD", tmp_path)
    with pytest.raises(CommandError, match="no local cloud is running: start one with `mapspan local start`"):
        find_deployment("local")


def test_an_unknown_environment_is_refused_with_the_existing_names() -> None:
    with pytest.raises(SettingsError, match="existing: " + ", ".join(environment_names())):
        find_deployment("nowhere")
