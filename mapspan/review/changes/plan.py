"""Terraform's plan: what it does to each resource, in which account, with placeholders for what it doesn't show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mapspan.checkout import CommandError
from mapspan.review.changes.package_change import PackageChange, package_changes
from mapspan.review.changes.plan_json import ActionInvocation, Entry, PlanJson, check_plan_json
from mapspan.review.changes.references import with_resolved_references
from mapspan.review.changes.resource_accounts import with_accounts
from mapspan.review.changes.resource_change import ACTIONS, ResourceChange
from mapspan.review.changes.resource_entry import read_entries


@dataclass(frozen=True, kw_only=True)
class DeferredChange:
    """A change that terraform leaves to a later plan; `reason` is terraform's own word for why."""

    address: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """An action of a provider that the apply runs.

    Args:
        event, trigger: when it is run, such as `AfterCreate`, and of which resource; empty if the command line asks
            for it.
        deferred: whether it is left to a later plan.
    """

    address: str
    event: str
    trigger: str
    deferred: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The change of every managed resource, including those that stay as they are.

    Args:
        outputs: the names of the outputs that change.
        packages: the packages of the job whose versions change.
        drifted_addresses: the resources that changed outside of terraform and that this plan changes back.
        is_whole: whether applying this plan leaves nothing to plan. A plan of chosen resources isn't whole, and one
            with deferred changes isn't either. Versions that don't say count as whole.
    """

    changes: Sequence[ResourceChange]
    outputs: Sequence[str] = ()
    packages: Sequence[PackageChange] = ()
    drifted_addresses: Sequence[str] = ()
    is_whole: bool = True
    deferred: Sequence[DeferredChange] = ()
    invocations: Sequence[Invocation] = ()

    @property
    def effective(self) -> list[ResourceChange]:
        """The changes that change something, worst first."""
        changes = [change for change in self.changes if change.action in ACTIONS]
        return sorted(changes, key=lambda change: (ACTIONS.index(change.action), change.address))

    @property
    def changes_nothing(self) -> bool:
        """Whether the whole stack stays as it is. A plan that isn't whole never says so."""
        return self.is_whole and not (self.effective or self.outputs or self.invocations)


def read_plan(plan_json: Mapping[str, Any], *, bucket_accounts: Mapping[str, str] | None = None) -> Plan:
    """The plan that `terraform show -json` prints.

    Args:
        bucket_accounts: the accounts of buckets, known from elsewhere. The plan doesn't show the provider of a
            resource that was removed from the configuration.

    Raises:
        CommandError: this is not a plan, or the plan ended in an error.
    """
    plan = check_plan_json(plan_json)
    if plan.errored:
        raise CommandError("the plan is incomplete, because it ended in an error: fix the error and plan again")
    changes = with_resolved_references(with_accounts(read_entries(plan), bucket_accounts or {}))
    return Plan(
        changes=changes,
        outputs=sorted(name for name, output in (plan.output_changes or {}).items() if output.actions != ["no-op"]),
        packages=package_changes(plan.output_changes or {}),
        drifted_addresses=_drifted_addresses(changes, plan.resource_drift or ()),
        is_whole=plan.complete is not False and not plan.deferred_changes and not plan.deferred_action_invocations,
        deferred=[
            DeferredChange(address=deferred.resource_change.address, reason=deferred.reason or "")
            for deferred in plan.deferred_changes or ()
        ],
        invocations=_invocations(plan),
    )


def _invocations(plan: PlanJson) -> list[Invocation]:
    later = [deferred.action_invocation for deferred in plan.deferred_action_invocations or ()]
    return [
        *(_invocation(invocation, deferred=False) for invocation in plan.action_invocations or ()),
        *(_invocation(invocation, deferred=True) for invocation in later),
    ]


def _invocation(invocation: ActionInvocation, *, deferred: bool) -> Invocation:
    trigger = invocation.lifecycle_action_trigger
    return Invocation(
        address=invocation.address,
        event=(trigger.action_trigger_event if trigger else None) or "",
        trigger=(trigger.triggering_resource_address if trigger else None) or "",
        deferred=deferred,
    )


def _drifted_addresses(changes: Sequence[ResourceChange], drift_entries: Sequence[Entry]) -> list[str]:
    drift = {entry.address: entry for entry in drift_entries if not entry.deposed}
    return sorted(
        change.address
        for change in changes
        if change.address in drift and change.action in ACTIONS and _undoes(change, drift[change.address])
    )


def _undoes(change: ResourceChange, drift: Entry) -> bool:
    """Whether a change undoes what happened outside: much of terraform's drift is computed again each time."""
    if drift.change.after is None:
        return change.action == "create"
    before, after = drift.change.before or {}, drift.change.after
    return any(before.get(name) != after.get(name) for name, _, _ in change.changed_attributes())
