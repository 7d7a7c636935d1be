"""The policies in a plan: whose they are, and what they say before and after."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mapspan.review.changes.plan import Change, Moment, Plan
from mapspan.review.changes.withheld import Sensitive, Unknown
from mapspan.review.iam.accounts import Document, listed

Kind = Literal["identity", "trust", "bucket", "key", "resource"]

# Types whose `policy` is that of another resource: the attribute that names it, and what kind that is.
_RESOURCE_POLICIES: Mapping[str, tuple[str, Kind]] = {
    "aws_s3_bucket_policy": ("bucket", "bucket"),
    "aws_kms_key_policy": ("key_id", "key"),
    "aws_sns_topic_policy": ("arn", "resource"),
    "aws_sqs_queue_policy": ("queue_url", "resource"),
}
_OWN_POLICIES: Mapping[str, tuple[str, Kind]] = {
    "aws_kms_key": ("arn", "key"),
    "aws_sns_topic": ("arn", "resource"),
    "aws_sqs_queue": ("arn", "resource"),
}


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy at one moment.

    Args:
        address, name: of the resource it is written in, and its name there: the same before and after.
        owner: the role's ARN, the bucket's name, the key's ARN …; `Unknown` where the plan doesn't tell.
        account_id: the owner's account.
        document: `Statement` is a list; Unknown or Sensitive where that is all the plan tells.
        whole: whether it is all of the owner's policy, or stands among statements of others.
    """

    address: str
    name: str
    kind: Kind
    owner: str | Unknown
    account_id: str | None
    document: Document | Unknown | Sensitive
    whole: bool = True

    @property
    def statements(self) -> Sequence[Mapping[str, Any]]:
        """The statements; none of a document that the plan doesn't tell."""
        return self.document["Statement"] if isinstance(self.document, Mapping) else ()


def policies(plan: Plan, moment: Moment) -> list[Policy]:
    """Every policy of the plan's resources at a moment, grants and permissions among them."""
    return [policy for change in plan.changes for policy in _of(plan, change, moment)]


def _of(plan: Plan, change: Change, moment: Moment) -> Iterator[Policy]:
    there = change.at(moment)
    if there is None:
        return
    address, account_id = change.address, change.account_id
    if change.type == "aws_iam_role":
        trust = _document(plan.value(change, "assume_role_policy", moment))
        owner = _owner(plan, change, "arn", moment)
        if trust is not None:
            yield Policy(
                address=address, account_id=account_id, name="trust policy", kind="trust", owner=owner, document=trust
            )
    elif change.type == "aws_iam_role_policy":
        found = _document(plan.value(change, "policy", moment))
        if found is not None:
            owner, name = _role(plan, change, moment), str(there.get("name"))
            yield Policy(
                address=address, account_id=account_id, name=name, kind="identity", owner=owner, document=found
            )
    elif change.type == "aws_iam_role_policy_attachment":
        yield _attached(plan, change, moment)
    elif change.type == "aws_kms_grant":
        yield _grant(plan, change, moment)
    elif change.type == "aws_lambda_permission":
        yield _permission(plan, change, moment)
    elif change.type == "aws_lambda_invocation":
        yield from _merged(plan, change, moment)
    else:
        yield from _resource_policy(plan, change, moment)


def _resource_policy(plan: Plan, change: Change, moment: Moment) -> Iterator[Policy]:
    named = _RESOURCE_POLICIES.get(change.type) or _OWN_POLICIES.get(change.type)
    document = _document(plan.value(change, "policy", moment)) if named else None
    if named is None or document is None:
        return
    attribute, kind = named
    owner = _owner(plan, change, attribute, moment)
    name = {"bucket": "bucket policy", "key": "key policy"}.get(kind, "resource policy")
    yield Policy(
        address=change.address, account_id=change.account_id, name=name, kind=kind, owner=owner, document=document
    )


def _merged(plan: Plan, change: Change, moment: Moment) -> Iterator[Policy]:
    """What our merge function is invoked with: statements that stand in a bucket policy among those of others."""
    given = plan.value(change, "input", moment)
    about: Any = json.loads(given) if isinstance(given, str) else None
    if isinstance(about, dict) and {"bucket", "account_id", "statements"} <= about.keys():
        yield Policy(
            address=change.address,
            name="statements in the bucket policy",
            kind="bucket",
            owner=about["bucket"],
            account_id=about["account_id"],
            document={"Version": "2012-10-17", "Statement": about["statements"]},
            whole=False,
        )


def _grant(plan: Plan, change: Change, moment: Moment) -> Policy:
    """A grant as the statement of the key's policy that it amounts to."""
    there = change.at(moment) or {}
    grantee, operations = plan.value(change, "grantee_principal", moment), there.get("operations")
    statement = None
    if isinstance(grantee, str) and isinstance(operations, list):
        statement = {
            "Sid": "Grant",
            "Effect": "Allow",
            "Principal": {"AWS": grantee},
            "Action": [f"kms:{operation}" for operation in operations],
            "Resource": "*",
        }
    return _amounting_to(statement, change, name="grant", kind="key", owner=_owner(plan, change, "key_id", moment))


def _permission(plan: Plan, change: Change, moment: Moment) -> Policy:
    """A function's permission as the statement that it amounts to."""
    there = change.at(moment) or {}
    principal, source = there.get("principal"), plan.value(change, "source_arn", moment)
    statement = None
    if isinstance(principal, str) and not isinstance(source, Unknown):
        service = principal.endswith(".amazonaws.com")
        statement = {
            "Sid": str(there.get("statement_id") or ""),
            "Effect": "Allow",
            "Principal": {"Service" if service else "AWS": principal},
            "Action": there.get("action"),
            "Resource": "*",
            **({"Condition": {"ArnLike": {"aws:SourceArn": source}}} if source else {}),
        }
    owner = _owner(plan, change, "function_name", moment)
    return _amounting_to(statement, change, name="permission", kind="resource", owner=owner)


def _amounting_to(
    statement: Mapping[str, Any] | None, change: Change, *, name: str, kind: Kind, owner: str | Unknown
) -> Policy:
    """One statement among those of the owner's policy; None where the plan doesn't tell it."""
    document: Document = {"Version": "2012-10-17", "Statement": [statement]}
    return Policy(
        address=change.address,
        name=name,
        kind=kind,
        owner=owner,
        account_id=change.account_id,
        document=Unknown() if statement is None else document,
        whole=False,
    )


def _attached(plan: Plan, change: Change, moment: Moment) -> Policy:
    """A managed policy on a role: its document, where it is one of the plan's."""
    there = change.at(moment) or {}
    arn = there.get("policy_arn")
    template = change.templates.get("policy_arn", "").removeprefix("${").removesuffix(".arn}")
    found = [
        each
        for each in plan.changes
        if each.type == "aws_iam_policy"
        and (each.address == template or (isinstance(arn, str) and (each.at(moment) or {}).get("arn") == arn))
    ]
    document = _document(plan.value(found[0], "policy", moment)) if found else None
    return Policy(
        address=change.address,
        name=f"managed policy {arn if isinstance(arn, str) else template}",
        kind="identity",
        owner=_role(plan, change, moment),
        account_id=change.account_id,
        document=Unknown() if document is None else document,
    )


def _role(plan: Plan, change: Change, moment: Moment) -> str | Unknown:
    """The ARN of the role that a policy names by its name."""
    name = plan.value(change, "role", moment)
    for each in plan.changes:
        there = each.at(moment)
        if each.type == "aws_iam_role" and there and there.get("name") == name and isinstance(name, str):
            arn = plan.identity(each, "arn", moment)
            return arn if isinstance(arn, str) else Unknown()
    if isinstance(name, str) and change.account_id:
        return f"arn:aws:iam::{change.account_id}:role/{name}"
    return Unknown()


def _owner(plan: Plan, change: Change, attribute: str, moment: Moment) -> str | Unknown:
    found = plan.value(change, attribute, moment)
    found = plan.identity(change, attribute, moment) if isinstance(found, Unknown) else found
    return found if isinstance(found, str) else Unknown()


def _document(found: Any) -> Document | Unknown | Sensitive | None:
    """A policy whose Statement is a list; None for no policy at all."""
    if isinstance(found, Unknown | Sensitive):
        return found
    if not isinstance(found, str) or not found:
        return None
    document: dict[str, Any] = json.loads(found)
    statements = document.get("Statement", [])
    return {**document, "Statement": statements if isinstance(statements, list) else [statements]}


def principals(statement: Mapping[str, Any]) -> list[str]:
    """Whom a statement names: ARNs, account ids, services, or `*`."""
    named = statement.get("Principal")
    if isinstance(named, Mapping):
        return [principal for each in named.values() for principal in listed(each)]
    return listed(named)
