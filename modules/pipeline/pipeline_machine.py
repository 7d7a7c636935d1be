"""The pipeline's state machine, with the definition that follows from an environment's settings."""

from __future__ import annotations

from constructs import Construct

from environments.environment import Environment
from modules.pipeline import buckets
from modules.pipeline.functions import PROCESS_FUNCTION, SUMMARIZE_FUNCTION, PipelineFunctions
from modules.pipeline.key_sources import KeySource
from modules.pipeline.workflow.definition import pipeline_bounds, pipeline_definition
from modules.state_machine import StateMachine

# The function's own timeout ends a try first, and its error says more than the state's.
CHILD_MARGIN_SECONDS = 10


def pipeline_machine(
    scope: Construct, environment: Environment, *, functions: PipelineFunctions, key_source: KeySource
) -> StateMachine:
    """Create the state machine that runs `functions` over the keys of `key_source`."""
    location, runs = buckets.target_location(environment), buckets.runs_bucket(environment)
    map_settings = environment.effective_map
    return StateMachine(
        scope,
        "state_machine",
        name=environment.prefix,
        location=location,
        definition=pipeline_definition(
            key_source=key_source.states,
            process_objects_arn=functions.by_id[PROCESS_FUNCTION].arn,
            summarize_run_arn=functions.by_id[SUMMARIZE_FUNCTION].arn,
            runs_bucket=runs.name,
            runs_account_id=location.account_id,
            execution_type=map_settings.execution_type,
            max_concurrency=map_settings.max_concurrency,
            max_items_per_batch=map_settings.max_items_per_batch,
            tolerated_failure_percentage=map_settings.tolerated_failure_percentage,
            tolerated_failure_count=map_settings.tolerated_failure_count,
            child_timeout_seconds=environment.job.timeout_seconds + CHILD_MARGIN_SECONDS,
        ),
        # Every run has a Map Run of its own.
        bounds=pipeline_bounds(
            key_source.states, map_runs_arn=location.arn("states", f"mapRun:{environment.prefix}/*:*")
        ),
        kms_keys={**runs.keys, **key_source.machine_keys},
        log_retention_days=environment.log_retention_days,
        before=[function.function for function in functions.by_id.values()],
    )
