"""StateMachine: a state machine of any definition, with its role, its log group and one policy per need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cdktf
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.sfn_state_machine import (
    SfnStateMachine,
    SfnStateMachineLoggingConfiguration,
    SfnStateMachineTracingConfiguration,
)
from constructs import Construct

from modules.asl import permissions
from modules.asl.bounds import RunTimeBounds
from modules.asl.execution_type import STANDARD, ExecutionType
from modules.asl.grant import AFTER_THE_MACHINE
from modules.asl.machine_definition import machine_definition
from modules.asl.partition import in_partition
from modules.asl.statement import Statement
from modules.location import Location
from modules.resource_names import state_machine_role
from modules.role_policies import grant, service_role
from modules.statements.trust import trust_state_machine
from modules.terraform_template import json_literal


class StateMachine(Construct):
    """A state machine that may do what its definition does, and nothing else.

    Its policies follow from the definition (`modules.asl.permissions`). All but `run-map` come before the machine,
    because AWS refuses a machine whose role can't deliver its logs. `run-map` names the machine and comes after it.

    Args:
        name: the machine's name; its role is called `<name>-state-machine`.
        location: the machine's account and Region.
        definition: its definition in the Amazon States Language: a JSON or YAML file, or a dict. Its integration ARNs
            get the partition of `location`.
        type_: STANDARD, or EXPRESS, which has no distributed Map, `.sync` or `.waitForTaskToken`.
        substitutions: the values of the definition's placeholders `${Name}`. Every placeholder of a file needs one.
        bounds, kms_keys, explicit: what the definition doesn't show: see `permissions.needs`.
        before: resources that must exist before the machine, such as the functions that it calls by name.

    Exposes `arn`, `role`, and `ready`: the resources that must exist before an execution may start.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        location: Location,
        definition: Path | Mapping[str, Any],
        type_: ExecutionType = STANDARD,
        substitutions: Mapping[str, object] | None = None,
        log_retention_days: int,
        bounds: RunTimeBounds | None = None,
        kms_keys: Mapping[str, str] | None = None,
        explicit: Mapping[str, Sequence[Statement]] | None = None,
        before: Sequence[cdktf.ITerraformDependable] = (),
    ) -> None:
        definition = in_partition(
            machine_definition(definition, type_=type_, substitutions=substitutions), location.partition
        )
        super().__init__(scope, id_)
        self.arn = location.arn("states", f"stateMachine:{name}")
        log_group = CloudwatchLogGroup(
            self,
            "log_group",
            name=f"/aws/vendedlogs/states/{name}",  # the prefix keeps the log resource policy under its size limit
            retention_in_days=log_retention_days,
            kms_key_id=location.log_kms_key_arn,
        )
        self.role = service_role(
            self,
            "role",
            name=state_machine_role(name),
            trust=trust_state_machine(account_id=location.account_id, state_machine_arn=self.arn),
            location=location,
        )
        needs = permissions.needs(
            definition,
            name=name,
            account_id=location.account_id,
            region=location.region,
            bounds=bounds,
            kms_keys=kms_keys,
            explicit=explicit,
        )
        after = {need: needs.pop(need) for need in AFTER_THE_MACHINE & needs.keys()}
        policies = grant(self, self.role, needs)
        machine = SfnStateMachine(
            self,
            "this",
            name=name,
            type=type_,
            role_arn=self.role.arn,
            definition=json_literal(definition),
            logging_configuration=SfnStateMachineLoggingConfiguration(
                level="ERROR", include_execution_data=True, log_destination=f"{log_group.arn}:*"
            ),
            tracing_configuration=SfnStateMachineTracingConfiguration(enabled=True),
            depends_on=[*policies, *before],
        )
        self.ready: list[cdktf.TerraformResource] = [machine, *grant(self, self.role, after, after=[machine])]
