"""The parts of terraform's JSON plan that a review reads, checked for their shape.

https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from mapspan.checkout import CommandError

_NOT_A_PLAN = (
    "this is not a terraform plan: pass the file that `terraform plan -out` writes, or what `terraform show -json FILE`"
    " prints"
)


class Change(BaseModel):
    """`before_sensitive`, `after_sensitive` and `after_unknown` are True, or have the shape of the values they mark."""

    actions: list[str] = []
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    after_unknown: Any = None
    before_sensitive: Any = None
    after_sensitive: Any = None
    replace_paths: list[list[str | int]] | None = None
    importing: dict[str, Any] | None = None


class Entry(BaseModel):
    """One object of a resource: the live one, or one that is `deposed`."""

    address: str
    type: str
    change: Change
    mode: str = "managed"
    deposed: str | None = None
    previous_address: str | None = None
    action_reason: str | None = None


class Deferred(BaseModel):
    reason: str | None = None
    resource_change: Entry


class ActionTrigger(BaseModel):
    triggering_resource_address: str | None = None
    action_trigger_event: str | None = None


class ActionInvocation(BaseModel):
    """A provider's action. `lifecycle_action_trigger` is None if the command line asks for it."""

    address: str
    lifecycle_action_trigger: ActionTrigger | None = None


class DeferredInvocation(BaseModel):
    action_invocation: ActionInvocation


class ResourceConfiguration(BaseModel):
    address: str
    provider_config_key: str = ""
    expressions: dict[str, Any] | None = None


class Module(BaseModel):
    resources: list[ResourceConfiguration] | None = None
    module_calls: dict[str, ModuleCall] | None = None


class ModuleCall(BaseModel):
    module: Module = Field(default_factory=Module)


class Configuration(BaseModel):
    provider_config: dict[str, dict[str, Any]] | None = None
    root_module: Module = Module()


class OutputChange(BaseModel):
    actions: list[str]
    before: Any = None
    after: Any = None


class PlanJson(BaseModel):
    """`complete` is None in plans of older versions and of OpenTofu."""

    format_version: str
    resource_changes: list[Entry] | None = None
    resource_drift: list[Entry] | None = None
    deferred_changes: list[Deferred] | None = None
    action_invocations: list[ActionInvocation] | None = None
    deferred_action_invocations: list[DeferredInvocation] | None = None
    output_changes: dict[str, OutputChange] | None = None
    configuration: Configuration = Configuration()
    complete: bool | None = None
    errored: bool = False


def check_plan_json(plan_json: Any) -> PlanJson:
    """A JSON plan of terraform or OpenTofu.

    Raises:
        CommandError: it is not a plan, or a part of it has another shape than any known version writes.
    """
    if not isinstance(plan_json, Mapping) or "format_version" not in plan_json or "planned_values" not in plan_json:
        raise CommandError(_NOT_A_PLAN)
    try:
        return PlanJson.model_validate(plan_json)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise CommandError(f"the plan can't be read: {place}: {first['msg']}") from None
