"""The review of a plan: everything that it changes, what is lost, and who may do what afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from environments.environment import Environment
from mapspan.costs.estimate import Estimate
from mapspan.review.changes.cost_change import WORKLOAD, CostChange
from mapspan.review.changes.definition_change import DefinitionChange
from mapspan.review.changes.loss import Loss
from mapspan.review.changes.placeholder import as_json
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.replaced_policy import ReplacedPolicy
from mapspan.review.changes.resource_change import ResourceChange
from mapspan.review.changes.statement_change import StatementChange, UnreadablePolicy
from mapspan.review.who_may.access_table import AccessRow, AccessTable
from mapspan.review.who_may.undecided_access import UndecidedAccess


@dataclass(frozen=True, kw_only=True)
class PlanReview:
    """What a plan of an environment does.

    Args:
        allow_destroy: the addresses whose destruction is allowed.
        start_over: why it is advisable to process everything again afterwards.
        undecided_access: what may grant or take access and isn't in the table.
    """

    environment: Environment
    plan: Plan
    allow_destroy: Sequence[str]
    losses: Sequence[Loss]
    replaced_policies: Sequence[ReplacedPolicy]
    statements: Sequence[StatementChange | UnreadablePolicy]
    access: AccessTable
    undecided_access: Sequence[UndecidedAccess]
    definitions: Sequence[DefinitionChange]
    cost: CostChange
    start_over: Sequence[str] = ()

    @property
    def changes_nothing(self) -> bool:
        return self.plan.changes_nothing

    @property
    def blocking(self) -> list[Loss]:
        """The losses that block the plan until they are allowed."""
        return [loss for loss in self.losses if loss.blocking]

    @property
    def wider_statements(self) -> list[StatementChange]:
        """The statements that allow more than before; those that open data or a role to others come first."""
        wider = [change for change in self.statements if isinstance(change, StatementChange) and change.widenings]
        return sorted(wider, key=lambda change: (change.policy.kind == "identity", not change.concerns_data))

    @property
    def narrows_data_access(self) -> bool:
        """Whether a statement about buckets or keys allows less than before, in some call at least."""
        return any(
            isinstance(change, StatementChange) and change.narrows and change.concerns_data
            for change in self.statements
        )

    @property
    def unused_allow_destroy(self) -> list[str]:
        """The allowed addresses that the plan doesn't destroy."""
        return sorted(set(self.allow_destroy) - {loss.change.address for loss in self.losses})

    def account(self, account_id: str | None) -> str:
        """An account in words: its part and number."""
        if account_id == self.environment.target.account_id:
            return f"target {account_id}"
        if account_id == self.environment.source.account_id:
            return f"source {account_id}"
        return account_id or "an unknown account"

    def as_json(self) -> dict[str, Any]:
        """The review for programs, under stable names; sensitive values are not in it."""
        return {
            "environment": self.environment.name,
            "changes_nothing": self.changes_nothing,
            "complete": self.plan.is_whole,
            "blocked": bool(self.blocking),
            "changes": [_change_json(change) for change in self.plan.effective],
            "deferred": [asdict(deferred) for deferred in self.plan.deferred],
            "invocations": [asdict(invocation) for invocation in self.plan.invocations],
            "outputs": list(self.plan.outputs),
            "start_over": list(self.start_over),
            "packages": [asdict(package) for package in self.plan.packages],
            "changed_outside": list(self.plan.drifted_addresses),
            "losses": [_loss_json(loss) for loss in self.losses],
            "replaced_policies": [_replaced_json(replaced) for replaced in self.replaced_policies],
            "statements": [_statement_json(change) for change in self.statements],
            "access": [_access_json(row) for row in self.access.rows],
            "access_undecided": self.access.undecided,
            "access_not_decided_for": [asdict(undecided) for undecided in self.undecided_access],
            "definitions": [_definition_json(change) for change in self.definitions],
            "cost": {
                "objects": WORKLOAD.objects,
                "before": _cost_json(self.cost.before),
                "after": _cost_json(self.cost.after),
            },
        }


def _change_json(change: ResourceChange) -> dict[str, Any]:
    return {
        "address": change.address,
        "action": change.action,
        "account_id": change.account_id,
        "replaced_for": list(change.replaced_for),
        "action_reason": change.action_reason,
        "imported_id": change.imported_id,
        "previous_address": change.previous_address,
    }


def _loss_json(loss: Loss) -> dict[str, Any]:
    return {
        "address": loss.change.address,
        "lost": loss.lost,
        "blocking": loss.blocking,
        "allowed": loss.allowed,
    }


def _replaced_json(replaced: ReplacedPolicy) -> dict[str, Any]:
    statements = None if replaced.statements is None else list(replaced.statements)
    return {"address": replaced.policy.address, "bucket": replaced.bucket, "statements": statements}


def _statement_json(change: StatementChange | UnreadablePolicy) -> dict[str, Any]:
    policy = {"address": change.policy.address, "policy": change.policy.name, "owner": as_json(change.policy.owner)}
    if isinstance(change, UnreadablePolicy):
        return {**policy, "withheld": str(change.placeholder)}
    return {
        **policy,
        "sid": change.sid,
        "before": change.before,
        "after": change.after,
        "wider": list(change.widenings),
    }


def _access_json(row: AccessRow) -> dict[str, Any]:
    return {
        "principal": row.principal.name,
        "actions": list(row.actions),
        "resource": row.scope.pattern,
        "conditions": dict(row.scope.conditions),
        "before": row.before,
        "after": row.after,
    }


def _definition_json(change: DefinitionChange) -> dict[str, Any]:
    return {
        "address": change.address,
        "withheld": str(change.placeholder) if change.placeholder else None,
        "states": {state.name: state.fate for state in change.changed_states},
    }


def _cost_json(estimate: Estimate | None) -> dict[str, float] | None:
    return {"usd": round(estimate.usd, 4), "seconds": round(estimate.seconds, 1)} if estimate else None
