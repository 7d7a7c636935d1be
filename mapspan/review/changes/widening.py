"""Whether a statement allows more than was allowed, and in which words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mapspan.review.changes.conditions import Condition, conditions, unmet, value_text
from mapspan.review.changes.coverage import FIELDS, Field, Part, field, is_covered, part, texts
from mapspan.review.changes.policy import Policy, Statement, principals
from mapspan.review.iam.accounts import ACCOUNT_OF
from mapspan.review.iam.patterns import covers
from mapspan.review.marked_words import code

# Services whose `Resource: *` reaches data or passes on power. Others, such as log delivery, take no narrower resource.
_SENSITIVE_SERVICES = {"s3", "kms", "iam", "sts", "lambda", "states"}
_ACCOUNT = re.compile(r"\d{12}")
_WEB_IDENTITY = "sts:assumerolewithwebidentity"
# Subjects of an identity provider that name nobody in particular.
_ANY_SUBJECT = ("*", "repo:*", "repo:*/*")


def widenings(
    before: Statement | None,
    after: Statement | None,
    *,
    allowed_before: Sequence[Part] | None = None,
    denied_after: Sequence[Part] | None = None,
    account_id: str | None = None,
) -> Iterator[str]:
    """A phrase for each thing that becomes allowed or is no longer denied.

    Args:
        allowed_before: everything that was allowed, if that is more than `before`.
        denied_after: everything that is denied, if that is more than `after`.
        account_id: the account of the resource whose policy this is; None for a role's own policy.
    """
    allow_before, allow_after = (_if_effect(statement, "Allow") for statement in (before, after))
    deny_before, deny_after = (_if_effect(statement, "Deny") for statement in (before, after))
    if allowed_before is None:
        allowed_before = [part(allow_before, account_id)] if allow_before is not None else []
    if denied_after is None:
        denied_after = [part(deny_after)] if deny_after is not None else []
    if allow_after is not None and not is_covered(part(allow_after, account_id), allowed_before):
        if allow_before is None:
            yield "a new statement allows"
        else:
            yield from _additions(allow_before, allow_after, account_id) or ["allows more than before"]
    if deny_before is not None and not is_covered(part(deny_before), denied_after):
        if deny_after is None:
            yield "a denial is removed"
        else:
            yield from _exceptions(deny_before, deny_after) or ["denies less than before"]


def inherent_widenings(statement: Statement, policy: Policy) -> Iterator[str]:
    """A phrase for each thing that makes a new statement wide in itself."""
    if statement.get("Effect") != "Allow":
        return
    actions, resources = texts(statement.get("Action")), texts(statement.get("Resource"))
    # The usual start of a key's policy: IAM decides, in the key's own account.
    if policy.kind == "key" and principals(statement) == [f"arn:aws:iam::{policy.account_id}:root"]:
        return
    yield from (f"wildcard in action {code(action)}" for action in actions if action == "*" or action.endswith(":*"))
    services = {action.split(":")[0].lower() for action in actions}
    if policy.kind == "identity" and "*" in resources and _SENSITIVE_SERVICES & services:
        yield "wildcard as resource: `*`"
    for principal in principals(statement):
        account = ACCOUNT_OF.match(principal) or _ACCOUNT.fullmatch(principal)
        if "*" in principal:
            yield f"wildcard in principal {code(principal)}"
        elif account and account[account.lastindex or 0] != policy.account_id and policy.kind == "trust":
            yield f"a principal of another account: {code(principal)}"
    for name in ("NotAction", "NotResource", "NotPrincipal"):
        if name in statement:
            yield f"{name} allows everything except what it names"
    if policy.kind == "trust":
        yield from _open_federation(statement, actions)


def _open_federation(statement: Statement, actions: Sequence[str]) -> Iterator[str]:
    """A phrase for each identity provider whose users are all let in: no condition says which `sub` is meant.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_secure-by-default.html
    """
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping) or not any(covers(action.lower(), _WEB_IDENTITY) for action in actions):
        return
    for provider in texts(principal.get("Federated")):
        name = provider.rpartition("oidc-provider/")[2]
        if not any(_names_subjects(condition) for condition in conditions(statement)):
            yield f"anyone with a token of {code(name)} may assume it: no condition on its `sub` says who"


def _names_subjects(condition: Condition) -> bool:
    return (
        condition.key.lower().endswith(":sub")
        and not condition.matches_a_missing_key
        and not any(value in _ANY_SUBJECT for value in condition.values)
    )


def normalized(statement: Statement) -> Statement:
    """A statement with its values as sorted lists of text, which is how statements are compared and shown."""
    fields: dict[str, Any] = {}
    for name, value in statement.items():
        if name in ("Action", "Resource", "NotAction", "NotResource"):
            fields[name] = sorted(texts(value))
        elif name in ("Principal", "NotPrincipal") and isinstance(value, Mapping):
            fields[name] = {kind: sorted(texts(names)) for kind, names in value.items()}
        elif name == "Condition" and isinstance(value, Mapping):
            fields[name] = {
                operator: {key: _value_texts(values) for key, values in keys.items()}
                for operator, keys in value.items()
                if isinstance(keys, Mapping)
            }
        else:
            fields[name] = value
    return fields


def _value_texts(values: Any) -> list[str]:
    return sorted(value_text(value) for value in (values if isinstance(values, list) else [values]))


def _if_effect(statement: Statement | None, effect: str) -> Statement | None:
    return statement if statement is not None and statement.get("Effect") == effect else None


def _additions(before: Statement, after: Statement, account_id: str | None) -> list[str]:
    """What an allowance covers afterwards and didn't before."""
    phrases: list[str] = []
    for name in FIELDS:
        old, new = field(before, name, account_id), field(after, name, account_id)
        if new.is_negative and not old.is_negative:
            phrases += [f"Not{name} in place of {name}"] if old.missing(new) else []
        elif new.is_negative:
            phrases += [f"Not{name} no longer excludes {code(value)}" for value in old.missing(new)]
        else:
            phrases += [f"{_newness(old, new, value)} {code(value)}" for value in sorted(old.missing(new))]
    return phrases + _looser_conditions(before, after)


def _newness(old: Field, new: Field, value: str) -> str:
    """Whether a value is new, or a wildcard that stands for the old ones and for others."""
    is_wildcard = "*" in value and (new.name == "Principal" or any(covers(value, own) for own in old.values))
    return f"new wildcard in {new.name.lower()}" if is_wildcard else f"new {new.name.lower()}"


def _looser_conditions(before: Statement, after: Statement) -> list[str]:
    new_conditions = conditions(after)
    phrases = []
    for condition in unmet(new_conditions, conditions(before)):
        successor = _successor(condition, new_conditions)
        if successor is None:
            phrases.append(f"condition removed: {condition}")
        else:
            phrases.append(f"condition loosened: {replace(successor, values=_looser_values(condition, successor))}")
    return sorted(phrases)


def _looser_values(before: Condition, after: Condition) -> tuple[str, ...]:
    """The values that let more through: of a negative condition, those that it no longer excludes."""
    if after.is_negative and before.is_negative:
        return tuple(sorted({*before.values} - {*after.values})) or after.values
    looser = [value for value in after.values if not replace(after, values=(value,)).implies(before)]
    return tuple(looser) or after.values


def _exceptions(before: Statement, after: Statement) -> list[str]:
    """What a denial no longer denies."""
    phrases: list[str] = []
    for name in FIELDS:
        old, new = field(before, name), field(after, name)
        if old.is_negative and not new.is_negative:
            phrases += [f"{name} in place of Not{name}"] if new.missing(old) else []
        else:
            phrases += [f"no longer denies {name.lower()} {code(value)}" for value in sorted(new.missing(old))]
    old_conditions = conditions(before)
    for condition in unmet(old_conditions, conditions(after)):
        predecessor = _successor(condition, old_conditions)
        was = f", no longer if {predecessor}" if predecessor else ""
        phrases.append(f"denies only if {condition}{was}")
    return phrases


def _successor(condition: Condition, others: Sequence[Condition]) -> Condition | None:
    """The condition that stands in the place of another one: on the same key, best with the same operator."""
    same_key = [other for other in others if other.key.lower() == condition.key.lower()]
    same_operator = [other for other in same_key if other.operator == condition.operator]
    return next(iter(same_operator or same_key), None)
