"""Review: everything that is told of one plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from environments.environment import Environment
from mapspan.costs.estimate import Estimate
from mapspan.review.changes import plan as plans
from mapspan.review.changes.cost_change import WORKLOAD, CostChange, cost_change
from mapspan.review.changes.definition_change import DefinitionChange, definition_changes
from mapspan.review.changes.loss import Loss, losses
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.statement_change import StatementChange, WithheldPolicy, statement_changes
from mapspan.review.changes.withheld import plain
from mapspan.review.iam.simulator import Simulator
from mapspan.review.who_may.access import Access, AccessTable, access_table


@dataclass(frozen=True, kw_only=True)
class Review:
    """What a plan of an environment does.

    Args:
        allowed: the addresses whose destruction is allowed.
    """

    environment: Environment
    plan: Plan
    allowed: Sequence[str]
    losses: Sequence[Loss]
    statements: Sequence[StatementChange | WithheldPolicy]
    access: AccessTable
    definitions: Sequence[DefinitionChange]
    cost: CostChange

    @property
    def changes_nothing(self) -> bool:
        return self.plan.changes_nothing

    @property
    def blocking(self) -> list[Loss]:
        """What keeps the plan from being applied until it is allowed."""
        return [loss for loss in self.losses if loss.blocking]

    @property
    def wider(self) -> list[StatementChange]:
        """The statements that let through more than they did, those that open data or a role to others first."""
        found = [each for each in self.statements if isinstance(each, StatementChange) and each.wider]
        return sorted(found, key=lambda each: (each.policy.kind == "identity", not each.opens_data))

    @property
    def needless(self) -> list[str]:
        """Allowed addresses that the plan doesn't destroy."""
        return sorted(set(self.allowed) - {loss.change.address for loss in self.losses})

    def account(self, account_id: str | None) -> str:
        """An account by its part and number."""
        if account_id == self.environment.target.account_id:
            return f"target {account_id}"
        if account_id == self.environment.source.account_id:
            return f"source {account_id}"
        return account_id or "an account that the plan doesn't tell"

    def as_json(self) -> dict[str, Any]:
        """The review for a program to read; stable names, and nothing that is withheld."""
        return {
            "environment": self.environment.name,
            "changes_nothing": self.changes_nothing,
            "blocked": bool(self.blocking),
            "changes": [
                {
                    "address": change.address,
                    "action": change.action,
                    "account_id": change.account_id,
                    "replaced_for": list(change.replaced_for),
                }
                for change in self.plan.effective
            ],
            "outputs": list(self.plan.outputs),
            "changed_outside": list(self.plan.drifted),
            "losses": [
                {
                    "address": loss.change.address,
                    "lost": loss.lost,
                    "blocking": loss.blocking,
                    "allowed": loss.allowed,
                }
                for loss in self.losses
            ],
            "statements": [_statement_json(each) for each in self.statements],
            "access": [_access_json(row) for row in self.access.rows],
            "access_undecided": self.access.undecided,
            "definitions": [
                {
                    "address": each.address,
                    "withheld": str(each.withheld) if each.withheld else None,
                    "states": {state.name: state.fate for state in each.changed},
                }
                for each in self.definitions
            ],
            "cost": {
                "objects": WORKLOAD.objects,
                "before": _cost_json(self.cost.before),
                "after": _cost_json(self.cost.after),
            },
        }


def review(
    environment: Environment,
    shown: Mapping[str, Any],
    *,
    allow_destroy: Iterable[str] = (),
    simulator: Simulator | None = None,
) -> Review:
    """The review of a plan of `environment`, as `terraform show -json` shows it.

    Raises:
        CommandError: it is no plan, or one that isn't whole.
    """
    plan = plans.read(shown, bucket_accounts={environment.source.bucket: environment.source.account_id})
    allowed = tuple(allow_destroy)
    return Review(
        environment=environment,
        plan=plan,
        allowed=allowed,
        losses=losses(plan, allowed),
        statements=statement_changes(plan),
        access=access_table(plan, environment, simulator),
        definitions=definition_changes(plan),
        cost=cost_change(plan, environment),
    )


def _cost_json(found: Estimate | None) -> dict[str, float] | None:
    return {"usd": round(found.usd, 4), "seconds": round(found.seconds, 1)} if found else None


def _access_json(row: Access) -> dict[str, Any]:
    return {
        "principal": row.principal.name,
        "actions": list(row.actions),
        "resource": row.place.pattern,
        "conditions": dict(row.place.conditions),
        "before": row.before,
        "after": row.after,
    }


def _statement_json(each: StatementChange | WithheldPolicy) -> dict[str, Any]:
    about = {"address": each.policy.address, "policy": each.policy.name, "owner": plain(each.policy.owner)}
    if isinstance(each, WithheldPolicy):
        return {**about, "withheld": str(each.why)}
    return {**about, "sid": each.sid, "before": each.before, "after": each.after, "wider": list(each.wider)}
