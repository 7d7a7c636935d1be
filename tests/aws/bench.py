"""Bench: two buckets and two roles for the questions, and machines that run one definition each."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from modules.statements import policy_document
from modules.statements.trust import trust
from tests.aws.accounts import Accounts
from tests.aws.buckets import create_bucket, put_objects, read_objects
from tests.aws.lifetime import Cleanup, Report
from tests.aws.pipeline import PREFIX, Pipeline
from tests.aws.unanswered import Unanswered

# How long a new role or policy takes to work everywhere.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
_IAM_SECONDS = 15
_START_CHILDREN = "states:StartExecution"


@dataclass(frozen=True, kw_only=True)
class MapOutcome:
    """How the execution of one Map ended.

    Args:
        status: the execution's; "REFUSED" if AWS refused the definition, with the refusal as error and cause.
        map_run: DescribeMapRun's answer; None if no Map Run started.
    """

    status: str
    error: str | None = None
    cause: str | None = None
    output: Any = None
    map_run: Mapping[str, Any] | None = None

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"status": self.status}
        if self.error or self.cause:
            facts |= {"error": self.error, "cause": self.cause}
        if self.map_run is not None:
            facts["items"] = {name: count for name, count in self.map_run["itemCounts"].items() if count}
        return facts


class Bench:
    """What a question is asked with. Everything that it creates is deleted at the end."""

    def __init__(self, accounts: Accounts, cleanup: Cleanup, report: Report, directory: Path) -> None:
        self.accounts = accounts
        self.cleanup = cleanup
        self.report = report
        self.directory = directory
        self.s3 = accounts.in_target("s3")
        self.source_s3 = accounts.in_source("s3")
        self.states = accounts.in_target("stepfunctions")
        # By the machine's ARN, its last execution.
        self._machines: dict[str, str | None] = {}
        self._pipeline_failed = False
        # AWS still deletes a machine when a next call wants its name.
        self._id = uuid.uuid4().hex[:6]

    def name(self, *parts: str) -> str:
        return "-".join((PREFIX, *parts))

    def scaled(self, *, aws: int, local: int) -> int:
        """A number of items: many on AWS, few on the local cloud."""
        return local if self.accounts.is_local else aws

    @cached_property
    def bucket(self) -> str:
        """A bucket of the target account, empty at first."""
        target = self.accounts.target
        name = self.name("questions", target.account_id, target.region)
        create_bucket(self.s3, name, target, self.cleanup)
        return name

    @cached_property
    def source_bucket(self) -> str:
        """A bucket of the source account, whose policy lets the role read."""
        source = self.accounts.source
        name = self.name("questions", source.account_id, source.region)
        create_bucket(self.source_s3, name, source, self.cleanup)
        resources = [source.bucket_arn(name), source.bucket_arn(name, "*")]
        read = {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": resources}
        policy = policy_document([{**read, "Principal": {"AWS": self.role}}])
        self.source_s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
        return name

    @cached_property
    def role(self) -> str:
        """The ARN of a role that may do what the questions' machines do."""
        return self._create_role("questions", [_START_CHILDREN])

    @cached_property
    def role_without_start(self) -> str:
        """The ARN of the same role without states:StartExecution."""
        return self._create_role("no-start", [])

    @cached_property
    def pipeline(self) -> Pipeline:
        """mapspan's own pipeline, deployed when the first question needs it.

        Raises Unanswered after a deploy that failed: each other question would repeat it.
        """
        if self._pipeline_failed:
            raise Unanswered("the pipeline could not be deployed")
        self._pipeline_failed = True
        pipeline = self.deployed_pipeline("listing")
        self._pipeline_failed = False
        return pipeline

    def deployed_pipeline(self, key_source: str) -> Pipeline:
        pipeline = Pipeline(self.accounts, key_source, self.directory, self.cleanup, self.report)
        pipeline.deploy()
        return pipeline

    def put(self, objects: Mapping[str, bytes]) -> None:
        put_objects(self.s3, self.bucket, objects)

    def objects(self, prefix: str) -> dict[str, bytes]:
        return dict(read_objects(self.s3, self.bucket, prefix))

    def run(self, definition: Mapping[str, Any], run_input: Any = None, *, role: str | None = None) -> MapOutcome:
        """The outcome of one execution of a new machine."""
        return self.finish(self.start(definition, run_input, role=role))

    def start(
        self, definition: Mapping[str, Any], run_input: Any = None, *, role: str | None = None
    ) -> str | MapOutcome:
        """The ARN of an execution of a new machine; the outcome if AWS refuses the definition."""
        role = role or self.role
        if not self._machines:
            self.cleanup.later("the questions' state machines", self._delete_machines)
        name = self.name("question", self._id, str(len(self._machines) + 1))
        arn = self.accounts.target.arn("states", f"stateMachine:{name}")
        self._machines[arn] = None
        try:
            self.states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidDefinition":
                raise
            return MapOutcome(status="REFUSED", error="InvalidDefinition", cause=error.response["Error"]["Message"])
        started = self.states.start_execution(
            stateMachineArn=arn, input=json.dumps({} if run_input is None else run_input)
        )
        execution: str = started["executionArn"]
        self._machines[arn] = execution
        return execution

    def finish(self, execution: str | MapOutcome) -> MapOutcome:
        if isinstance(execution, MapOutcome):
            return execution
        try:
            while (description := self.states.describe_execution(executionArn=execution))["status"] == "RUNNING":
                time.sleep(0.1 if self.accounts.is_local else 2)
        except BaseException:
            # It would write results into a bucket that is being deleted.
            self.states.stop_execution(executionArn=execution)
            raise
        runs = self.states.list_map_runs(executionArn=execution)["mapRuns"]
        map_run = self.states.describe_map_run(mapRunArn=runs[0]["mapRunArn"]) if runs else None
        return MapOutcome(
            status=description["status"],
            error=description.get("error"),
            cause=description.get("cause"),
            output=json.loads(description["output"]) if "output" in description else None,
            map_run=map_run,
        )

    def children(self, outcome: MapOutcome) -> list[dict[str, Any]]:
        """The name, the ARN and the input of up to ten STANDARD children."""
        if outcome.map_run is None:
            return []
        listed = self.states.list_executions(mapRunArn=outcome.map_run["mapRunArn"], maxResults=10)["executions"]
        described = [self.states.describe_execution(executionArn=child["executionArn"]) for child in listed]
        return [
            {"name": child["name"], "arn": child["executionArn"], "input": json.loads(child["input"])}
            for child in described
        ]

    def inputs(self, outcome: MapOutcome) -> list[Any]:
        """The inputs of the children, sorted by their text."""
        return sorted((child["input"] for child in self.children(outcome)), key=json.dumps)

    def _delete_machines(self) -> None:
        """AWS deletes a machine only when its executions have ended."""
        for machine, execution in self._machines.items():
            if execution and self.states.describe_execution(executionArn=execution)["status"] == "RUNNING":
                self.states.stop_execution(executionArn=execution)
            self.states.delete_state_machine(stateMachineArn=machine)

    def _create_role(self, part: str, map_actions: list[str]) -> str:
        iam, name, target = self.accounts.in_target("iam"), self.name(part), self.accounts.target

        def delete() -> None:
            with contextlib.suppress(iam.exceptions.NoSuchEntityException):
                iam.delete_role_policy(RoleName=name, PolicyName="questions")
            with contextlib.suppress(iam.exceptions.NoSuchEntityException):
                iam.delete_role(RoleName=name)

        self.cleanup.later(f"role {name}", delete)
        assume = json.dumps(trust("states"))
        with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):  # left by a call that was killed
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=assume)
        machines = [target.arn("states", f"{kind}:{PREFIX}-*") for kind in ("stateMachine", "execution", "mapRun")]
        actions = ["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution", *map_actions]
        buckets = [target.bucket_arn(f"{PREFIX}-*"), target.bucket_arn(f"{PREFIX}-*", "*")]
        access_points = target.arn("s3", f"accesspoint/{PREFIX}-*")
        policy = policy_document(
            [
                {"Sid": "Map", "Effect": "Allow", "Action": actions, "Resource": machines},
                {"Sid": "Buckets", "Effect": "Allow", "Action": "s3:*", "Resource": [*buckets, access_points]},
            ]
        )
        iam.put_role_policy(RoleName=name, PolicyName="questions", PolicyDocument=json.dumps(policy))
        if not self.accounts.is_local:
            time.sleep(_IAM_SECONDS)
        return target.role_arn(name)
