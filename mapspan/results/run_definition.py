"""The definition that a run was started with. The environment's file may say something else by now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mapspan.checkout import CommandError
from modules.asl.execution_type import ExecutionType
from modules.pipeline.workflow.names import (
    INVENTORY,
    LIST_OBJECTS,
    LISTING,
    PROCESS_OBJECTS,
    REPLICATION,
    KeySourceName,
)

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, kw_only=True)
class RunDefinition:
    """The settings of a run, as far as its definition shows them."""

    key_source: KeySourceName
    execution_type: ExecutionType

    @classmethod
    def read(cls, client: SFNClient, execution_arn: str) -> RunDefinition:
        """Read the execution's own definition.

        The caller needs states:DescribeStateMachineForExecution on the execution.

        Raises:
            CommandError: it is not a definition of mapspan's pipeline.
        """
        described = client.describe_state_machine_for_execution(executionArn=execution_arn)
        states = json.loads(described["definition"])["States"]
        if PROCESS_OBJECTS not in states:
            name = execution_arn.rpartition(":")[2]
            raise CommandError(f"{name} did not run mapspan's pipeline: its definition has no state {PROCESS_OBJECTS}")
        process = states[PROCESS_OBJECTS]
        # The Map gets an inventory's manifest, and lists a key list or a replica.
        from_manifest = process["ItemReader"]["Resource"].endswith(":states:::s3:getObject")
        return cls(
            key_source=LISTING if LIST_OBJECTS in states else INVENTORY if from_manifest else REPLICATION,
            execution_type=process["ItemProcessor"]["ProcessorConfig"]["ExecutionType"],
        )
