"""Nothing that is synthesized for GovCloud or China names another partition, its console or its hosts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from environments import job_policy
from environments.environment import Environment
from examples import app as examples
from mapspan.deploying.bootstrap import stacks as bootstrap_stacks
from mapspan.deploying.deployers import Deployers
from modules.location import Location, console_host, dns_suffix
from modules.pipeline.app import synthesize
from tests.iam.environment_variants import environment_variants

REGIONS = ("us-gov-west-1", "cn-north-1")
KEYS = [f"arn:aws:kms:us-east-1:{account}:key/0" for account in ("111111111111", "222222222222")]
TOPIC = "arn:aws:sns:us-east-1:111111111111:team"
SECRETS = [
    "arn:aws:secretsmanager:us-east-1:111111111111:secret:team/token-a1B2c3",
    "arn:aws:ssm:us-east-1:111111111111:parameter/team/token",
]
POLICY = "tests/fixtures/policies/lookup.json"


def moved(settings: Any, region: str) -> Any:
    """The settings in another Region, and the ARNs in its partition."""
    text = json.dumps(settings).replace("arn:aws:", f"arn:{Location(account_id='', region=region).partition}:")
    return json.loads(text.replace("us-east-1", region))


def settings_in(region: str) -> Iterator[Any]:
    """Every variant with secrets, outside the local cloud: first as they are, then as handovers."""
    variants = [json.loads(each.model_dump_json(exclude_defaults=True)) for each in environment_variants(KEYS)]
    handovers = json.loads(json.dumps(variants))
    for handover in handovers:
        handover["source"] |= {"bucket_policy": "handover"}
        del handover["source"]["deploy_role_arn"]
        handover["alarms"] = {"topic_arn": TOPIC}
        handover["job"]["output"] = {"bucket": "results", "account_id": "333333333333"}
    for number, variant in enumerate([*variants, *handovers]):
        del variant["local_cloud_url"]
        variant["job"] |= {"secrets": SECRETS}
        variant["state_backend"] = {"type": "s3", "bucket": "state"}
        yield {**moved(variant, region), "name": f"v{number}"}


@pytest.fixture(scope="module", params=REGIONS)
def region(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def texts(region: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """All text that is synthesized for a Region, by file: stacks, handovers, bootstrap's templates, examples."""
    outdir = tmp_path_factory.mktemp(region)
    policy = outdir / POLICY
    policy.parent.mkdir(parents=True)
    policy.write_text(json.dumps(moved(json.loads((job_policy.CHECKOUT / POLICY).read_text()), region)))
    every_settings = list(settings_in(region))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job_policy, "CHECKOUT", outdir)
        variants = [Environment.model_validate_json(json.dumps(settings)) for settings in every_settings]
        synthesize(variants, outdir / "pipelines")
        principal = Location(account_id="111111111111", region=region).role_arn("admin")
        deployers = Deployers(principals=[principal], github="team/pipelines")
        templates = {
            f"{environment.name} {stack.part}": json.dumps(stack.template)
            for environment in variants
            for stack in bootstrap_stacks(environment, deployers)
        }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXAMPLES_ACCOUNT_ID", "111111111111")
        patch.setenv("EXAMPLES_REGION", region)
        examples.synthesize(outdir / "examples")
    files = [path for path in outdir.rglob("*") if path.suffix in (".json", ".md")]
    return templates | {str(path.relative_to(outdir)): path.read_text() for path in files}


def test_everything_that_is_synthesized_is_there(texts: dict[str, str]) -> None:
    assert sum(name.endswith("cdk.tf.json") for name in texts) == 6 + len(examples.NAMES)
    assert {"v0 target", "v0 source", "v3 target"} <= texts.keys()
    assert all(f"pipelines/handover/v{number}/README.md" in texts for number in (3, 4, 5))


def test_no_arn_is_of_another_partition(texts: dict[str, str], region: str) -> None:
    own = Location(account_id="", region=region).partition
    found = {name: set(re.findall(r"arn:(aws[a-z-]*):", text)) for name, text in texts.items()}
    assert {name: partitions for name, partitions in found.items() if partitions - {own}} == {}
    assert found["pipelines/stacks/v0/cdk.tf.json"] == {own}


def test_no_integration_is_of_another_partition(texts: dict[str, str], region: str) -> None:
    own = Location(account_id="", region=region).partition
    for name, text in texts.items():
        assert text.count(":states:::") == text.count(f"arn:{own}:states:::"), name
    assert f"arn:{own}:states:::aws-sdk:s3:getObject" in texts["pipelines/stacks/v1/cdk.tf.json"]
    for example in examples.NAMES:
        assert f"arn:{own}:states:::lambda:invoke" in texts[f"examples/stacks/{example}/cdk.tf.json"]


def test_functions_use_only_the_logs_and_traces_that_lambda_has_there(texts: dict[str, str], region: str) -> None:
    china = region.startswith("cn-")
    for name, text in texts.items():
        functions = json.loads(text)["resource"]["aws_lambda_function"].values() if name.endswith("tf.json") else ()
        for function in functions:
            assert function["tracing_config"]["mode"] == ("PassThrough" if china else "Active"), name
            assert function["logging_config"]["log_format"] == ("JSON" if china else "Text"), name
            if function["function_name"].endswith("-process-objects"):
                assert ("TEXT_LOGS" in function["environment"]["variables"]) == (not china), name
    policies = json.loads(texts["pipelines/stacks/v0/cdk.tf.json"])["resource"]["aws_iam_role_policy"]
    assert ("process_objects_trace" in policies) == (not china)


def test_every_link_leads_to_the_partitions_own_console(texts: dict[str, str], region: str) -> None:
    hosts = {host for text in texts.values() for host in re.findall(r"https://([\w.-]*console[\w.-]*)", text)}
    assert hosts == {console_host(region)}
    assert not any("console.aws.amazon.com" in text for text in texts.values())


def test_every_host_of_the_region_has_its_dns_suffix(texts: dict[str, str], region: str) -> None:
    suffixes = {
        suffix
        for text in texts.values()
        for suffix in re.findall(rf"[a-z0-9-]+\.{region}\.(amazonaws\.[a-z]+(?:\.[a-z]+)*)", text)
    }
    assert suffixes == {dns_suffix(region)}
    assert f"s3.{region}.{dns_suffix(region)}" in texts["pipelines/stacks/v0/cdk.tf.json"]
