"""The pipeline's own definition: find the keys, map over them, add up, give the verdict.

Execution input: `{}` for every prefix that the environment allows, `{"prefix": "2026/11/"}` or `{"prefixes": […]}` for
some of them, with `"max_keys"` for at most that many keys; or `{"key_list": {"prefix": "key-lists/…/"}}` to process a
key list that exists in the runs bucket. Any other input ends the run in InvalidInput (`input_rules`).

Output: `{"ledger", "failures", "skips", "retry", "key_list", "map_runs", "run_summary_error"}`, and what the listing
looked at.
"""

from collections.abc import Iterator, Mapping

from modules.asl.bounds import RunTimeBounds
from modules.asl.distributed_map import DistributedMap
from modules.asl.execution_type import ExecutionType
from modules.asl.item_reader import S3ObjectContents
from modules.asl.query_language import DefinitionError
from modules.pipeline.workflow.check_input import check_input
from modules.pipeline.workflow.item_count import item_count
from modules.pipeline.workflow.key_list import find_key_list, key_list_reader
from modules.pipeline.workflow.key_sources import MAX_INPUT_BYTES_PER_BATCH, KeySourceStates
from modules.pipeline.workflow.names import (
    CHECK_INPUT,
    COUNT_ITEMS,
    FIND_KEY_LIST,
    KEY_LISTS,
    MAP_RUNS,
    PROCESS_KEY_LIST,
    PROCESS_OBJECTS,
    PROCESS_SHARD,
    SUMMARIZE_RUN,
)
from modules.pipeline.workflow.process_map import ProcessMap
from modules.pipeline.workflow.shards import shard_states
from modules.pipeline.workflow.success import success
from modules.pipeline.workflow.summary import summary
from modules.pipeline.workflow.verdict import Tolerance, nothing_to_process, verdict

# The prefixes of a Map over a key list, whose ends only a run knows, for the permissions derived from the definition.
_KEY_LIST_MAP_BOUNDS = {"ItemReader.Prefix": KEY_LISTS, "ResultWriter.Prefix": MAP_RUNS}
PIPELINE_BOUNDS = {
    PROCESS_OBJECTS: _KEY_LIST_MAP_BOUNDS,
    PROCESS_SHARD: _KEY_LIST_MAP_BOUNDS,
    FIND_KEY_LIST: {"Prefix": KEY_LISTS},
}


def pipeline_bounds(key_source: KeySourceStates, *, map_runs_arn: str) -> RunTimeBounds:
    """The same for any key source. `map_runs_arn` matches the Map Runs of the machine's PROCESS_OBJECTS."""
    if key_source.reader is None:
        return PIPELINE_BOUNDS
    by_state = {state: dict(fields) for state, fields in key_source.bounds.items()}
    by_state[PROCESS_OBJECTS]["ResultWriter.Prefix"] = MAP_RUNS
    return {
        **by_state,
        FIND_KEY_LIST: PIPELINE_BOUNDS[FIND_KEY_LIST],
        PROCESS_KEY_LIST: _KEY_LIST_MAP_BOUNDS,
        COUNT_ITEMS: {"MapRunArn": map_runs_arn},
    }


def pipeline_definition(
    *,
    key_source: KeySourceStates,
    process_objects_arn: str,
    summarize_run_arn: str,
    runs_bucket: str,
    runs_account_id: str,
    execution_type: ExecutionType,
    max_concurrency: int,
    max_items_per_batch: int,
    child_timeout_seconds: int,
    tolerated_failure_percentage: int | None = None,
    tolerated_failure_count: int | None = None,
) -> dict[str, object]:
    """The definition in JSONata.

    At most one of the tolerated percentage and count may be set; without either, no failure is tolerated.
    `child_timeout_seconds` ends one try at a batch.

    Raises DefinitionError with every error found.
    """
    tolerance = Tolerance(percentage=tolerated_failure_percentage, count=tolerated_failure_count)
    process = ProcessMap(
        process_objects_arn=process_objects_arn,
        runs_bucket=runs_bucket,
        runs_account_id=runs_account_id,
        execution_type=execution_type,
        max_concurrency=max_concurrency,
        max_items_per_batch=max_items_per_batch,
        child_timeout_seconds=child_timeout_seconds,
        tolerance=tolerance,
    )
    runs = {"runs_bucket": runs_bucket, "runs_account_id": runs_account_id}
    maps = _maps(process, key_source, key_list_reader(**runs))
    if errors := [*_prefix_errors(key_source), *tolerance.errors(), *process.errors(), *_map_errors(maps)]:
        raise DefinitionError(errors)
    return {
        "Comment": "Process every object of a bucket that another account owns.",
        "QueryLanguage": "JSONata",
        "StartAt": CHECK_INPUT,
        "States": {
            **check_input(key_source),
            **find_key_list(
                runs_bucket=runs_bucket,
                runs_account_id=runs_account_id,
                key_list_map=PROCESS_OBJECTS if key_source.reader is None else PROCESS_KEY_LIST,
            ),
            **_states(key_source, maps, summarize_run_arn, tolerance, execution_type),
            **_shards(process, key_source, key_list_reader(**runs, prefix="$states.input.prefix")),
        },
    }


def _states(
    key_source: KeySourceStates,
    maps: Mapping[str, DistributedMap],
    summarize_run_arn: str,
    tolerance: Tolerance,
    execution_type: ExecutionType,
) -> dict[str, object]:
    counted = key_source.reader is not None
    return {
        **key_source.states(),
        **nothing_to_process(),
        **{name: state.render("JSONata") for name, state in maps.items()},
        **(item_count() if counted else {}),
        **summary(summarize_run_arn, execution_type=execution_type),
        **verdict(tolerance, counted=counted, incremental=bool(key_source.incremental)),
        **(success(summarize_run_arn, source_bucket=key_source.incremental) if key_source.incremental else {}),
    }


def _maps(process: ProcessMap, key_source: KeySourceStates, key_list: S3ObjectContents) -> Mapping[str, DistributedMap]:
    """One Map over a key list; where the key source has a reader of its own, a second Map over that."""

    def over_key_list(name: str) -> DistributedMap:
        return process.over(
            key_list,
            name=name,
            max_input_bytes_per_batch=MAX_INPUT_BYTES_PER_BATCH,
            batch_input={},
            next_state=SUMMARIZE_RUN,
        )

    if key_source.reader is None:
        return {PROCESS_OBJECTS: over_key_list(PROCESS_OBJECTS)}
    over_key_source = process.over(
        key_source.reader,
        name=PROCESS_OBJECTS,
        max_input_bytes_per_batch=key_source.max_input_bytes_per_batch,
        batch_input=key_source.batch_input,
        next_state=COUNT_ITEMS,
    )
    return {PROCESS_OBJECTS: over_key_source, PROCESS_KEY_LIST: over_key_list(PROCESS_KEY_LIST)}


def _shards(process: ProcessMap, key_source: KeySourceStates, key_list: S3ObjectContents) -> dict[str, object]:
    """The states of a long listing; none where no function lists."""
    list_shard = key_source.list_shard()
    if list_shard is None:
        return {}
    return shard_states(list_shard, process.over_shard(key_list, max_input_bytes_per_batch=MAX_INPUT_BYTES_PER_BATCH))


def _prefix_errors(key_source: KeySourceStates) -> Iterator[str]:
    if not key_source.prefixes:
        yield 'prefixes: must name at least one; "" is the whole bucket'


def _map_errors(maps: Mapping[str, DistributedMap]) -> Iterator[str]:
    """Each error once: the Maps share most of their fields."""
    yield from dict.fromkeys(error for state in maps.values() for error in state.errors("JSONata"))
