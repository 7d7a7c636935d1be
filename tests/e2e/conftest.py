"""The local environment, deployed once with real terraform; each test uses a prefix of its own and cleans up.

Tests that need it run in one group on one worker, so that it is deployed once. All others need at most the two local
accounts (`undeployed`), and run beside it on the other worker, a file at a time.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from environments.environment import Environment
from environments.settings import ScheduleSettings
from local_cloud import process
from local_cloud.detached import RECORD
from mapspan import deployment, main
from mapspan.deploying.apply_stack import apply_stack
from mapspan.deploying.bootstrap import stacks
from mapspan.deployment import Deployment
from mapspan.local.local_deployment import LocalDeployment, throwaway
from mapspan.local.sample_objects import put_all
from mapspan.running.execution import Execution, Outcome
from modules.jobs.build import job_package
from modules.jobs.job import find_job
from modules.jobs.platform import this_machine
from modules.pipeline.app import synthesize
from modules.pipeline.functions import ROOT
from tests.e2e.account import Account
from tests.e2e.groups import Groups, place_of
from tests.e2e.variants import OBJECTS, POLL_SECONDS, Variant, key_source_variant
from tests.fixtures.mapspan_command import Completed, Mapspan
from tests.fixtures.swapped_job import with_job
from tests.iam.deploy_calls import trusted, with_deploy_roles

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client

# The job that the local environment deploys.
JOB = ROOT / "examples" / "jobs" / "checksum"


@dataclass(frozen=True)
class Cloud:
    """The deployed local environment, and the calls that tests make on it."""

    local: LocalDeployment

    @cached_property
    def deployment(self) -> Deployment:
        return self.local.deployment

    @property
    def source_bucket(self) -> str:
        return self.deployment.environment.source.bucket

    @property
    def runs_bucket(self) -> str:
        return self.deployment.runs_bucket

    @property
    def account_id(self) -> str:
        return self.deployment.environment.target.account_id

    @cached_property
    def source_s3(self) -> S3Client:
        return self.local.source_s3()

    @cached_property
    def runs_s3(self) -> S3Client:
        return self.deployment.s3()

    @cached_property
    def iam(self) -> IAMClient:
        client: IAMClient = process.client("iam", self.account_id, self.local.endpoint_url)
        return client

    @cached_property
    def functions(self) -> LambdaClient:
        client: LambdaClient = process.client("lambda", self.account_id, self.local.endpoint_url)
        return client

    def put(self, objects: Mapping[str, bytes]) -> None:
        put_all(self.source_s3, self.source_bucket, iter(objects.items()), lambda _: None)

    def start(self, run_input: Mapping[str, Any]) -> Execution:
        return Execution.start(self.deployment, run_input)

    def run(self, run_input: Mapping[str, Any]) -> Outcome:
        return self.finish(self.start(run_input))

    def finish(self, execution: Execution) -> Outcome:
        for _ in execution.follow(poll_seconds=POLL_SECONDS):
            pass
        return execution.outcome()

    def lines(self, prefix: str) -> list[dict[str, Any]]:
        """Every JSON line of the runs bucket's objects below `prefix`."""
        pages = self.runs_s3.get_paginator("list_objects_v2").paginate(Bucket=self.runs_bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        bodies = [self.runs_s3.get_object(Bucket=self.runs_bucket, Key=key)["Body"].read() for key in keys]
        return [json.loads(line) for body in bodies for line in body.split(b"\n") if line]

    def results(self, outcome: Outcome) -> list[dict[str, Any]]:
        """The outcome of every key of the succeeded children, of all Map Runs."""
        manifests = [map_run["ResultWriterDetails"]["Key"] for map_run in outcome.output["map_runs"]]
        prefixes = [manifest.removesuffix("manifest.json") + "SUCCEEDED" for manifest in manifests]
        return [line for prefix in prefixes for line in self.outcomes(prefix)]

    def outcomes(self, prefix: str) -> list[dict[str, Any]]:
        """The outcome of every key of the batches whose records lie below `prefix`."""
        results = [line["Results"] for line in self.lines(prefix) if "Results" in line]
        bodies = [self.runs_s3.get_object(Bucket=self.runs_bucket, **one)["Body"].read() for one in results]
        return [json.loads(line) for body in bodies for line in gzip.decompress(body).split(b"\n") if line]

    def log_lines(self, function: str, *, run: str) -> list[dict[str, Any]]:
        """The JSON lines of a function's log that name `run`."""
        logs: CloudWatchLogsClient = process.client("logs", self.account_id, self.local.endpoint_url)
        group = f"/aws/lambda/{self.deployment.environment.prefix}-{function}"
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        messages = [event["message"] for page in pages for event in page["events"]]
        lines = [json.loads(message) for message in messages if message.startswith("{")]
        return [line for line in lines if line.get("run") == run]

    @contextlib.contextmanager
    def without_role_policy(self, role: str, policy: str) -> Iterator[None]:
        """A role without one of its policies, until the block ends."""
        document = self.iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        self.iam.delete_role_policy(RoleName=role, PolicyName=policy)
        try:
            yield
        finally:
            self.iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))

    @contextlib.contextmanager
    def denied(self, role: str, resource: str) -> Iterator[None]:
        """A role that may do nothing with `resource`, until the block ends."""
        statement = {"Effect": "Deny", "Action": "*", "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.put_role_policy(RoleName=role, PolicyName="denied", PolicyDocument=document)
        try:
            yield
        finally:
            self.iam.delete_role_policy(RoleName=role, PolicyName="denied")

    @contextlib.contextmanager
    def job(self, source: str) -> Iterator[None]:
        """The process_objects function with `source` for its job.py, until the block ends."""
        name = f"{self.deployment.environment.prefix}-process-objects"
        original = job_package(find_job(JOB), this_machine(), report=print)
        self.functions.update_function_code(FunctionName=name, ZipFile=with_job(original, source))
        try:
            yield
        finally:
            self.functions.update_function_code(FunctionName=name, ZipFile=original)


def scheduled(environment: Environment) -> Environment:
    """The environment with a schedule that never fires, so that every proof covers one."""
    schedule = ScheduleSettings(expression="cron(0 0 1 1 ? 2199)", prefixes=environment.source.prefixes)
    return environment.model_copy(update={"schedule": schedule})


@pytest.fixture(scope="session")
def decisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file in which the local cloud records its IAM decisions."""
    return tmp_path_factory.mktemp("iam") / "decisions.jsonl"


@pytest.fixture(scope="session")
def undeployed(decisions: Path) -> Iterator[LocalDeployment]:
    """Two local accounts with an empty source bucket."""
    with contextlib.ExitStack() as running:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MAPSPAN_DECISIONS", str(decisions))
            local = running.enter_context(throwaway())
        local.fill_source_bucket(0)
        yield local


@pytest.fixture(scope="session")
def cloud(undeployed: LocalDeployment) -> Cloud:
    """Deployed by the roles from bootstrap: a permission that they lack fails every test."""
    environment = bootstrapped(undeployed, scheduled(undeployed.environment))
    synthesize([environment], undeployed.directory / "cdktf.out")
    undeployed.terraform.init()
    undeployed.terraform.apply()
    return Cloud(undeployed)


@pytest.fixture(scope="session")
def account() -> Iterator[Account]:
    """An account of a local cloud of its own: the machines of users' definitions run in it."""
    directory = Path(tempfile.mkdtemp(prefix="account-"))
    try:
        with process.LocalCloud.start(directory=directory) as running:
            furnished = Account(running.endpoint_url)
            furnished.furnish()
            yield furnished
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def started(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let commands find the session's cloud as if `mapspan local start` had started it; returns its record."""
    record = tmp_path / RECORD
    record.write_text(json.dumps({"endpoint_url": cloud.local.endpoint_url, "pid": os.getpid()}))
    monkeypatch.setattr(deployment, "LOCAL_CLOUD", tmp_path)
    return record


@pytest.fixture
def mapspan(
    started: Path,  # noqa: ARG001 - the commands need a started cloud
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Mapspan:
    """Runs `mapspan …` in this process, against the session's cloud."""

    def run(*arguments: str) -> Completed:
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", ["mapspan", *arguments])
        with pytest.raises(SystemExit) as ended:
            main.app()
        printed = capsys.readouterr()
        code = ended.value.code
        if isinstance(code, str):  # a sentence, which Python prints on stderr when it exits
            return Completed(1, printed.out, printed.err + code)
        return Completed(int(code or 0), printed.out, printed.err)

    return run


@pytest.fixture(scope="session")
def inventory(undeployed: LocalDeployment, tmp_path_factory: pytest.TempPathFactory) -> Variant:
    """Deployed with an inventory for its key source; its source bucket holds OBJECTS."""
    variant = key_source_variant(undeployed, "inventory", tmp_path_factory.mktemp("inventory"))
    put_all(variant.s3, variant.settings.source.bucket, iter(OBJECTS.items()), lambda _: None)
    return variant


@pytest.fixture(scope="session")
def replication(undeployed: LocalDeployment, tmp_path_factory: pytest.TempPathFactory) -> Variant:
    """Deployed with a replica for its key source; its source bucket is empty."""
    directory = tmp_path_factory.mktemp("replication")
    return key_source_variant(undeployed, "replication", directory, prefixes=["2026/", "2025/"])


@dataclass(frozen=True)
class SecondPlan:
    """A plan right after the deployment. `file`: as terraform's JSON."""

    has_changes: bool
    file: Path


@pytest.fixture(scope="session")
def second_plans(
    inventory: Variant, replication: Variant, tmp_path_factory: pytest.TempPathFactory
) -> list[SecondPlan]:
    plans, directory = [], tmp_path_factory.mktemp("second-plans")
    for variant in (inventory, replication):
        plan = directory / f"{variant.settings.name}.plan"
        has_changes = variant.terraform.plan_changes(plan)
        file = plan.with_suffix(".json")
        file.write_text(json.dumps(variant.terraform.show_plan(plan)))
        plans.append(SecondPlan(has_changes, file))
    return plans


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups start in the order of their tests, with --no-loadscope-reorder."""
    items.sort(key=lambda item: place_of(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    return Groups(config, log)


def bootstrapped(local: LocalDeployment, environment: Environment) -> Environment:
    """The environment with deploy roles, which are created here."""
    deployed = with_deploy_roles(environment)
    bootstrap(local, deployed)
    return deployed


def bootstrap(local: LocalDeployment, deployed: Environment) -> None:
    """Create the deploy roles that the environment names, and what bootstrap creates beside them."""
    for stack in stacks(deployed, trusted(deployed)):
        account_id = stack.location.account_id
        apply_stack(stack, process.client("cloudformation", account_id, local.endpoint_url))
