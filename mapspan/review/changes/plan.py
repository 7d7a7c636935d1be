"""Terraform's plan: what it does to each resource, in which account, with what is withheld marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from mapspan.checkout import CommandError
from mapspan.review.changes.withheld import UNKNOWN, Sensitive, Unknown, marked
from mapspan.review.iam.accounts import ACCOUNT_OF

Action = Literal["create", "update", "replace", "delete", "forget", "no-op", "read"]
ACTIONS: tuple[Action, ...] = ("delete", "replace", "forget", "create", "update")
Moment = Literal["before", "after"]

_REFERENCE = re.compile(r"(?<!\$)\$\{([^}]*)\}")
_ATTRIBUTE = re.compile(r"(\w+\.[\w-]+)\.(\w+)")
_INDEX = re.compile(r"\[[^\]]*\]$")


@dataclass(frozen=True, kw_only=True)
class Change:
    """What becomes of one resource.

    Args:
        account_id: of the provider's configuration; None where the plan doesn't tell.
        before, after: its attributes; None while there is none. `Unknown` and `Sensitive` stand in them.
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
        """Each attribute that differs, without those that AWS or the provider computes afterwards."""
        before, after = self.before or {}, self.after or {}
        for name in sorted({*before, *after}):
            was, becomes = before.get(name), after.get(name)
            computed = isinstance(becomes, Unknown) and name not in self.templates
            if was != becomes and (was or becomes) and name != "tags_all" and not computed:
                yield name, was, becomes


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Every managed resource's change, those that stay as they are among them.

    Args:
        drifted: the addresses of what changed outside of terraform and is changed back.
    """

    changes: Sequence[Change]
    outputs: Sequence[str] = ()
    drifted: Sequence[str] = ()

    @property
    def effective(self) -> list[Change]:
        """The changes that change something, worst first."""
        found = [change for change in self.changes if change.action in ACTIONS]
        return sorted(found, key=lambda change: (ACTIONS.index(change.action), change.address))

    @property
    def changes_nothing(self) -> bool:
        return not self.effective and not self.outputs

    @cached_property
    def by_address(self) -> Mapping[str, Change]:
        return {change.address: change for change in self.changes}

    def value(self, change: Change, attribute: str, moment: Moment) -> Any:
        """An attribute's value; one that refers to roles, buckets and keys of this plan is resolved to their names.

        The reference is exact, whatever the apply makes of it: a role is named by its ARN, which holds its name. The
        id of a key that is yet to be made stands as its address.
        """
        there = change.at(moment)
        found = there.get(attribute) if there else None
        if not isinstance(found, Unknown) or moment == "before":
            return found
        template = change.templates.get(attribute)
        return UNKNOWN if template is None else self._resolved(template)

    def identity(self, change: Change, attribute: str, moment: Moment) -> Any:
        """As `value`, of what a resource is called: an ARN or a name."""
        there = change.at(moment)
        found = there.get(attribute) if there else None
        if there is None or not isinstance(found, Unknown):
            return found
        return _identity(change, there, attribute)

    def _resolved(self, template: str) -> Any:
        references = {
            text: self._referred(text) if _ATTRIBUTE.fullmatch(text) else UNKNOWN
            for text in _REFERENCE.findall(template)
        }
        if not all(isinstance(value, str) for value in references.values()):
            return UNKNOWN
        found = _REFERENCE.sub(lambda match: str(references[match[1]]), template)
        return found.replace("$${", "${").replace("%%{", "%{")

    def _referred(self, reference: str) -> Any:
        match = _ATTRIBUTE.fullmatch(reference)
        change = self.by_address.get(match[1]) if match else None
        return self.identity(change, match[2], "after") if match and change else UNKNOWN


def read(shown: Mapping[str, Any], *, bucket_accounts: Mapping[str, str] | None = None) -> Plan:
    """The plan that `terraform show -json` showed.

    Args:
        bucket_accounts: buckets whose account is known otherwise, for what is taken out of the configuration: of that,
            the plan doesn't say which provider made it.

    Raises:
        CommandError: it is no plan, or one that ended in an error.
    """
    if "format_version" not in shown or "planned_values" not in shown:
        raise CommandError("this is no plan of terraform's: give what `terraform show -json PLAN` writes, or its PLAN")
    if shown.get("errored"):
        raise CommandError("the plan ended in an error, so that it is not whole: make it again")
    configuration = shown.get("configuration", {})
    providers = {key: _account(provider) for key, provider in configuration.get("provider_config", {}).items()}
    configured = {
        resource["address"]: resource for resource in configuration.get("root_module", {}).get("resources", ())
    }
    found = [
        _change(entry, configured.get(_INDEX.sub("", entry["address"]), {}), providers)
        for entry in shown.get("resource_changes", ())
        if entry.get("mode", "managed") == "managed"
    ]
    drift = {entry["address"]: entry["change"] for entry in shown.get("resource_drift", ())}
    return Plan(
        changes=_placed(found, bucket_accounts or {}),
        outputs=sorted(
            name for name, output in shown.get("output_changes", {}).items() if output["actions"] != ["no-op"]
        ),
        drifted=sorted(
            change.address
            for change in found
            if change.address in drift and change.action in ACTIONS and _undone(drift[change.address], change)
        ),
    )


def _change(entry: Mapping[str, Any], configured: Mapping[str, Any], providers: Mapping[str, str | None]) -> Change:
    change = entry["change"]
    after = marked(
        change.get("after"), unknown=change.get("after_unknown", False), sensitive=change.get("after_sensitive", False)
    )
    expressions = configured.get("expressions", {})
    return Change(
        address=entry["address"],
        type=entry["type"],
        action=_action(change["actions"]),
        account_id=providers.get(configured.get("provider_config_key", "")),
        before=marked(change.get("before"), sensitive=change.get("before_sensitive", False)),
        after=None if change["actions"] == ["delete"] else after,
        templates={
            name: expression["constant_value"]
            for name, expression in expressions.items()
            if isinstance(expression, Mapping)
            and expression.get("references")
            and isinstance(expression.get("constant_value"), str)
        },
        replaced_for=[".".join(map(str, path)) for path in change.get("replace_paths", ())],
    )


def _undone(drift: Mapping[str, Any], change: Change) -> bool:
    """Whether a change undoes what happened outside; much of what terraform calls drift is computed anew each time."""
    if drift.get("after") is None:
        return change.action == "create"
    was, found = drift.get("before") or {}, drift["after"]
    return any(was.get(name) != found.get(name) for name, _, _ in change.changed_attributes())


def _action(actions: Sequence[str]) -> Action:
    if "delete" in actions and "create" in actions:
        return "replace"
    if "forget" in actions:
        return "forget"
    action: Action = actions[0]  # type: ignore[assignment] # terraform's own words
    return action


def _account(provider: Mapping[str, Any]) -> str | None:
    """The account that a provider's configuration may touch."""
    allowed = provider.get("expressions", {}).get("allowed_account_ids", {}).get("constant_value")
    return str(allowed[0]) if isinstance(allowed, list) and len(allowed) == 1 else None


def _placed(changes: Sequence[Change], bucket_accounts: Mapping[str, str]) -> list[Change]:
    """Changes with the account that something else tells, where their provider doesn't: their ARN, bucket or role."""
    told = [change if change.account_id else replace(change, account_id=_arn_account(change)) for change in changes]
    buckets, roles = dict(bucket_accounts), {}
    for change in told:
        for there in (change.before, change.after):
            if change.account_id and there and isinstance(there.get("bucket"), str):
                buckets.setdefault(there["bucket"], change.account_id)
            if change.account_id and there and change.type == "aws_iam_role":
                roles[str(there.get("name"))] = change.account_id

    def found(change: Change) -> str | None:
        there = change.before or change.after or {}
        return change.account_id or buckets.get(str(there.get("bucket"))) or roles.get(str(there.get("role")))

    return [replace(change, account_id=found(change)) for change in told]


def _arn_account(change: Change) -> str | None:
    arn = (change.before or change.after or {}).get("arn")
    match = ACCOUNT_OF.match(arn) if isinstance(arn, str) else None
    return match[1] if match else None


def _identity(change: Change, there: Mapping[str, Any], attribute: str) -> Any:
    """What a resource that is yet to be made is called, as far as that follows from its name and account."""
    account, name = change.account_id, there.get("name")
    if change.type == "aws_iam_role" and attribute == "arn" and account and isinstance(name, str):
        return f"arn:aws:iam::{account}:role{there.get('path') or '/'}{name}"
    if change.type == "aws_iam_role" and attribute == "id":
        return name if name is not None else UNKNOWN
    bucket = there.get("bucket")
    if change.type == "aws_s3_bucket" and attribute in ("id", "arn") and isinstance(bucket, str):
        return bucket if attribute == "id" else f"arn:aws:s3:::{bucket}"
    if change.type == "aws_kms_key" and attribute == "arn" and account:
        return f"arn:aws:kms:unknown:{account}:key/{change.address}"
    return UNKNOWN


def shown(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, Unknown | Sensitive):
        return str(value)
    return "none" if value is None else str(value)
