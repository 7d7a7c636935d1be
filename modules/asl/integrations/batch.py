"""Batch: https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html."""

import re
from collections.abc import Iterator

from modules.asl.grant import Grant
from modules.asl.run_a_job import Waits, completion_events, waits_for_job
from modules.asl.task import Task, grant

NEED = "run-batch-jobs"


def submit_job(task: Task, waits: Waits) -> Iterator[Grant]:
    """Submitting a job of a definition to a queue. A definition without a revision means any of its revisions.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
    """
    definitions = []
    for definition in task.arns("JobDefinition", "batch", "job-definition/"):
        definitions += [definition] if re.search(r":\d+$", definition) else [definition, f"{definition}:*"]
    queues = task.arns("JobQueue", "batch", "job-queue/")
    any_job = [task.location.arn("batch", "job/*")]  # a job's id is known only when it runs
    if definitions and queues:
        yield from grant(NEED, "SubmitJobs", ("batch:SubmitJob",), [*definitions, *queues, *any_job])
    if task.has("Tags") or task.has("PropagateTags"):
        yield from grant(NEED, "TagJobs", ("batch:TagResource",), [*definitions, *any_job])
    if waits_for_job(waits):
        yield from grant(NEED, "StopJobs", ("batch:TerminateJob",), any_job)
        # AWS defines no narrower resource for this action.
        yield from grant(NEED, "WatchJobs", ("batch:DescribeJobs",), ["*"])
        yield from completion_events(task, NEED, "StepFunctionsGetEventsForBatchJobsRule")
