"""Expectation: the calls that principals may make, written without a look at the policies that allow them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from mapspan.review.iam.accounts import Accounts, Bucket, Document, Role, Statement, as_list
from mapspan.review.iam.simulator import EVERYTHING, OBJECT_CONTEXT, Call, Side, Simulator, without_principal
from tests.iam.mutations.neighbours import ACCOUNTS, OTHER_ACCOUNT, neighbours

OTHER_VALUE = "another"
NOBODY: Document = {"Version": "2012-10-17", "Statement": []}
# In our accounts and in another one, and a service of AWS that nothing here concerns.
STRANGERS = tuple(f"arn:aws:iam::{account}:role/stranger" for account in (*ACCOUNTS, OTHER_ACCOUNT))
OTHER_SERVICES = ("events.amazonaws.com", "ec2.amazonaws.com")
ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
OF_OTHERS = {"aws:ResourceAccount": OTHER_ACCOUNT}
PLAIN_HTTP = {"aws:SecureTransport": "false"}
# Whatever a statement says about tags, a caller can send and find these.
TAGS = {"aws:RequestTag/Name": "mapspan-local-alarms", "aws:ResourceTag/Name": "mapspan-local-alarms"}


@dataclass(frozen=True)
class Kind:
    """Resources that only a run names. Who may make a call on one of them may make it on each.

    Args:
        resource: a regular expression.
        principals: whose calls; everyone's by default.
        actions: which calls, as patterns; all of them by default.
    """

    resource: str
    principals: Sequence[str] = ()
    actions: Sequence[str] = ("*",)

    @property
    def is_open(self) -> bool:
        """Whether any name may follow."""
        return self.resource.endswith((".*", ".+"))

    def holds(self, call: Call, resource: str) -> bool:
        """Whether both the call's resource and another are of this kind."""
        return (
            (not self.principals or call.principal in self.principals)
            and any(_matches(action, call.action) for action in self.actions)
            and _fits(self.resource, call.resource)
            and _fits(self.resource, resource)
        )


@cache
def _fits(expression: str, resource: str) -> bool:
    return re.fullmatch(expression, resource) is not None


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What the principals of some accounts may do, and nothing else.

    Args:
        accounts: with the policies as they are.
        calls: every call that is meant, with the context that it needs. An action may end with `*`.
        refused: calls that must be denied, whatever else a role may get.
        kinds: the resources that only a run names.
        contexts: the contexts in which every action is tried.
        federated: by role, the statements of its trust policy that are about other identity providers.
        left_to_callers: calls that a resource's policy allows, and the callers' own policies limit further.
        harmless: widenings that allow nothing more, by statement and what was changed, and why.
        always_sent: patterns of actions, each with a key that every such call has.
        any_owner: principals, and patterns of S3 actions, whose calls aren't limited to the bucket's owner.
        foreign_buckets: buckets whose owners decide what else their policies say.
    """

    name: str
    accounts: Accounts
    owners: Sequence[str]
    calls: Sequence[Call]
    refused: Sequence[Call] = ()
    kinds: Sequence[Kind] = ()
    contexts: Sequence[Mapping[str, str]] = ({},)
    federated: Mapping[str, Sequence[Statement]] = field(default_factory=dict)
    left_to_callers: Sequence[Call] = ()
    harmless: Mapping[str, str] = field(default_factory=dict)
    always_sent: Sequence[tuple[str, str]] = ()
    any_owner: Sequence[str] = ()
    foreign_buckets: Sequence[str] = ()

    @cached_property
    def resources(self) -> list[str]:
        """The resources of all calls, and those beside them."""
        near = [beside for arn in self.named_resources[1:] for beside in neighbours(arn)]
        return list(dict.fromkeys([*self.named_resources, *near]))

    @cached_property
    def named_resources(self) -> list[str]:
        """The resources of the calls; of names that follow one pattern, one."""
        named: dict[str, str] = {}
        for arn in dict.fromkeys(call.resource for call in self.calls if call.resource != "*"):
            named.setdefault(self._family(arn), arn)
        return ["*", *named.values()]

    def surprises(self, simulator: Simulator, owner: str, accounts: Accounts) -> Iterator[str]:
        """What a role may do, or a policy lets others do, and isn't meant."""
        if owner in accounts.roles:
            yield from self.allowed(simulator, owner, accounts)
            yield from self.not_denied(simulator, owner, accounts)
            yield from self.trusted(simulator, owner, accounts)
        else:
            own = [arn for arn in self.resources if owner in (arn, accounts.bucket_of(arn))]
            yield from self._of_callers(simulator, owner, own, accounts)
            if owner in accounts.buckets:
                yield from self.over_http(simulator, owner, accounts)

    def is_meant(self, call: Call) -> bool:
        """Whether one of the calls is this one."""
        return any(
            meant.principal == call.principal
            and _matches(meant.action, call.action)
            and all(self._has(call.context.get(key), key, value, meant) for key, value in meant.context.items())
            and self._covers(meant, call.resource)
            for meant in self._calls_by_service[call.principal, call.action.split(":")[0]]
        )

    def reached(self, simulator: Simulator, owner: str, accounts: Accounts, resources: Sequence[str]) -> Iterator[Call]:
        """What a role is allowed, by its own policies alone."""
        account = owner.split(":")[4]
        home = [arn for arn in resources if arn == "*" or accounts.account_of(arn) in (account, None)]
        foreign = [arn for arn in resources if accounts.account_of(arn) not in (account, None)]
        unknown = [arn for arn in home if accounts.bucket_of(arn) and accounts.account_of(arn) is None]
        others = sorted({bucket.account_id for bucket in accounts.buckets.values()} - {account})
        # A bucket beside ours may belong to any of the accounts.
        sides: list[tuple[Accounts, list[str], Side]] = [
            (_with_neighbours_in(account, accounts, home), home, "both"),
            (accounts, foreign, "identity"),
            *((_with_neighbours_in(other, accounts, unknown), unknown, "identity") for other in others),
        ]
        for context in self.contexts:
            full = {**TAGS, **context}
            for owners, side_arns, side in sides:
                for start in range(0, len(side_arns), 40):  # the first surprise is enough
                    arns = side_arns[start : start + 40]
                    for action, arn in simulator.sweep(owners, owner, arns, context=full, side=side):
                        yield Call(owner, action, arn, full)

    @cached_property
    def _calls_by_service(self) -> Mapping[tuple[str, str], list[Call]]:
        by_service: dict[tuple[str, str], list[Call]] = defaultdict(list)
        for call in self.calls:
            by_service[call.principal, call.action.split(":")[0]].append(call)
        return by_service

    def _is_left_to_callers(self, call: Call) -> bool:
        return any(
            (left.principal, left.action, left.resource) == (call.principal, call.action, call.resource)
            and left.context.items() <= call.context.items()
            for left in self.left_to_callers
        )

    def _has(self, found: str | None, key: str, value: str, meant: Call) -> bool:
        """Whether a context has what a call needs. S3 tells KMS of the object, which may be any of its kind."""
        is_object = key == OBJECT_CONTEXT and found is not None
        return found == value or (is_object and self._covers(replace(meant, resource=value), str(found)))

    def _family(self, arn: str) -> str:
        return next((kind.resource for kind in self.kinds if kind.is_open and _fits(kind.resource, arn)), arn)

    def _covers(self, meant: Call, resource: str) -> bool:
        return meant.resource == resource or any(kind.holds(meant, resource) for kind in self.kinds)

    def allowed(self, simulator: Simulator, role: str, accounts: Accounts) -> Iterator[str]:
        """What a role may do and isn't meant."""
        for call in self.reached(simulator, role, accounts, self.resources):
            if not self.is_meant(call):
                yield str(call)
        named = {action for policy in accounts.roles[role].policies.values() for action in _actions(policy)}
        for call in self.calls:
            if call.principal == role and call.action in named:
                yield from self._other_contexts(simulator, call, accounts)

    def not_denied(self, simulator: Simulator, role: str, accounts: Accounts) -> Iterator[str]:
        """What a role could do if it got every permission, and must not."""
        everything = {**accounts.roles[role].policies, "everything": without_principal(EVERYTHING)}
        mighty = replace(accounts, roles={**accounts.roles, role: replace(accounts.roles[role], policies=everything)})
        for call in self.refused:
            if call.principal == role and simulator.allows(mighty, call):
                yield f"not denied: {call}"

    def over_http(self, simulator: Simulator, bucket: str, accounts: Accounts) -> Iterator[str]:
        """What a bucket takes without TLS."""
        owner = accounts.buckets[bucket].account_id
        for call in self.calls:
            if call.principal.split(":")[4:5] == [owner] and bucket in self.foreign_buckets:
                continue
            if accounts.bucket_of(call.resource) == bucket and "*" not in call.action:
                plain = replace(call, context={**call.context, **PLAIN_HTTP})
                if simulator.allows(accounts, plain):
                    yield str(plain)

    def _other_contexts(self, simulator: Simulator, call: Call, accounts: Accounts) -> Iterator[str]:
        """The call without what it needs, with another value, and on someone else's bucket."""
        own = accounts if call.principal not in accounts.roles else _without_bucket_policies(accounts)
        for context in self._unmeant_contexts(call):
            other = replace(call, context=context)
            is_meant = OF_OTHERS.items() - context.items() and self.is_meant(other)
            if not is_meant and _is_allowed(simulator, own, other, "identity"):
                yield str(other)

    def _unmeant_contexts(self, call: Call) -> Iterator[dict[str, str]]:
        for key in call.context:
            yield {**call.context, key: OTHER_VALUE}
            if not any(_matches(action, call.action) and key == name for action, name in self.always_sent):
                yield {name: value for name, value in call.context.items() if name != key}
        any_owner = any(_matches(one, call.action) or one == call.principal for one in self.any_owner)
        if call.action.startswith("s3:") and not any_owner:
            yield {**call.context, **OF_OTHERS}

    def trusted(self, simulator: Simulator, role: str, accounts: Accounts) -> Iterator[str]:
        """Who may assume the role, of the principals of the calls and of strangers, each with every permission."""
        for statement in accounts.roles[role].trust["Statement"]:
            # The engine knows no tokens of other identity providers.
            if statement["Action"] not in ("sts:AssumeRole", "*") and statement not in self.federated.get(role, ()):
                yield f"{role}: trusts {json.dumps(statement)}"
        everything = {"everything": without_principal(EVERYTHING)}
        callers = [*accounts.roles, *STRANGERS]
        roles = {arn: Role(policies=everything, trust=NOBODY) for arn in callers if arn != role}
        own = Role(policies=everything, trust=accounts.roles[role].trust)
        mighty = replace(accounts, roles={**roles, role: own})
        meant = [call for call in self.calls if call.resource == role and call.action.startswith("sts:")]
        contexts = _distinct([{}, *(call.context for call in meant)])
        for caller in [*callers, *sorted({call.principal for call in meant} - set(callers)), *OTHER_SERVICES]:
            for action in ASSUMING:
                for context in contexts:
                    call = Call(caller, action, role, context)
                    if not self.is_meant(call) and simulator.allows(mighty, call):
                        yield f"{call} (by its trust)"
        for call in meant:
            for context in self._unmeant_contexts(call):
                other = replace(call, context=context)
                if not self.is_meant(other) and simulator.allows(mighty, other):
                    yield f"{other} (by its trust)"

    def _of_callers(
        self, simulator: Simulator, owner: str, resources: Sequence[str], accounts: Accounts
    ) -> Iterator[str]:
        """What a resource's policy allows: to the principals of the calls, and to strangers."""
        callers = {call.principal for call in self.calls} | {*accounts.roles, *STRANGERS, *OTHER_SERVICES}
        bare = {role: replace(accounts.roles[role], policies={}) for role in accounts.roles}
        strangers = {arn: Role(policies={}, trust=NOBODY) for arn in STRANGERS}
        without_rights = replace(accounts, roles={**bare, **strangers})
        for caller in sorted(callers):
            at_home = caller.split(":")[4:5] == [accounts.account_of(resources[0])]
            side: Side = "both" if at_home else "resource"
            about = [call for call in self.calls if call.resource in resources]
            own = [call for call in about if call.principal == caller]
            for context in _distinct([{}, *self.contexts, *(call.context for call in about)]):
                full = {**TAGS, **context}
                for action, arn in simulator.sweep(without_rights, caller, resources, context=full, side=side):
                    call = Call(caller, action, arn, full)
                    if not self.is_meant(call) and not self._is_left_to_callers(call):
                        yield f"{call} (by {owner})"
            for call in own:
                if "*" not in call.action:
                    contexts = [
                        context for context in self._unmeant_contexts(call) if context.items() != OF_OTHERS.items()
                    ]
                    unmeant = [replace(call, context=context) for context in contexts]
                    unmeant = [other for other in unmeant if not self.is_meant(other)]
                    plain = replace(call, context={**call.context, **PLAIN_HTTP})
                    tries = [*unmeant, *([plain] if call.action.startswith("s3:") and not at_home else [])]
                    for other in tries:
                        if not self._is_left_to_callers(other) and _is_allowed(simulator, without_rights, other, side):
                            yield f"{other} (by {owner})"


def _is_allowed(simulator: Simulator, accounts: Accounts, call: Call, side: Side) -> bool:
    """Whether one side allows a call. At home, the caller's policies are enough."""
    if side == "identity" and accounts.account_of(call.resource) in (None, call.principal.split(":")[4]):
        side = "both" if accounts.account_of(call.resource) or call.resource == "*" else side
    service = call.action.split(":")[0]
    allowed = simulator.sweep(
        accounts, call.principal, [call.resource], context=call.context, side=side, services=[service]
    )
    return (call.action, call.resource) in allowed


def _with_neighbours_in(account: str, accounts: Accounts, arns: Sequence[str]) -> Accounts:
    """The accounts without policies of buckets; buckets and keys that they don't have belong to `account`."""
    bare = _without_bucket_policies(accounts)
    names = {name for arn in arns if (name := accounts.bucket_of(arn))} - bare.buckets.keys()
    by_iam = {
        **NOBODY,
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    keys = {arn: by_iam for arn in arns if ":kms:" in arn and arn not in bare.resource_policies}
    buckets = {**bare.buckets, **{name: Bucket(account_id=account) for name in names}}
    return replace(bare, buckets=buckets, resource_policies={**bare.resource_policies, **keys})


def _without_bucket_policies(accounts: Accounts) -> Accounts:
    return replace(
        accounts, buckets={name: Bucket(account_id=bucket.account_id) for name, bucket in accounts.buckets.items()}
    )


def _actions(policy: Document) -> Iterator[str]:
    for statement in policy["Statement"]:
        yield from as_list(statement["Action"])


def _matches(pattern: str, action: str) -> bool:
    return action.startswith(pattern[:-1]) if pattern.endswith("*") else action == pattern


def _distinct(contexts: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    return [context for number, context in enumerate(contexts) if context not in contexts[:number]]
