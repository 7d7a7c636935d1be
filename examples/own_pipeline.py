"""mapspan's pipeline in your own stack: bring three functions and a bucket, and take the definition.

Input and output stand in `modules.pipeline.workflow.definition`.
"""

from modules.asl.bounds import RunTimeBounds
from modules.pipeline.workflow.definition import pipeline_bounds, pipeline_definition
from modules.pipeline.workflow.key_sources.listing import ListingStates


def bounds(*, list_objects_arn: str, map_runs_arn: str) -> RunTimeBounds:
    """For the permissions. `map_runs_arn` matches the machine's Map Runs: `arn:aws:states:…:mapRun:<name>/*:*`."""
    return pipeline_bounds(_key_source(list_objects_arn), map_runs_arn=map_runs_arn)


def definition(
    *, list_objects_arn: str, process_objects_arn: str, summarize_run_arn: str, runs_bucket: str, account_id: str
) -> dict[str, object]:
    """List the whole bucket, process a hundred objects per child, and tolerate one failed object in a hundred."""
    return pipeline_definition(
        process_objects_arn=process_objects_arn,
        summarize_run_arn=summarize_run_arn,
        runs_bucket=runs_bucket,
        runs_account_id=account_id,
        key_source=_key_source(list_objects_arn),
        execution_type="EXPRESS",
        max_concurrency=1000,
        max_items_per_batch=100,
        tolerated_failure_percentage=1,
        child_timeout_seconds=60,
    )


def _key_source(list_objects_arn: str) -> ListingStates:
    return ListingStates(list_objects_arn=list_objects_arn, prefixes=[""])
