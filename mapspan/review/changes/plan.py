"""Terraform's plan: what it does to each resource, in which account, with placeholders for what it doesn't show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from mapspan.checkout import CommandError
from mapspan.review.changes.placeholder import UNKNOWN, Unknown, with_placeholders
from mapspan.review.iam.accounts import ACCOUNT_OF

Action = Literal["create", "update", "replace", "delete", "forget", "no-op", "read"]
ACTIONS: tuple[Action, ...] = ("delete", "replace", "forget", "create", "update")
Moment = Literal["before", "after"]

_REFERENCE = re.compile(r"(?<!\$)\$\{([^}]*)\}")
_ATTRIBUTE = re.compile(r"(\w+\.[\w-]+)\.(\w+)")
_INDEX = re.compile(r"\[[^\]]*\]$")


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """What a plan does to one resource.

    Args:
        account_id: from the provider's configuration; None if the plan doesn't show it.
        before, after: its attributes, `Unknown` and `Sensitive` among them; None if it doesn't exist then.
        templates: the configuration's text of attributes that refer to other resources.
        replaced_for: the attributes that can't be changed in place.
    """

    address: str
    type: str
    action: Action
    account_id: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    templates: Mapping[str, str] = field(default_factory=dict)
    replaced_for: Sequence[str] = ()

    def at(self, moment: Moment) -> Mapping[str, Any] | None:
        return self.before if moment == "before" else self.after

    def changed_attributes(self) -> Iterator[tuple[str, Any, Any]]:
        """Each attribute that differs, except those that AWS or the provider computes afterwards."""
        before, after = self.before or {}, self.after or {}
        for name in sorted({*before, *after}):
            old, new = before.get(name), after.get(name)
            is_computed = isinstance(new, Unknown) and name not in self.templates
            if old != new and (old or new) and name != "tags_all" and not is_computed:
                yield name, old, new


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

    @cached_property
    def by_address(self) -> Mapping[str, ResourceChange]:
        return {change.address: change for change in self.changes}

    def value(self, change: ResourceChange, attribute: str, moment: Moment) -> Any:
        """An attribute's value; references to roles, buckets and keys of this plan are resolved to their names.

        A resolved reference is exact, whatever the apply creates: a role's ARN holds its name. The id of a key that
        doesn't exist yet is replaced by its address.
        """
        attributes = change.at(moment)
        value = attributes.get(attribute) if attributes else None
        if not isinstance(value, Unknown) or moment == "before":
            return value
        template = change.templates.get(attribute)
        return UNKNOWN if template is None else self._resolved(template)

    def identity(self, change: ResourceChange, attribute: str, moment: Moment) -> Any:
        """An attribute that identifies a resource, an ARN or a name, resolved as far as it follows from the plan."""
        attributes = change.at(moment)
        value = attributes.get(attribute) if attributes else None
        if attributes is None or not isinstance(value, Unknown):
            return value
        return _identity(change, attributes, attribute)

    def _resolved(self, template: str) -> Any:
        values = {
            reference: self._referenced(reference) if _ATTRIBUTE.fullmatch(reference) else UNKNOWN
            for reference in _REFERENCE.findall(template)
        }
        if not all(isinstance(value, str) for value in values.values()):
            return UNKNOWN
        text = _REFERENCE.sub(lambda match: str(values[match[1]]), template)
        return text.replace("$${", "${").replace("%%{", "%{")

    def _referenced(self, reference: str) -> Any:
        match = _ATTRIBUTE.fullmatch(reference)
        change = self.by_address.get(match[1]) if match else None
        return self.identity(change, match[2], "after") if match and change else UNKNOWN


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
    changes = _changes(plan_json)
    drift = {entry["address"]: entry["change"] for entry in plan_json.get("resource_drift", ())}
    return Plan(
        changes=_with_accounts(changes, bucket_accounts or {}),
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
    return ResourceChange(
        address=entry["address"],
        type=entry["type"],
        action=_action(change["actions"]),
        account_id=accounts.get(resource.get("provider_config_key", "")),
        before=with_placeholders(change.get("before"), sensitive=change.get("before_sensitive", False)),
        after=None if change["actions"] == ["delete"] else after,
        templates={
            name: expression["constant_value"]
            for name, expression in resource.get("expressions", {}).items()
            if isinstance(expression, Mapping)
            and expression.get("references")
            and isinstance(expression.get("constant_value"), str)
        },
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


def _identity(change: ResourceChange, attributes: Mapping[str, Any], attribute: str) -> Any:
    """The ARN or id of a resource that doesn't exist yet, as far as it follows from its name and account."""
    account, name, bucket = change.account_id, attributes.get("name"), attributes.get("bucket")
    if change.type == "aws_iam_role" and attribute == "arn" and account and isinstance(name, str):
        return f"arn:aws:iam::{account}:role{attributes.get('path') or '/'}{name}"
    if change.type == "aws_iam_role" and attribute == "id":
        return name if name is not None else UNKNOWN
    if change.type == "aws_s3_bucket" and attribute in ("id", "arn") and isinstance(bucket, str):
        return bucket if attribute == "id" else f"arn:aws:s3:::{bucket}"
    if change.type == "aws_kms_key" and attribute == "arn" and account:
        return f"arn:aws:kms:unknown:{account}:key/{change.address}"
    return UNKNOWN
