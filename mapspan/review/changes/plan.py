"""Terraform's plan: what it does to each resource, in which account, with placeholders for what it doesn't show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mapspan.checkout import CommandError
from mapspan.review.changes.placeholder import Unknown, with_placeholders
from mapspan.review.changes.references import with_resolved_references
from mapspan.review.changes.resource_change import ACTIONS, Action, ResourceChange
from mapspan.review.iam.accounts import ACCOUNT_OF

_INDEX = re.compile(r"\[[^\]]*\]$")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The change of every managed resource, including those that stay as they are.

    Args:
        outputs: the names of the outputs that change.
        drifted_addresses: the resources that changed outside of terraform and that this plan changes back.
    """

    changes: Sequence[ResourceChange]
    outputs: Sequence[str] = ()
    drifted_addresses: Sequence[str] = ()

    @property
    def effective(self) -> list[ResourceChange]:
        """The changes that change something, worst first."""
        changes = [change for change in self.changes if change.action in ACTIONS]
        return sorted(changes, key=lambda change: (ACTIONS.index(change.action), change.address))

    @property
    def changes_nothing(self) -> bool:
        return not self.effective and not self.outputs


def read_plan(plan_json: Mapping[str, Any], *, bucket_accounts: Mapping[str, str] | None = None) -> Plan:
    """The plan that `terraform show -json` prints.

    Args:
        bucket_accounts: the accounts of buckets, known from elsewhere. The plan doesn't show the provider of a
            resource that was removed from the configuration.

    Raises:
        CommandError: this is not a plan, or the plan ended in an error.
    """
    if "format_version" not in plan_json or "planned_values" not in plan_json:
        raise CommandError(
            "this is not a terraform plan: pass the file that `terraform plan -out` writes, or what"
            " `terraform show -json FILE` prints"
        )
    if plan_json.get("errored"):
        raise CommandError("the plan is incomplete, because it ended in an error: fix the error and plan again")
    changes = with_resolved_references(_with_accounts(_changes(plan_json), bucket_accounts or {}))
    drift = {entry["address"]: entry["change"] for entry in plan_json.get("resource_drift", ())}
    return Plan(
        changes=changes,
        outputs=sorted(
            name for name, output in plan_json.get("output_changes", {}).items() if output["actions"] != ["no-op"]
        ),
        drifted_addresses=sorted(
            change.address
            for change in changes
            if change.address in drift and change.action in ACTIONS and _undoes(change, drift[change.address])
        ),
    )


def _changes(plan_json: Mapping[str, Any]) -> list[ResourceChange]:
    configuration = plan_json.get("configuration", {})
    accounts = {key: _account(provider) for key, provider in configuration.get("provider_config", {}).items()}
    resources = {
        resource["address"]: resource for resource in configuration.get("root_module", {}).get("resources", ())
    }
    return [
        _change(entry, resources.get(_INDEX.sub("", entry["address"]), {}), accounts)
        for entry in plan_json.get("resource_changes", ())
        if entry.get("mode", "managed") == "managed"
    ]


def _change(
    entry: Mapping[str, Any], resource: Mapping[str, Any], accounts: Mapping[str, str | None]
) -> ResourceChange:
    change = entry["change"]
    after = with_placeholders(
        change.get("after"), unknown=change.get("after_unknown", False), sensitive=change.get("after_sensitive", False)
    )
    templates = {
        name: expression["constant_value"]
        for name, expression in resource.get("expressions", {}).items()
        if isinstance(expression, Mapping)
        and expression.get("references")
        and isinstance(expression.get("constant_value"), str)
    }
    return ResourceChange(
        address=entry["address"],
        type=entry["type"],
        action=_action(change["actions"]),
        account_id=accounts.get(resource.get("provider_config_key", "")),
        before=with_placeholders(change.get("before"), sensitive=change.get("before_sensitive", False)),
        after=None if change["actions"] == ["delete"] else after,
        computed=frozenset(name for name, value in (after or {}).items() if isinstance(value, Unknown)) - {*templates},
        templates=templates,
        replaced_for=[".".join(map(str, path)) for path in change.get("replace_paths", ())],
    )


def _undoes(change: ResourceChange, drift: Mapping[str, Any]) -> bool:
    """Whether a change undoes what happened outside: much of terraform's drift is computed again each time."""
    if drift.get("after") is None:
        return change.action == "create"
    before, after = drift.get("before") or {}, drift["after"]
    return any(before.get(name) != after.get(name) for name, _, _ in change.changed_attributes())


def _action(actions: Sequence[str]) -> Action:
    if "delete" in actions and "create" in actions:
        return "replace"
    if "forget" in actions:
        return "forget"
    action: Action = actions[0]  # type: ignore[assignment] # terraform's own words
    return action


def _account(provider: Mapping[str, Any]) -> str | None:
    """The account that a provider's configuration may touch."""
    account_ids = provider.get("expressions", {}).get("allowed_account_ids", {}).get("constant_value")
    return str(account_ids[0]) if isinstance(account_ids, list) and len(account_ids) == 1 else None


def _with_accounts(changes: Sequence[ResourceChange], bucket_accounts: Mapping[str, str]) -> list[ResourceChange]:
    """Changes with the account of their provider or, if that is unknown, of their ARN, bucket or role."""
    by_arn = [change if change.account_id else replace(change, account_id=_arn_account(change)) for change in changes]
    buckets, roles = dict(bucket_accounts), {}
    for change in by_arn:
        for attributes in (change.before, change.after):
            if change.account_id and attributes and isinstance(attributes.get("bucket"), str):
                buckets.setdefault(attributes["bucket"], change.account_id)
            if change.account_id and attributes and change.type == "aws_iam_role":
                roles[str(attributes.get("name"))] = change.account_id

    def account_id(change: ResourceChange) -> str | None:
        attributes = change.before or change.after or {}
        return change.account_id or buckets.get(str(attributes.get("bucket"))) or roles.get(str(attributes.get("role")))

    return [replace(change, account_id=account_id(change)) for change in by_arn]


def _arn_account(change: ResourceChange) -> str | None:
    arn = (change.before or change.after or {}).get("arn")
    match = ACCOUNT_OF.match(arn) if isinstance(arn, str) else None
    return match[1] if match else None
