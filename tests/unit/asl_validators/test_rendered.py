"""The validators accept what modules.asl renders: any valid DistributedMap, the pipeline and the examples."""

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from examples import csv_file, map_in_map, map_in_parallel, nightly_check, own_pipeline, thousand_in_parallel
from modules.asl.definition_file import read_definition
from modules.asl.distributed_map import DistributedMap
from modules.asl.item_batcher import ItemBatcher
from modules.asl.item_reader import (
    AthenaManifest,
    Csv,
    CsvFile,
    ItemReader,
    JsonFile,
    JsonLinesFile,
    ParquetFile,
    S3Inventory,
    S3ObjectContents,
    S3Objects,
)
from modules.asl.query_language import UNSET, Path, QueryLanguage
from modules.asl.result_writer import ResultWriter
from modules.pipeline.workflow.definition import pipeline_definition
from modules.pipeline.workflow.key_sources import KeySourceStates
from modules.pipeline.workflow.key_sources.inventory import InventoryStates
from modules.pipeline.workflow.key_sources.listing import ListingStates
from modules.pipeline.workflow.key_sources.replication import ReplicationStates
from tests.asl_validators.validators import Validators

LANGUAGES: tuple[QueryLanguage, ...] = ("JSONata", "JSONPath")
FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:work"


def run_time(language: QueryLanguage) -> st.SearchStrategy[str]:
    if language == "JSONata":
        return st.sampled_from(["{% $states.input.value %}", "{% $value + 1 %}"])
    return st.sampled_from([Path("$.value"), Path("$.deep.value")])


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def number(language: QueryLanguage, *values: float) -> st.SearchStrategy[Any]:
    return maybe(st.sampled_from(values) | run_time(language))


def text(language: QueryLanguage) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8) | run_time(language)


CSVS = st.builds(
    Csv,
    headers=maybe(st.lists(st.sampled_from(["key", "size", "é"]), min_size=1, max_size=3, unique=True).map(tuple)),
    delimiter=maybe(st.sampled_from(["COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"])),
)
POINTERS = maybe(st.sampled_from(["/orders", "/a/0", "/~0~1"]))


def readers(language: QueryLanguage) -> st.SearchStrategy[ItemReader]:
    common: dict[str, Any] = {
        "bucket": text(language),
        "expected_bucket_owner": maybe(st.sampled_from(["111111111111"]) | run_time(language)),
        "max_items": number(language, 0, 1, 100_000_000),
    }
    file: dict[str, Any] = common | {"key": text(language), "version_id": maybe(text(language))}
    prefix: dict[str, Any] = common | {"prefix": maybe(text(language))}
    types = st.sampled_from(["CSV", "JSON", "JSONL", "PARQUET"])
    return st.one_of(
        st.builds(S3Objects, **prefix),
        st.builds(S3ObjectContents, **prefix, input_type=types, csv=maybe(CSVS), items_pointer=POINTERS),
        st.builds(JsonFile, **file, items_pointer=POINTERS),
        st.builds(JsonLinesFile, **file),
        st.builds(CsvFile, **file, csv=CSVS),
        st.builds(ParquetFile, **file),
        st.builds(S3Inventory, **file, spelling=st.sampled_from(["ManifestType", "InputType"])),
        st.builds(AthenaManifest, **file, input_type=types, csv=maybe(CSVS)),
    )


def templates(language: QueryLanguage) -> st.SearchStrategy[Any]:
    if language == "JSONata":
        values: st.SearchStrategy[Any] = text(language) | st.integers() | st.booleans() | st.none()
        return st.dictionaries(st.sampled_from(["a", "b"]), values, max_size=2) | run_time(language)
    return st.sampled_from([{}, {"a": 1}, {"a.$": "$.a"}, {"a": {"b.$": "$$.Execution.Name"}}])


def processors(language: QueryLanguage) -> st.SearchStrategy[dict[str, Any]]:
    arguments = {"FunctionName": FUNCTION} if language == "JSONata" else {"FunctionName": FUNCTION, "Payload.$": "$"}
    resources = st.sampled_from(["lambda:invoke", "lambda:invoke.waitForTaskToken"])
    return resources.map(
        lambda resource: {
            "StartAt": "Work",
            "States": {
                "Work": {
                    "Type": "Task",
                    "Resource": f"arn:aws:states:::{resource}",
                    "Arguments" if language == "JSONata" else "Parameters": arguments,
                    "End": True,
                }
            },
        }
    )


@st.composite
def distributed_maps(draw: st.DrawFn, language: QueryLanguage) -> DistributedMap:
    fields: dict[str, st.SearchStrategy[Any]] = {
        "item_processor": processors(language),
        "execution_type": st.sampled_from(["EXPRESS", "STANDARD"]),
        "item_selector": maybe(templates(language)),
        "item_batcher": maybe(
            st.builds(
                ItemBatcher,
                max_items_per_batch=number(language, 1, 100),
                max_input_bytes_per_batch=number(language, 1, 262_144),
                batch_input=maybe(templates(language)),
            )
        ),
        "max_concurrency": number(language, 0, 1, 10_000),
        "tolerated_failure_percentage": number(language, 0, 0.5, 100),
        "tolerated_failure_count": number(language, 0, 10**9),
        "label": maybe(st.text(min_size=1, max_size=40) | st.sampled_from(["Work", "w" * 40])),
        "result_writer": maybe(
            st.builds(
                ResultWriter,
                bucket=maybe(text(language)),
                prefix=maybe(text(language)),
                expected_bucket_owner=maybe(st.sampled_from(["111111111111"]) | run_time(language)),
                transformation=st.sampled_from(["NONE", "COMPACT", "FLATTEN"]),
                output_type=st.sampled_from(["JSON", "JSONL"]),
            )
            | st.builds(ResultWriter, bucket=text(language), prefix=text(language))
        ),
        "retry": st.sampled_from([(), ({"ErrorEquals": ["States.ALL"], "MaxAttempts": 0},)]),
        "comment": maybe(st.text(max_size=5)),
    }
    source = draw(st.sampled_from(["input", "reader", "reader", "items"]))
    if source == "reader":
        fields["item_reader"] = readers(language)
    elif source == "items" and language == "JSONata":
        fields["items"] = st.lists(st.integers() | text(language)) | run_time(language)
    elif source == "items":
        fields["items_path"] = st.just("$.items")
    if language == "JSONata":
        fields["output"] = maybe(templates(language))
    else:
        fields["result_selector"] = maybe(templates(language))
        fields |= {name: st.sampled_from([UNSET, None, "$.x"]) for name in ("input_path", "result_path", "output_path")}
    return DistributedMap(**{name: draw(strategy) for name, strategy in fields.items()})


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_validators_accept_every_map_that_distributed_map_accepts(
    validators: Validators, language: QueryLanguage
) -> None:
    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(distributed_maps(language))
    def accepts(distributed_map: DistributedMap) -> None:
        assume(not distributed_map.errors(language))
        state = distributed_map.render(language)
        definition = {"QueryLanguage": language, "StartAt": "Map", "States": {"Map": state}}
        assert validators.complaints(definition) == {}

    accepts()


PREFIX = 'with "quotes", \\ and ${x} and %{y}/'
KEY_SOURCES: list[KeySourceStates] = [
    ListingStates(list_objects_arn=FUNCTION, prefixes=["", PREFIX]),
    InventoryStates(bucket="inventories", account_id="111111111111", base="data/all/", prefix=PREFIX, max_age_hours=48),
    ReplicationStates(bucket="replica", account_id="111111111111", replicated=["a/", PREFIX]),
]


@pytest.mark.parametrize("key_source", KEY_SOURCES, ids=["listing", "inventory", "replication"])
@pytest.mark.parametrize("execution_type", ["EXPRESS", "STANDARD"])
@pytest.mark.parametrize(
    "tolerated",
    [{}, {"tolerated_failure_percentage": 0}, {"tolerated_failure_count": 0}, {"tolerated_failure_count": 9}],
)
def test_the_pipeline_is_valid_with_any_tuning(
    validators: Validators, execution_type: Any, tolerated: dict[str, int], key_source: KeySourceStates
) -> None:
    definition = pipeline_definition(
        key_source=key_source,
        process_objects_arn=FUNCTION,
        summarize_run_arn=FUNCTION,
        runs_bucket="mapspan-local-runs",
        runs_account_id="111111111111",
        execution_type=execution_type,
        max_concurrency=0,
        max_items_per_batch=1,
        child_timeout_seconds=60,
        **tolerated,
    )
    assert validators.complaints(definition) == {}


@pytest.mark.parametrize(
    "definition",
    [
        thousand_in_parallel.definition(function_arn=FUNCTION),
        csv_file.definition(function_arn=FUNCTION, bucket="b", key="in/rows.csv", account_id="111111111111"),
        map_in_parallel.definition(image_function_arn=FUNCTION, text_function_arn=FUNCTION, bucket="b"),
        map_in_map.definition(function_arn=FUNCTION, bucket="b"),
        own_pipeline.definition(
            list_objects_arn=FUNCTION,
            process_objects_arn=FUNCTION,
            summarize_run_arn=FUNCTION,
            runs_bucket="runs",
            account_id="111111111111",
        ),
        read_definition(
            nightly_check.DEFINITION,
            nightly_check.substitutions(
                check_function_arn=FUNCTION, announce_function_arn=FUNCTION, bucket="b", prefix="uploads/"
            ),
        ),
    ],
    ids=["thousand_in_parallel", "csv_file", "map_in_parallel", "map_in_map", "own_pipeline", "nightly_check"],
)
def test_every_example_is_valid(validators: Validators, definition: dict[str, Any]) -> None:
    assert validators.complaints(definition) == {}
