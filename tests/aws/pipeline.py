"""Pipeline: mapspan's own stack under a name of its own, deployed as a person deploys it, and destroyed."""

from __future__ import annotations

import contextlib
import gzip
import json
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from environments.environment import Environment
from mapspan.checkout import ROOT
from mapspan.deploying.apply_stack import apply_stack
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.cloudformation_stack import CloudFormationStack
from mapspan.deploying.terraform import Terraform
from mapspan.deployment import Deployment
from mapspan.running.execution import Execution, Outcome
from modules.jobs.build import job_package
from modules.jobs.job import find_job
from modules.jobs.platform import lambda_platform
from tests.aws.accounts import Accounts
from tests.aws.buckets import create_bucket, delete_bucket, put_objects
from tests.aws.lifetime import Cleanup, Report, uninterrupted
from tests.fixtures.swapped_job import with_job
from tests.iam.deploy_calls import trusted, with_deploy_roles

# The environment's name, and the beginning of every other name: nothing else of the accounts is touched.
ENVIRONMENT = "aws-test"
PREFIX = f"mapspan-{ENVIRONMENT}"
# How long a role that was just created may take until it can be assumed.
_ROLE_SECONDS = 120
# How soon a function uses the code that it was given.
_UPDATE_SECONDS = 5


class Pipeline:
    """An environment for one key source, in a directory of its own."""

    def __init__(self, accounts: Accounts, key_source: str, directory: Path, cleanup: Cleanup, report: Report) -> None:
        self._accounts = accounts
        self._key_source = key_source
        self._directory = directory
        self._cleanup = cleanup
        self._report = report
        self.source_s3 = accounts.in_source("s3")
        self.s3 = accounts.in_target("s3")

    @cached_property
    def environment(self) -> Environment:
        """Its settings, checked as a file's would be."""
        accounts = self._accounts
        name = ENVIRONMENT if self._key_source == "listing" else f"{ENVIRONMENT}-{self._key_source[:7]}"
        settings = {
            "name": name,
            "region": accounts.target.region,
            "target": {"account_id": accounts.target.account_id},
            "source": {
                "account_id": accounts.source.account_id,
                "bucket": f"mapspan-{name}-landing-{accounts.source.account_id}",
                "prefixes": ["2026/"],
            },
            "state_backend": {"type": "local"},
            "key_source": self._key_source,
            "log_retention_days": 1,
            "tags": {"Project": "mapspan", "Environment": name},
            "map": {"max_concurrency": 10, "tolerated_failure_percentage": 5},
            "job": {"memory_mb": 512, "timeout_seconds": 60, "threads": 8},
            "local_cloud_url": accounts.endpoint_url,
        }
        environment = Environment.model_validate_json(json.dumps(settings))
        return with_deploy_roles(environment, f"{environment.prefix}-deploy")

    @cached_property
    def deployment(self) -> Deployment:
        return Deployment(environment=self.environment, local_cloud_url=self._accounts.endpoint_url)

    @property
    def source_bucket(self) -> str:
        return self.environment.source.bucket

    @property
    def terraform(self) -> Terraform:
        return Terraform(self._directory / "cdktf.out" / "stacks" / self.environment.name)

    def deploy(self) -> None:
        """Create the source bucket and the deploy roles, and apply the stack with them."""
        from modules.pipeline.app import synthesize  # noqa: PLC0415 - it starts Node, for a deploy alone

        self._report(f"deploying {self.environment.name}")
        create_bucket(self.source_s3, self.source_bucket, self._accounts.source, self._cleanup)
        for stack in stacks(self.environment, trusted(self.environment)):
            self._create_stack(stack)
        self._await_deploy_role()
        with uninterrupted():
            synthesize([self.environment], self._directory / "cdktf.out")
            make_destroyable(self.terraform.directory / "cdk.tf.json")
            self.terraform.init()
            self._cleanup.later(f"environment {self.environment.name}", self._destroy)
            self.terraform.apply()

    def put(self, objects: Mapping[str, bytes]) -> None:
        put_objects(self.source_s3, self.source_bucket, objects)

    def run(self, run_input: Mapping[str, Any]) -> Outcome:
        return self.finish(Execution.start(self.deployment, run_input))

    def finish(self, execution: Execution) -> Outcome:
        for _ in execution.follow(poll_seconds=0.2 if self._accounts.is_local else 2):
            pass
        return execution.outcome()

    def manifest(self, outcome: Outcome) -> dict[str, Any]:
        """The manifest of a run that wrote results."""
        results = self._details(outcome)
        manifest: dict[str, Any] = json.load(self.s3.get_object(Bucket=results["Bucket"], Key=results["Key"])["Body"])
        return manifest

    def results(self, outcome: Outcome) -> list[dict[str, Any]]:
        """The result of every key of the children that succeeded."""
        bucket, files = self._details(outcome)["Bucket"], self.manifest(outcome)["ResultFiles"]["SUCCEEDED"]
        records = [line for file in files for line in self._lines(bucket, Key=file["Key"])]
        return [line for record in records for line in self._lines(bucket, **record["Results"])]

    def _details(self, outcome: Outcome) -> dict[str, str]:
        """The place of the manifest of a run with one Map Run."""
        [map_run] = outcome.output["map_runs"]
        details: dict[str, str] = map_run["ResultWriterDetails"]
        return details

    def _lines(self, bucket: str, **which: str) -> list[dict[str, Any]]:
        body = self.s3.get_object(Bucket=bucket, **which)["Body"].read()
        content = gzip.decompress(body) if which["Key"].endswith(".gz") else body
        return [json.loads(line) for line in content.split(b"\n") if line]

    @contextlib.contextmanager
    def job(self, source: str) -> Iterator[None]:
        """The process_objects function with `source` for its job.py, until the block ends."""
        checksum = find_job(ROOT / "examples" / "jobs" / "checksum")
        original = job_package(checksum, lambda_platform("arm64"), report=print)
        self._update_code(with_job(original, source))
        try:
            yield
        finally:
            self._update_code(original)

    @contextlib.contextmanager
    def without_bucket_policy(self) -> Iterator[None]:
        """The source bucket without its policy, until the block ends."""
        policy = self.source_s3.get_bucket_policy(Bucket=self.source_bucket)["Policy"]
        self.source_s3.delete_bucket_policy(Bucket=self.source_bucket)
        try:
            yield
        finally:
            self.source_s3.put_bucket_policy(Bucket=self.source_bucket, Policy=policy)

    def _update_code(self, code: bytes) -> None:
        functions, name = self._accounts.in_target("lambda"), f"{self.environment.prefix}-process-objects"
        functions.update_function_code(FunctionName=name, ZipFile=code)
        if not self._accounts.is_local:
            functions.get_waiter("function_updated_v2").wait(FunctionName=name)
            time.sleep(_UPDATE_SECONDS)

    def _create_stack(self, stack: CloudFormationStack) -> None:
        in_target = stack.location.account_id == self._accounts.target.account_id
        cloudformation = (self._accounts.in_target if in_target else self._accounts.in_source)("cloudformation")

        def delete() -> None:
            cloudformation.delete_stack(StackName=stack.name)
            cloudformation.get_waiter("stack_delete_complete").wait(
                StackName=stack.name, WaiterConfig={"Delay": 2, "MaxAttempts": 150}
            )

        self._cleanup.later(f"CloudFormation stack {stack.name}", delete)
        apply_stack(stack, cloudformation)

    def _await_deploy_role(self) -> None:
        role, sts = self.environment.target.deploy_role_arn, self._accounts.in_target("sts")
        _retry_denied(lambda: sts.assume_role(RoleArn=role, RoleSessionName=ENVIRONMENT), seconds=_ROLE_SECONDS)

    def _destroy(self) -> None:
        # A run still in progress would write into a bucket that is being deleted.
        states = self.deployment.step_functions()
        arn = self.deployment.state_machine_arn
        with contextlib.suppress(states.exceptions.StateMachineDoesNotExist):
            for running in states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]:
                states.stop_execution(executionArn=running["executionArn"])
        # The deploy role may not delete buckets, so an administrator does; Terraform then finds them gone.
        for bucket in (self.environment.runs_bucket, self.environment.replica_bucket):
            delete_bucket(self.s3, bucket)
        self.terraform.destroy()


def make_destroyable(stack: Path) -> None:
    """Let Terraform destroy the buckets of a synthesized stack, which is refused for every other one."""
    document = json.loads(stack.read_text(encoding="utf-8"))
    for resources in document["resource"].values():
        for resource in resources.values():
            resource.get("lifecycle", {}).pop("prevent_destroy", None)
    stack.write_text(json.dumps(document), encoding="utf-8")


def _retry_denied(call: Callable[[], object], *, seconds: float) -> None:
    """Call until IAM allows it, at most so long."""
    end = time.monotonic() + seconds
    while True:
        try:
            call()
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied" or time.monotonic() > end:
                raise
            time.sleep(3)
        else:
            return
