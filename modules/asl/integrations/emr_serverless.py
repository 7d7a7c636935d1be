"""EMR Serverless: https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr-serverless.html."""

from collections.abc import Iterator

from modules.asl.grant import Grant
from modules.asl.run_a_job import Derive, Waits, completion_events, pass_role, waits_for_job
from modules.asl.task import Task, grant

NEED = "use-emr-serverless"
_APPLICATION_RULE = "StepFunctionsGetEventsForEMRServerlessApplicationRule"
_JOB_RULE = "StepFunctionsGetEventsForEMRServerlessJobRule"


def start_job_run(task: Task, waits: Waits) -> Iterator[Grant]:
    """A job run in an application, with a role of its own."""
    applications = _applications(task)
    runs = [f"{application}/jobruns/*" for application in applications]  # a run's id is known only when it runs
    yield from grant(NEED, "StartJobRuns", ("emr-serverless:StartJobRun",), applications)
    yield from pass_role(task, NEED, "ExecutionRoleArn", "emr-serverless")
    if task.has("Tags"):
        yield from grant(NEED, "TagJobRuns", ("emr-serverless:TagResource",), runs)
    if waits_for_job(waits):
        actions = ("emr-serverless:GetJobRun", "emr-serverless:CancelJobRun")
        yield from grant(NEED, "WatchAndStopJobRuns", actions, runs)
        yield from completion_events(task, NEED, _JOB_RULE)


def cancel_job_run(task: Task, waits: Waits) -> Iterator[Grant]:
    """A job run that is cancelled; its id is known only when it runs."""
    run = task.state.argument("JobRunId")
    runs = [f"{application}/jobruns/{run if isinstance(run, str) else '*'}" for application in _applications(task)]
    actions: tuple[str, ...] = ("emr-serverless:CancelJobRun",)
    if waits_for_job(waits):
        actions += ("emr-serverless:GetJobRun",)
        yield from completion_events(task, NEED, _JOB_RULE)
    yield from grant(NEED, "CancelJobRuns", actions, runs)


def create_application(task: Task, waits: Waits) -> Iterator[Grant]:
    """An application, and the service-linked role of the account's first one. `.sync` deletes it if it is stopped."""
    if any(
        task.has(argument) for argument in ("NetworkConfiguration", "ImageConfiguration", "WorkerTypeSpecifications")
    ):
        task.refuse("creates an application with a network or an image of its own")
        return
    any_application = [task.location.arn("emr-serverless", "/applications/*")]
    yield from grant(
        NEED, "CreateApplications", ("emr-serverless:CreateApplication",), [task.location.arn("emr-serverless", "/*")]
    )
    service = "ops.emr-serverless.amazonaws.com"
    roles = f"arn:{task.location.partition}:iam::{task.location.account_id}:role/aws-service-role/{service}"
    yield from grant(
        NEED,
        "CreateServiceLinkedRole",
        ("iam:CreateServiceLinkedRole",),
        [f"{roles}/AWSServiceRoleForAmazonEMRServerless*"],
        {"StringLike": {"iam:AWSServiceName": service}},
    )
    if task.has("Tags"):
        yield from grant(NEED, "TagApplications", ("emr-serverless:TagResource",), any_application)
    if waits_for_job(waits):
        actions = ("emr-serverless:GetApplication", "emr-serverless:DeleteApplication")
        yield from grant(NEED, "WatchAndDeleteApplications", actions, any_application)
        yield from completion_events(task, NEED, _APPLICATION_RULE)


def change_application(verb: str, *, undone_by: str | None = None) -> Derive:
    """Starting, stopping or deleting an application. `.sync` undoes it by another call if it is stopped."""

    def derive(task: Task, waits: Waits) -> Iterator[Grant]:
        actions = [f"emr-serverless:{verb}Application"]
        if waits_for_job(waits):
            actions += ["emr-serverless:GetApplication"]
            actions += [f"emr-serverless:{undone_by}Application"] if undone_by else []
            yield from completion_events(task, NEED, _APPLICATION_RULE)
        yield from grant(NEED, f"{verb}Applications", tuple(actions), _applications(task))

    return derive


def _applications(task: Task) -> list[str]:
    ids = task.values("ApplicationId", '"<application id>"')
    return [task.location.arn("emr-serverless", f"/applications/{id_}") for id_ in ids]
