"""References to the roles, buckets, keys and policies of a plan, resolved to their names and ARNs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mapspan.review.changes.placeholder import UNKNOWN, Unknown
from mapspan.review.changes.resource_change import ResourceChange

_REFERENCE = re.compile(r"(?<!\$)\$\{([^}]*)\}")
_ATTRIBUTE = re.compile(r"(\w+\.[\w-]+)\.(\w+)")


def with_resolved_references(changes: Sequence[ResourceChange]) -> list[ResourceChange]:
    """The changes, each with every attribute `after` that follows from the plan.

    A resolved reference is exact, whatever the apply creates: a role's ARN holds its name. The id of a key that
    doesn't exist yet is replaced by its address.
    """
    identified = [replace(change, after=_with_identities(change)) for change in changes]
    by_address = {change.address: change for change in identified}
    return [replace(change, after=_with_references(change, by_address)) for change in identified]


def _with_identities(change: ResourceChange) -> Mapping[str, Any] | None:
    """The attributes after, with the ARN and id of a resource that doesn't exist yet."""
    attributes = change.after
    if attributes is None:
        return None
    return {
        name: _identity(change, attributes, name) if isinstance(value, Unknown) else value
        for name, value in attributes.items()
    }


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


def _with_references(change: ResourceChange, by_address: Mapping[str, ResourceChange]) -> Mapping[str, Any] | None:
    """The attributes after, with the text of each reference that can be resolved."""
    attributes = change.after
    if attributes is None:
        return None
    return {
        name: _resolved(change.templates[name], by_address)
        if isinstance(value, Unknown) and name in change.templates
        else value
        for name, value in attributes.items()
    }


def _resolved(template: str, by_address: Mapping[str, ResourceChange]) -> Any:
    values = {reference: _referenced(reference, by_address) for reference in _REFERENCE.findall(template)}
    if not all(isinstance(value, str) for value in values.values()):
        return UNKNOWN
    text = _REFERENCE.sub(lambda match: str(values[match[1]]), template)
    return text.replace("$${", "${").replace("%%{", "%{")


def _referenced(reference: str, by_address: Mapping[str, ResourceChange]) -> Any:
    match = _ATTRIBUTE.fullmatch(reference)
    change = by_address.get(match[1]) if match else None
    return change.value(match[2], "after") if match and change else UNKNOWN
