"""CodeBuild: https://docs.aws.amazon.com/step-functions/latest/dg/connect-codebuild.html."""

from collections.abc import Iterator

from modules.asl.grant import Grant
from modules.asl.run_a_job import Waits, completion_events, waits_for_job
from modules.asl.task import Task, grant

NEED = "run-builds"


def start_build(task: Task, waits: Waits) -> Iterator[Grant]:
    """A build of a project, with the project's own role."""
    if task.has("ServiceRoleOverride"):
        task.refuse("passes a role of its own to the build")
        return
    actions: tuple[str, ...] = ("codebuild:StartBuild",)
    if waits_for_job(waits):
        actions += ("codebuild:StopBuild", "codebuild:BatchGetBuilds", "codebuild:BatchGetReports")
        yield from completion_events(task, NEED, "StepFunctionsGetEventForCodeBuildStartBuildRule")
    yield from grant(NEED, "RunBuilds", actions, task.arns("ProjectName", "codebuild", "project/"))
