"""Whether a statement allows more than it did."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from mapspan.review.changes.policies import Policy, Statement, principals
from mapspan.review.iam.accounts import ACCOUNT_OF, as_list

_NEGATIVE = re.compile(r"Not|Null")
# Services whose `Resource: *` reaches data or passes on power. Others, such as log delivery, take no narrower resource.
_SENSITIVE_SERVICES = {"s3", "kms", "iam", "sts", "lambda", "states"}
_ACCOUNT = re.compile(r"\d{12}")


def widenings(before: Statement | None, after: Statement | None) -> Iterator[str]:
    """A phrase for each thing that becomes allowed or is no longer denied."""
    allow_before, allow_after = (_if_effect(statement, "Allow") for statement in (before, after))
    deny_before, deny_after = (_if_effect(statement, "Deny") for statement in (before, after))
    if allow_after is not None:
        yield from _additions(allow_before, allow_after) if allow_before is not None else ["a new statement allows"]
    if deny_before is not None:
        if deny_after is None:
            yield "a denial is removed"
        else:
            yield from (f"denies less: {phrase}" for phrase in _additions(deny_after, deny_before, removal=True))


def inherent_widenings(statement: Statement, policy: Policy) -> Iterator[str]:
    """A phrase for each thing that makes a new statement wide in itself."""
    if statement.get("Effect") != "Allow":
        return
    actions, resources = as_list(statement.get("Action")), as_list(statement.get("Resource"))
    # The usual start of a key's policy: IAM decides, in the key's own account.
    if policy.kind == "key" and principals(statement) == [f"arn:aws:iam::{policy.account_id}:root"]:
        return
    yield from (f"wildcard in action `{action}`" for action in actions if action == "*" or action.endswith(":*"))
    services = {action.split(":")[0] for action in actions}
    if policy.kind == "identity" and "*" in resources and _SENSITIVE_SERVICES & services:
        yield "wildcard as resource: `*`"
    for principal in principals(statement):
        account = ACCOUNT_OF.match(principal) or _ACCOUNT.fullmatch(principal)
        if "*" in principal:
            yield f"wildcard in principal `{principal}`"
        elif account and account[account.lastindex or 0] != policy.account_id and policy.kind == "trust":
            yield f"a principal of another account: `{principal}`"
    for name in ("NotAction", "NotResource", "NotPrincipal"):
        if name in statement:
            yield f"{name} allows everything except what it names"


def normalized(statement: Statement) -> Statement:
    """A statement in a form that is the same for all statements with the same meaning."""
    fields: dict[str, Any] = {}
    for name, value in statement.items():
        if name in ("Action", "Resource", "NotAction", "NotResource"):
            fields[name] = sorted(as_list(value))
        elif name in ("Principal", "NotPrincipal") and isinstance(value, Mapping):
            fields[name] = {kind: sorted(as_list(names)) for kind, names in value.items()}
        elif name == "Condition":
            fields[name] = {
                operator: {key: sorted(map(str, as_list(values))) for key, values in keys.items()}
                for operator, keys in value.items()
            }
        else:
            fields[name] = value
    return fields


def covers(pattern: str, value: str) -> bool:
    """Whether `pattern` matches everything that `value` matches."""
    return _expression(pattern).fullmatch(value) is not None


def _if_effect(statement: Statement | None, effect: str) -> Statement | None:
    return statement if statement is not None and statement.get("Effect") == effect else None


def _additions(before: Statement, after: Statement, *, removal: bool = False) -> Iterator[str]:
    """What `after` covers and `before` doesn't; worded as a removal for a denial, whose two sides are swapped."""
    suffix = " is removed" if removal else ""
    for name in ("Action", "Resource"):
        old_values = as_list(before.get(name))
        for value in sorted(set(as_list(after.get(name))) - set(old_values)):
            if any(covers(old, value) for old in old_values):
                continue
            is_wildcard = "*" in value and any(covers(value, old) for old in old_values)
            prefix = "" if removal else "new wildcard in " if is_wildcard else "new "
            yield f"{prefix}{name.lower()} `{value}`{suffix}"
        if f"Not{name}" in after and f"Not{name}" not in before:
            yield f"Not{name} in place of {name}"
        for value in sorted(set(as_list(before.get(f"Not{name}"))) - set(as_list(after.get(f"Not{name}")))):
            if f"Not{name}" in after:
                yield f"Not{name} no longer excludes `{value}`"
    for value in sorted(set(principals(after)) - set(principals(before))):
        prefix = "" if removal else "new wildcard in " if "*" in value else "new "
        yield f"{prefix}principal `{value}`{suffix}"
    yield from _condition_additions(before, after, removal=removal)


def _condition_additions(before: Statement, after: Statement, *, removal: bool) -> Iterator[str]:
    old_conditions, new_conditions = _conditions(before), _conditions(after)
    for (operator, key), old_values in sorted(old_conditions.items()):
        new_values = new_conditions.get((operator, key))
        if new_values is None:
            yield f"condition {'added' if removal else 'removed'}: `{key}` {operator} `{'`, `'.join(old_values)}`"
            continue
        if _NEGATIVE.search(operator):
            looser = set(old_values) - set(new_values)
        else:
            looser = {value for value in new_values if not any(covers(old, value) for old in old_values)}
        if looser:
            verb = "tightened" if removal else "loosened"
            yield f"condition {verb}: `{key}` {operator} `{'`, `'.join(sorted(looser))}`"


def _conditions(statement: Statement) -> dict[tuple[str, str], list[str]]:
    """The values of each operator and key."""
    return {
        (operator, key): values
        for operator, keys in normalized(statement).get("Condition", {}).items()
        for key, values in keys.items()
    }


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
