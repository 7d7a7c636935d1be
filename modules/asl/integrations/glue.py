"""Glue: https://docs.aws.amazon.com/step-functions/latest/dg/connect-glue.html."""

from collections.abc import Iterator

from modules.asl.grant import Grant
from modules.asl.run_a_job import Waits, waits_for_job
from modules.asl.task import Task, grant


def start_job_run(task: Task, waits: Waits) -> Iterator[Grant]:
    """Step Functions polls the run, so that no EventBridge rule is needed."""
    actions: tuple[str, ...] = ("glue:StartJobRun",)
    if waits_for_job(waits):
        actions += ("glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun")
    yield from grant("run-glue-jobs", "RunGlueJobs", actions, task.arns("JobName", "glue", "job/"))
