"""A run's own definition shows the key source and the kind of children that it ran with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mapspan.checkout import CommandError
from mapspan.results.run_definition import RunDefinition
from modules.asl.execution_type import EXECUTION_TYPES, ExecutionType
from modules.asl.partition import in_partition
from modules.pipeline.workflow.names import INVENTORY, LISTING, REPLICATION, KeySourceName
from tests.fixtures.fake_states import EXECUTION, FakeStates
from tests.fixtures.run_definitions import run_definition


def read(definition: str) -> RunDefinition:
    states: Any = FakeStates([])
    states.definition = definition
    return RunDefinition.read(states, EXECUTION)


@pytest.mark.parametrize("execution_type", EXECUTION_TYPES)
@pytest.mark.parametrize("key_source", [LISTING, INVENTORY, REPLICATION])
def test_every_definition_of_the_pipeline_shows_its_settings(
    key_source: KeySourceName, execution_type: ExecutionType
) -> None:
    definition = run_definition(key_source, execution_type)
    settings = RunDefinition(key_source=key_source, execution_type=execution_type)
    assert read(definition) == settings
    assert read(json.dumps(in_partition(json.loads(definition), "aws-cn"))) == settings


def test_a_definition_of_something_else_is_refused() -> None:
    with pytest.raises(CommandError, match="night did not run mapspan's pipeline"):
        read('{"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": true}}}')
