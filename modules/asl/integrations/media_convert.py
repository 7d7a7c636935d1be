"""MediaConvert: https://docs.aws.amazon.com/step-functions/latest/dg/connect-mediaconvert.html."""

from collections.abc import Iterator

from modules.asl.grant import Grant
from modules.asl.run_a_job import Waits, completion_events, pass_role, waits_for_job
from modules.asl.statement import Condition
from modules.asl.task import Task, grant

NEED = "run-media-convert-jobs"


def create_job(task: Task, waits: Waits) -> Iterator[Grant]:
    """A job in a queue, with a role. Its settings may name any preset. Step Functions tags the jobs it waits for."""
    any_job = [task.location.arn("mediaconvert", "jobs/*")]  # a job's id is known only when it runs
    resources = [task.location.arn("mediaconvert", "presets/*")]
    queues = task.arns("Queue", "mediaconvert", "queues/") if task.has("Queue") else []
    resources += queues or [task.location.arn("mediaconvert", "queues/Default")]
    if task.has("JobTemplate"):
        resources += task.arns("JobTemplate", "mediaconvert", "jobTemplates/")
    yield from grant(NEED, "CreateMediaConvertJobs", ("mediaconvert:CreateJob",), resources)
    yield from pass_role(task, NEED, "Role", "mediaconvert")
    if task.has("Tags"):
        yield from grant(NEED, "TagMediaConvertJobs", ("mediaconvert:TagResource",), any_job)
    if waits_for_job(waits):
        tagged: Condition = {"StringEquals": {"aws:ResourceTag/ManagedByService": "AWSStepFunctions"}}
        actions = ("mediaconvert:GetJob", "mediaconvert:CancelJob")
        yield from grant(NEED, "WatchAndStopMediaConvertJobs", actions, any_job, tagged)
        yield from completion_events(task, NEED, "StepFunctionsGetEventsForMediaConvertJobRule")
