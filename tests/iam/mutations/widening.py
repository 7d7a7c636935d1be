"""The ways in which a statement can be too wide: each is a mistake that somebody could make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mapspan.review.iam.accounts import Accounts, Statement, as_list

ARN_FIELDS = 5  # arn:partition:service:region:account, before what the service names


@dataclass(frozen=True)
class Widening:
    """A statement that allows more than the one it came from.

    Args:
        kind: "resource", "condition", "principal" or "denial".
        what: what was changed, for a person.
        statement: the wider statement; None if it was a denial, and is gone.
    """

    kind: str
    what: str
    statement: Statement | None


def widenings(statement: Statement) -> Iterator[Widening]:
    """Every way to widen a statement, except by another action: a sweep finds those all at once."""
    if statement["Effect"] == "Deny":
        yield from _weaker_denials(statement)
        return
    resources = as_list(statement.get("Resource"))
    for number, resource in enumerate(resources):
        for pattern in wider_patterns(resource):
            changed = [*resources[:number], pattern, *resources[number + 1 :]]
            yield Widening("resource", f"{resource} → {pattern}", {**statement, "Resource": changed})
    conditions = statement.get("Condition", {})
    for operator, keys in conditions.items():
        for key in keys:
            left = {name: value for name, value in keys.items() if name != key}
            others = {name: value for name, value in conditions.items() if name != operator}
            condition = others | ({operator: left} if left else {})
            yield Widening("condition", f"without {key}", {**statement, "Condition": condition})
    if "Principal" in statement:
        yield Widening("principal", "any principal", {**statement, "Principal": "*"})


def about_itself(accounts: Accounts) -> dict[str, str]:
    """Widenings of a bucket's policy that allow nothing more: a statement on the bucket is about that bucket only."""
    return {
        f"{location.sid}: {arn} → {pattern}": "a bucket's policy is about that bucket"
        for location, statement in accounts.statements()
        if location.kind == "bucket" and statement["Effect"] == "Allow"
        for arn in as_list(statement["Resource"])
        if "/" not in arn
        for pattern in wider_patterns(arn)
    }


def wider_patterns(pattern: str) -> Iterator[str]:
    """Patterns that match more than this one, the narrowest first."""
    if pattern == "*":
        return iter(())
    fields = pattern.split(":", ARN_FIELDS)
    head, rest = ":".join(fields[:ARN_FIELDS]), fields[ARN_FIELDS]
    stem = rest.rstrip("*")
    wider = [] if pattern.endswith("*") else [f"{pattern}*"]
    if stem[-1:] not in ("", "*") and stem != rest:  # `name-*` without its hyphen
        wider.append(f"{head}:{stem[:-1]}*")
    ends = [end for end in range(len(stem) - 1, 0, -1) if stem[end - 1] in ":/-"]
    wider += [f"{head}:{stem[:end]}*" for end in (*ends, 0)]
    places = [position for position in (3, 4) if fields[position]]  # the Region and the account
    wider += [":".join([*fields[:position], "*", *fields[position + 1 :]]) for position in places]
    wider.append("*")
    return iter(dict.fromkeys(one for one in wider if one != pattern))


def _weaker_denials(statement: Statement) -> Iterator[Widening]:
    yield Widening("denial", "removed", None)
    for field in ("Action", "Resource"):
        values = as_list(statement.get(field))
        if len(values) > 1:
            for number, value in enumerate(values):
                left = [*values[:number], *values[number + 1 :]]
                yield Widening("denial", f"without {value}", {**statement, field: left})
