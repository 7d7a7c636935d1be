"""Both accounts at one moment of a plan: what IAM decides from, and which policies the plan doesn't show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from environments.environment import Environment
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.policy import Policies, Policy
from mapspan.review.changes.resource_change import Moment
from mapspan.review.iam.accounts import ACCOUNT_OF, Accounts, Bucket, Document, Role, as_list
from mapspan.review.iam.simulator import STRANGER

_EMPTY: Document = {"Version": "2012-10-17", "Statement": []}


@dataclass(frozen=True, kw_only=True)
class PlannedAccounts:
    """Roles, buckets and keys at one moment.

    Args:
        partly_known: the names of buckets and the ARNs of keys whose own policy the plan shows in part or not at all.
    """

    accounts: Accounts
    partly_known: frozenset[str] = frozenset()

    def is_partly_known(self, resource: str) -> bool:
        """Whether a resource's own policy may hold more than the plan shows."""
        return (Accounts.bucket_of(resource) or resource) in self.partly_known


def planned_accounts(plan: Plan, policies: Policies, moment: Moment, environment: Environment) -> PlannedAccounts:
    """The accounts at a moment of the plan, including the environment's source bucket and keys."""
    plan_policies = policies.at(moment)
    buckets = _buckets(plan, moment, environment, plan_policies)
    keys = _keys(plan, moment, plan_policies)
    return PlannedAccounts(
        accounts=Accounts(roles=_roles(plan, moment, plan_policies), buckets=buckets, resource_policies=keys),
        partly_known=_partly_known(plan, moment, plan_policies, buckets, keys),
    )


def default_key_policy(account_id: str) -> Document:
    """The policy that KMS gives a key: IAM decides, within the key's account.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    root = {"AWS": f"arn:aws:iam::{account_id}:root"}
    statement = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    return {**_EMPTY, "Statement": [statement]}


def _partly_known(
    plan: Plan,
    moment: Moment,
    plan_policies: Sequence[Policy],
    buckets: Mapping[str, Bucket],
    keys: Mapping[str, Document],
) -> frozenset[str]:
    known_owners = {policy.owner for policy in plan_policies if _is_whole(policy)}
    unreadable_owners = {policy.owner for policy in plan_policies if not isinstance(policy.document, Mapping)}
    own_buckets = {
        str(attributes["bucket"])
        for change in plan.changes
        if change.type == "aws_s3_bucket" and (attributes := change.at(moment)) and "bucket" in attributes
    }
    # A bucket of the plan without a policy has none. The policy of any other bucket is unknown.
    certain_buckets = known_owners | (own_buckets - unreadable_owners)
    return frozenset({*(buckets.keys() - certain_buckets), *(keys.keys() - known_owners)})


def _is_whole(policy: Policy) -> bool:
    return policy.is_whole and isinstance(policy.document, Mapping)


def _roles(plan: Plan, moment: Moment, plan_policies: Sequence[Policy]) -> dict[str, Role]:
    policies_of = _by_owner(plan_policies)
    roles = {}
    for change in plan.changes:
        arn = change.value("arn", moment) if change.type == "aws_iam_role" else None
        if isinstance(arn, str):
            documents = [
                (policy.kind, policy.name, policy.document)
                for policy in policies_of.get(arn, ())
                if isinstance(policy.document, Mapping)
            ]
            trust = [document for kind, _, document in documents if kind == "trust"]
            roles[arn] = Role(
                policies={name: document for kind, name, document in documents if kind == "identity"},
                trust=trust[0] if trust else _EMPTY,
            )
    return roles


def _buckets(
    plan: Plan, moment: Moment, environment: Environment, plan_policies: Sequence[Policy]
) -> dict[str, Bucket]:
    source = environment.source
    accounts: dict[str, str] = {source.bucket: source.account_id}
    for change in plan.changes:
        attributes = change.at(moment)
        name = attributes.get("bucket") if attributes and change.type == "aws_s3_bucket" else None
        if isinstance(name, str) and change.account_id:
            accounts[name] = change.account_id
    for policy in plan_policies:
        if policy.kind == "bucket" and isinstance(policy.owner, str) and policy.account_id:
            accounts.setdefault(policy.owner, policy.account_id)
    for name in _granted_buckets(plan_policies) - _names_of_buckets(plan):
        accounts.setdefault(name, STRANGER)
    policies_of = _by_owner(plan_policies)
    return {
        name: Bucket(account_id=account, policy=_joined(policies_of.get(name, ())))
        for name, account in accounts.items()
    }


def _granted_buckets(plan_policies: Sequence[Policy]) -> set[str]:
    """The buckets that roles are granted something on, by name; the plan doesn't show whose they are."""
    resources = (
        resource
        for policy in plan_policies
        for statement in policy.statements
        if policy.kind == "identity" and statement.get("Effect") == "Allow"
        for resource in as_list(statement.get("Resource"))
    )
    names = {Accounts.bucket_of(resource) for resource in resources}
    return {name for name in names if name and not {"*", "?", "$"} & {*name}}


def _names_of_buckets(plan: Plan) -> set[str]:
    """The plan's own buckets at either moment. One that doesn't exist at a moment has no policy then."""
    return {
        str((attributes or {}).get("bucket"))
        for change in plan.changes
        if change.type == "aws_s3_bucket"
        for attributes in (change.before, change.after)
    }


def _keys(plan: Plan, moment: Moment, plan_policies: Sequence[Policy]) -> dict[str, Document]:
    """Every key that the plan creates, grants or names, with the statements of its policy and grants."""
    policies_of = _by_owner(plan_policies)
    keys: dict[str, Document] = {}
    for arn in sorted(_key_arns(plan, moment, plan_policies)):
        key_policies = [policy for policy in policies_of.get(arn, ()) if policy.kind == "key"]
        statements = list((_joined(key_policies) or _EMPTY)["Statement"])
        if not any(_is_whole(policy) for policy in key_policies):
            # A policy that the plan doesn't show counts as the one that KMS gives a key.
            statements += default_key_policy(arn.split(":")[4])["Statement"]
        keys[arn] = {**_EMPTY, "Statement": statements}
    return keys


def _key_arns(plan: Plan, moment: Moment, plan_policies: Sequence[Policy]) -> set[str]:
    arns = {policy.owner for policy in plan_policies if policy.kind == "key" and isinstance(policy.owner, str)}
    for policy in plan_policies:
        for statement in policy.statements:
            arns |= {arn for arn in as_list(statement.get("Resource")) if ":kms:" in arn and "*" not in arn}
    for change in plan.changes:
        arn = change.value("arn", moment) if change.type == "aws_kms_key" else None
        if isinstance(arn, str):
            arns.add(arn)
    return {arn for arn in arns if ACCOUNT_OF.match(arn)}


def _by_owner(plan_policies: Sequence[Policy]) -> dict[str, list[Policy]]:
    by_owner: dict[str, list[Policy]] = {}
    for policy in plan_policies:
        if isinstance(policy.owner, str):
            by_owner.setdefault(policy.owner, []).append(policy)
    return by_owner


def _joined(plan_policies: Iterable[Policy]) -> Document | None:
    """One document with the statements of all readable policies; None if there are none."""
    readable = [policy for policy in plan_policies if isinstance(policy.document, Mapping)]
    if not readable:
        return None
    return {**_EMPTY, "Statement": [statement for policy in readable for statement in policy.statements]}
