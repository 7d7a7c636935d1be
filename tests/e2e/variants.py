"""Environments that differ from `local`, deployed on the same local cloud."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from environments.environment import Environment
from environments.files import load
from local_cloud import process
from mapspan.deploying.apply_stack import apply_stack
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.terraform import Terraform
from mapspan.local.local_deployment import LocalDeployment
from mapspan.local.sample_objects import sample_objects
from mapspan.running.execution import Execution, Outcome
from modules.pipeline.app import synthesize
from modules.pipeline.workflow.names import KeySourceName
from tests.iam.deploy_calls import trusted, with_deploy_roles

POLL_SECONDS = 0.1
OBJECTS = dict(sample_objects(60, "2026/"))


def variant_of_local(name: str, *, source: dict[str, Any], **changed: Any) -> Environment:
    """The `local` environment under another name, checked as a file's would be."""
    local = load("local").model_dump(mode="json")
    return Environment.model_validate_json(
        Environment.model_construct(
            **{**local, "name": name, **changed, "source": {**local["source"], **source}}
        ).model_dump_json(warnings=False)
    )


@dataclass(frozen=True, kw_only=True)
class Variant(LocalDeployment):
    """A variant of the local environment, with a source bucket of its own."""

    settings: Environment

    @property
    def environment(self) -> Environment:
        return self.settings

    @property
    def terraform(self) -> Terraform:
        directory = self.directory / "cdktf.out" / "stacks" / self.settings.name
        return Terraform(directory, {"local_cloud_url": self.endpoint_url})

    @cached_property
    def s3(self) -> Any:
        return self.source_s3()

    def client(self, service: str, account_id: str, region: str | None = None) -> Any:
        return process.client(service, account_id, self.endpoint_url, region or self.settings.region)

    def deploy(self) -> None:
        synthesize([self.settings], self.directory / "cdktf.out")
        self.terraform.init()
        self.terraform.apply()

    def run(self, run_input: dict[str, Any]) -> Outcome:
        execution = Execution.start(self.deployment, run_input)
        for _ in execution.follow(poll_seconds=POLL_SECONDS):
            pass
        return execution.outcome()


def key_source_variant(local: LocalDeployment, name: KeySourceName, directory: Path, **source: Any) -> Variant:
    """The environment with that key source, deployed by roles of its own; its source bucket is empty."""
    plain = variant_of_local(
        name, key_source=name, list_objects={}, source={"bucket": f"landing-zone-{name}", **source}
    )
    settings = with_deploy_roles(plain, f"{plain.prefix}-deploy")
    for stack in stacks(settings, trusted(settings)):
        apply_stack(stack, process.client("cloudformation", stack.location.account_id, local.endpoint_url))
    variant = Variant(endpoint_url=local.endpoint_url, directory=directory, settings=settings)
    variant.s3.create_bucket(Bucket=settings.source.bucket)
    variant.deploy()
    return variant
