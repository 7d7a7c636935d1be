"""Compares what an environment needs with a permissions boundary that the company wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any

from mapspan.outside_text import visible
from mapspan.review.iam.patterns import covers, overlaps
from modules.statements import Statements

_Statement = Mapping[str, Any]


# A boundary is written short: its statements combine actions with resources that only others of them take.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
_STATES_RESOURCES = {
    "StartExecution": "stateMachine",
    "DescribeExecution": "execution",
    "RedriveExecution": "execution",
    "DescribeMapRun": "mapRun",
}
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
_OTHER_OBJECT_ACTIONS = ("AbortMultipartUpload", "ListMultipartUploadParts", "ReplicateDelete", "ReplicateTags")


class Extent(IntEnum):
    """How much of a need a statement applies to."""

    NONE = 0
    PART = 1
    WHOLE = 2


@dataclass(frozen=True)
class Shortfall:
    """A need that the boundary doesn't allow as a whole.

    Args:
        statement: the needed statement.
        denied_by: the boundary's statement that denies all of it; None if none does.
        allowed: how much of it is allowed.
    """

    statement: _Statement
    action: str
    resource: str
    allowed: Extent
    denied_by: str | None = None

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


def shortfalls(needed: Statements, boundary: Mapping[str, Any]) -> Iterator[Shortfall]:
    """What a boundary leaves out, by the names of actions and resources.

    A condition may hold: an Allow with one counts as if it had none, and a Deny with one doesn't count. Nor does a Deny
    of some of the needed resources, which the company may well want.
    """
    statements = _as_list(boundary["Statement"])
    for statement in needed:
        if statement["Effect"] != "Allow":
            continue
        for action in _as_list(statement["Action"]):
            for resource in filter(partial(_takes, action), _as_list(statement["Resource"])):
                allowing = (
                    _extent(one, action, resource, variables_match=True)
                    for one in statements
                    if one["Effect"] == "Allow"
                )
                allowed = max(allowing, default=Extent.NONE)
                denied_by = _denied_by(statements, action, resource)
                if denied_by is not None:
                    yield Shortfall(statement, action, resource, Extent.NONE, denied_by)
                elif allowed != Extent.WHOLE:
                    yield Shortfall(statement, action, resource, allowed)


def missing_statements(missing: Sequence[Shortfall]) -> str:
    """The statements that the boundary would have to allow, as JSON."""
    by_resource: dict[tuple[int, str], list[Shortfall]] = {}
    for one in missing:
        by_resource.setdefault((id(one.statement), one.resource), []).append(one)
    statements: dict[tuple[int, tuple[str, ...]], dict[str, Any]] = {}
    for (number, resource), several in by_resource.items():
        actions = tuple(one.action for one in several)
        first = {**several[0].statement, "Action": list(actions), "Resource": []}
        statements.setdefault((number, actions), first)["Resource"].append(resource)
    return json.dumps(list(statements.values()), indent=2)


def _takes(action: str, resource: str) -> bool:
    """Whether the action can be on the resource. One with a wildcard may be."""
    if resource == "*" or {"*", "?"} & {*action}:
        return True
    service, _, name = action.partition(":")
    _, _, resource_service, _, _, rest = resource.split(":", 5)
    if service in ("lambda", "states") and service != resource_service:
        return False
    if service == "s3":
        on_objects = name in _OTHER_OBJECT_ACTIONS or ("Object" in name and "Bucket" not in name)
        return on_objects == ("/" in rest)
    if service == "states" and name in _STATES_RESOURCES:
        return rest.partition(":")[0] == _STATES_RESOURCES[name]
    return True


def _denied_by(statements: Sequence[_Statement], action: str, resource: str) -> str | None:
    for number, one in enumerate(statements, 1):
        is_certain = one["Effect"] == "Deny" and not one.get("Condition")
        if is_certain and _extent(one, action, resource, variables_match=False) == Extent.WHOLE:
            return visible(one.get("Sid") or f"number {number}")
    return None


def _extent(statement: _Statement, action: str, resource: str, *, variables_match: bool) -> Extent:
    """How much of an action on a resource a statement applies to.

    Args:
        variables_match: whether a policy variable such as `${aws:PrincipalAccount}` has the value that makes the
            statement apply.
    """
    return min(
        _element(statement, "Action", action.lower(), variables_match),
        _element(statement, "Resource", resource, variables_match),
    )


def _element(statement: _Statement, name: str, need: str, variables_match: bool) -> Extent:
    negated = f"Not{name}" in statement
    texts = _as_list(statement[f"Not{name}" if negated else name])
    patterns = [text.lower() if name == "Action" else text for text in texts]
    if variables_match == negated:  # what the pattern matches takes away from the statement
        patterns = [pattern for pattern in patterns if not _has_variable(pattern)]
    patterns = [_without_variables(pattern) for pattern in patterns]
    matched = Extent.NONE
    if any(covers(pattern, need) for pattern in patterns):
        matched = Extent.WHOLE
    elif any(overlaps(pattern, need) for pattern in patterns):
        matched = Extent.PART
    return Extent(Extent.WHOLE - matched) if negated else matched


def _has_variable(pattern: str) -> bool:
    return _without_variables(pattern) != pattern


def _without_variables(pattern: str) -> str:
    """The pattern with `*` for each policy variable. `${*}`, `${?}` and `${$}` stand for themselves, and stay."""
    before, opening, rest = pattern.partition("${")
    name, closing, after = rest.partition("}")
    if not opening or not closing:
        return pattern
    value = f"${{{name}}}" if name in ("*", "?", "$") else "*"
    return before + value + _without_variables(after)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
