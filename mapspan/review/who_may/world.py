"""Both accounts as a plan leaves them, or finds them: what IAM decides from, and what of it the plan doesn't tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from environments.environment import Environment
from mapspan.review.changes.plan import Moment, Plan
from mapspan.review.changes.policies import Policy, policies
from mapspan.review.iam.accounts import Accounts, Bucket, Document, Role, listed

_EMPTY: Document = {"Version": "2012-10-17", "Statement": []}


@dataclass(frozen=True, kw_only=True)
class World:
    """Roles, buckets and keys at one moment.

    Args:
        untold: bucket names and key ARNs whose own policy the plan doesn't tell, or not all of it.
    """

    accounts: Accounts
    untold: frozenset[str] = frozenset()

    def is_untold(self, resource: str) -> bool:
        return (Accounts.bucket_of(resource) or resource) in self.untold


def world(plan: Plan, moment: Moment, environment: Environment) -> World:
    """The accounts at a moment of the plan, the environment's source bucket and keys among them."""
    found = policies(plan, moment)
    buckets = _buckets(plan, moment, environment, found)
    keys = _keys(plan, moment, found)
    whole = {policy.owner for policy in found if policy.whole and isinstance(policy.document, Mapping)}
    ours = {
        str(there["bucket"])
        for change in plan.changes
        if change.type == "aws_s3_bucket" and (there := change.at(moment)) and "bucket" in there
    }
    withheld = {policy.owner for policy in found if not isinstance(policy.document, Mapping)}
    # A bucket of the plan's own without a policy has none; nobody's else is known.
    untold = {name for name in buckets if name not in whole and (name not in ours or name in withheld)}
    untold |= {arn for arn in keys if arn not in whole}
    return World(
        accounts=Accounts(roles=_roles(plan, moment, found), buckets=buckets, resource_policies=keys),
        untold=frozenset(untold),
    )


def _roles(plan: Plan, moment: Moment, found: Sequence[Policy]) -> dict[str, Role]:
    roles = {}
    for change in plan.changes:
        arn = plan.identity(change, "arn", moment) if change.type == "aws_iam_role" and change.at(moment) else None
        if isinstance(arn, str):
            own = [each for each in found if each.owner == arn and isinstance(each.document, Mapping)]
            trust = [each.document for each in own if each.kind == "trust"]
            roles[arn] = Role(
                policies={
                    each.name: each.document
                    for each in own
                    if each.kind == "identity" and isinstance(each.document, Mapping)
                },
                trust=trust[0] if trust and isinstance(trust[0], Mapping) else _EMPTY,
            )
    return roles


def _buckets(plan: Plan, moment: Moment, environment: Environment, found: Sequence[Policy]) -> dict[str, Bucket]:
    source = environment.source
    accounts: dict[str, str] = {source.bucket: source.account_id}
    for change in plan.changes:
        there = change.at(moment)
        name = there.get("bucket") if there and change.type == "aws_s3_bucket" else None
        if isinstance(name, str) and change.account_id:
            accounts[name] = change.account_id
    for policy in found:
        if policy.kind == "bucket" and isinstance(policy.owner, str) and policy.account_id:
            accounts.setdefault(policy.owner, policy.account_id)
    return {
        name: Bucket(account_id=account, policy=_joined(policy for policy in found if policy.owner == name))
        for name, account in accounts.items()
    }


def _keys(plan: Plan, moment: Moment, found: Sequence[Policy]) -> dict[str, Document]:
    """Every key that the plan makes, grants or names, with what its policy and grants say."""
    named = {policy.owner for policy in found if policy.kind == "key" and isinstance(policy.owner, str)}
    for policy in found:
        for statement in policy.statements:
            named |= {arn for arn in listed(statement.get("Resource")) if ":kms:" in arn and "*" not in arn}
    for change in plan.changes:
        arn = plan.identity(change, "arn", moment) if change.type == "aws_kms_key" and change.at(moment) else None
        if isinstance(arn, str):
            named.add(arn)
    keys: dict[str, Document] = {}
    for arn in sorted(each for each in named if isinstance(each, str)):
        own = [policy for policy in found if policy.kind == "key" and policy.owner == arn]
        told = [policy for policy in own if policy.whole and isinstance(policy.document, Mapping)]
        # What isn't told is taken to be as KMS makes it: IAM decides, within the key's account.
        statements = (_joined(own) or _EMPTY)["Statement"]
        keys[arn] = (
            {**_EMPTY, "Statement": statements}
            if told
            else {**_EMPTY, "Statement": [*statements, *delegated(arn.split(":")[4])["Statement"]]}
        )
    return keys


def delegated(account_id: str) -> Document:
    """https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html"""
    root = {"AWS": f"arn:aws:iam::{account_id}:root"}
    statement = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    return {**_EMPTY, "Statement": [statement]}


def _joined(found: Iterable[Policy]) -> Document | None:
    """One document of all that the policies state; None where there is none."""
    told = [policy for policy in found if isinstance(policy.document, Mapping)]
    if not told:
        return None
    return {"Version": "2012-10-17", "Statement": [statement for policy in told for statement in policy.statements]}
