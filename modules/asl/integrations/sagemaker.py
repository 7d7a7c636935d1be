"""SageMaker: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from modules.asl.grant import Grant
from modules.asl.run_a_job import Derive, Waits, completion_events, pass_role, waits_for_job
from modules.asl.task import Task, grant

NEED = "use-sagemaker"
_KEYS = re.compile(r"(Volume)?KmsKeyId")


@dataclass(frozen=True, kw_only=True)
class Job:
    """A kind of job: its type in ARNs, its EventBridge rule, and the argument with its role."""

    kind: str
    resource: str
    rule: str
    role: str | None = "RoleArn"
    role_in: str | None = None


TRAINING = Job(kind="Training", resource="training-job", rule="TrainingJobs")
# A transform job has no role in its arguments: it runs with its model's.
TRANSFORM = Job(kind="Transform", resource="transform-job", rule="TransformJobs", role=None)
PROCESSING = Job(kind="Processing", resource="processing-job", rule="ProcessingJobs")
TUNING = Job(
    kind="HyperParameterTuning",
    resource="hyper-parameter-tuning-job",
    rule="TuningJobs",
    role_in="TrainingJobDefinition",
)


def create_job(job: Job) -> Derive:
    """A job of one kind, which is created with a role, and described and stopped by `.sync`."""

    def derive(task: Task, waits: Waits) -> Iterator[Grant]:
        if _refused(task):
            return
        jobs = _named(task, f"{job.kind}JobName", job.resource)
        actions = [f"sagemaker:Create{job.kind}Job"]
        if waits_for_job(waits):
            actions += [f"sagemaker:{verb}{job.kind}Job" for verb in ("Describe", "Stop")]
            yield from completion_events(task, NEED, f"StepFunctionsGetEventsForSageMaker{job.rule}Rule")
        yield from grant(NEED, f"Run{job.kind}Jobs", tuple(actions), jobs)
        yield from _tag_grants(jobs)
        if job.role:
            holder = task.state.argument(job.role_in) if job.role_in else None
            yield from pass_role(task, NEED, job.role, "sagemaker", holder=holder)

    return derive


def create_model(task: Task, _waits: Waits) -> Iterator[Grant]:
    """A model, with the role that its containers run with."""
    if _refused(task):
        return
    models = _named(task, "ModelName", "model")
    yield from grant(NEED, "CreateModels", ("sagemaker:CreateModel",), models)
    yield from _tag_grants(models)
    yield from pass_role(task, NEED, "ExecutionRoleArn", "sagemaker")


def create_endpoint_config(task: Task, _waits: Waits) -> Iterator[Grant]:
    """The configuration of an endpoint."""
    if _refused(task):
        return
    configs = _named(task, "EndpointConfigName", "endpoint-config")
    yield from grant(NEED, "CreateEndpointConfigs", ("sagemaker:CreateEndpointConfig",), configs)
    yield from _tag_grants(configs)
    if task.has("ExecutionRoleArn"):
        yield from pass_role(task, NEED, "ExecutionRoleArn", "sagemaker")


def use_endpoint(call: str) -> Derive:
    """Creating or updating an endpoint, which needs its configuration too."""

    def derive(task: Task, _waits: Waits) -> Iterator[Grant]:
        endpoints = _named(task, "EndpointName", "endpoint")
        configs = _named(task, "EndpointConfigName", "endpoint-config")
        if endpoints and configs:
            yield from grant(NEED, f"{call}s", (f"sagemaker:{call}",), [*endpoints, *configs])
        yield from _tag_grants(endpoints)

    return derive


def _refused(task: Task) -> bool:
    keys = [name for name in task.state.argument_names() if _KEYS.fullmatch(name)]
    if keys:
        task.refuse(f"has arguments that need permissions for KMS ({', '.join(keys)})")
    return bool(keys)


def _named(task: Task, field: str, resource: str) -> list[str]:
    """The ARNs of a name, or of all names that begin with a bound. SageMaker writes names in lower case in its ARNs."""
    arns = []
    for name, exactly in task.bounds.beginnings(task.state.name, field, task.state.argument(field)):
        arns += [
            task.location.arn("sagemaker", f"{resource}/{spelling}{'' if exactly else '*'}")
            for spelling in dict.fromkeys((name, name.lower()))
        ]
    return arns


def _tag_grants(resources: list[str]) -> Iterator[Grant]:
    """Setting tags, because Step Functions adds its own (MANAGED_BY_AWS), and reading them, as AWS's policies allow it.

    https://github.com/aws/aws-cdk/issues/32294
    """
    yield from grant(NEED, "Tag", ("sagemaker:AddTags", "sagemaker:ListTags"), resources)
