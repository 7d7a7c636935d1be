"""Whether a statement lets through more than it did."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from mapspan.review.changes.policies import Policy, principals
from mapspan.review.iam.accounts import ACCOUNT_OF, listed

Statement = Mapping[str, Any]

_NEGATIVE = re.compile(r"Not|Null")
# Where `Resource: *` reaches data or hands on power; others, such as log delivery, take no narrower one.
_TELLING = {"s3", "kms", "iam", "sts", "lambda", "states"}
_ACCOUNT = re.compile(r"\d{12}")


def widened(before: Statement | None, after: Statement | None) -> Iterator[str]:
    """What becomes allowed or is no longer denied, a phrase each; nothing where it is no wider."""
    was, becomes = (None if each is None or each.get("Effect") != "Allow" else each for each in (before, after))
    denied, denies = (None if each is None or each.get("Effect") != "Deny" else each for each in (before, after))
    if becomes is not None:
        yield from _more(was, becomes) if was is not None else ["a new statement allows"]
    if denied is not None:
        if denies is None:
            yield "a denial is dropped"
        else:
            yield from (f"denies less: {phrase}" for phrase in _more(denies, denied, gone=True))


def newly_wide(statement: Statement, policy: Policy) -> Iterator[str]:
    """What is wide about a statement in itself, whatever was before."""
    if statement.get("Effect") != "Allow":
        return
    actions, resources = listed(statement.get("Action")), listed(statement.get("Resource"))
    # The usual start of a key's policy: IAM decides, in the key's own account.
    if policy.kind == "key" and principals(statement) == [f"arn:aws:iam::{policy.account_id}:root"]:
        return
    yield from (f"wildcard in action `{action}`" for action in actions if action == "*" or action.endswith(":*"))
    if policy.kind == "identity" and "*" in resources and _TELLING & {action.split(":")[0] for action in actions}:
        yield "wildcard as resource: `*`"
    for principal in principals(statement):
        account = ACCOUNT_OF.match(principal) or _ACCOUNT.fullmatch(principal)
        if "*" in principal:
            yield f"wildcard in principal `{principal}`"
        elif account and account[account.lastindex or 0] != policy.account_id and policy.kind == "trust":
            yield f"a principal of another account: `{principal}`"
    for name in ("NotAction", "NotResource", "NotPrincipal"):
        if name in statement:
            yield f"{name} allows everything but what it names"


def _more(before: Statement, after: Statement, *, gone: bool = False) -> Iterator[str]:
    """What `after` reaches that `before` didn't."""
    end = " is gone" if gone else ""
    for name in ("Action", "Resource"):
        old = listed(before.get(name))
        for value in sorted(set(listed(after.get(name))) - set(old)):
            if any(covers(each, value) for each in old):
                continue
            what = "new wildcard in" if "*" in value and any(covers(value, each) for each in old) else "new"
            yield f"{name.lower()} `{value}`{end}" if gone else f"{what} {name.lower()} `{value}`"
        if f"Not{name}" in after and f"Not{name}" not in before:
            yield f"Not{name} in place of {name}"
        for value in sorted(set(listed(before.get(f"Not{name}"))) - set(listed(after.get(f"Not{name}")))):
            if f"Not{name}" in after:
                yield f"Not{name} no longer leaves out `{value}`"
    old_principals = principals(before)
    for value in sorted(set(principals(after)) - set(old_principals)):
        what = "new wildcard in principal" if "*" in value else "new principal"
        yield f"principal `{value}`{end}" if gone else f"{what} `{value}`"
    yield from _conditions(before, after, gone=gone)


def _conditions(before: Statement, after: Statement, *, gone: bool) -> Iterator[str]:
    old, new = _flat(before), _flat(after)
    for (operator, key), values in sorted(old.items()):
        if (operator, key) not in new:
            yield f"condition {'added' if gone else 'dropped'}: `{key}` {operator} `{'`, `'.join(values)}`"
            continue
        if _NEGATIVE.search(operator):
            looser = set(values) - set(new[operator, key])
        else:
            looser = {value for value in new[operator, key] if not any(covers(each, value) for each in values)}
        if looser:
            yield f"condition {'tightened' if gone else 'loosened'}: `{key}` {operator} `{'`, `'.join(sorted(looser))}`"


def normal(statement: Statement) -> Mapping[str, Any]:
    """A statement in the one form of all that mean the same."""
    found: dict[str, Any] = {}
    for name, value in statement.items():
        if name in ("Action", "Resource", "NotAction", "NotResource"):
            found[name] = sorted(listed(value))
        elif name in ("Principal", "NotPrincipal") and isinstance(value, Mapping):
            found[name] = {kind: sorted(listed(each)) for kind, each in value.items()}
        elif name == "Condition":
            found[name] = {
                operator: {key: sorted(map(str, listed(each))) for key, each in keys.items()}
                for operator, keys in value.items()
            }
        else:
            found[name] = value
    return found


def _flat(statement: Statement) -> dict[tuple[str, str], list[str]]:
    return {
        (operator, key): values
        for operator, keys in normal(statement).get("Condition", {}).items()
        for key, values in keys.items()
    }


def covers(pattern: str, value: str) -> bool:
    """Whether everything that `value` matches, `pattern` matches too."""
    return _expression(pattern).fullmatch(value) is not None


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
