"""Trial: widens each statement of an expectation's accounts, and counts which widenings are noticed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mapspan.review.iam.accounts import Accounts, Role, Statement, StatementLocation, as_list
from mapspan.review.iam.simulator import Simulator
from tests.iam.mutations.expectation import NOBODY, Expectation
from tests.iam.mutations.widening import Widening, widenings


@dataclass
class Trial:
    """What was tried with one statement.

    Args:
        tried: how many widenings, by kind.
        missed: those that no expectation noticed.
        harmless: how many of them allow nothing more.
    """

    location: StatementLocation
    tried: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    harmless: int = 0


def trials(simulator: Simulator, expectation: Expectation, *, tried: set[str]) -> Iterator[Trial]:
    """Each statement of the expectation's owners, with all its widenings tried.

    Args:
        tried: statements that were tried before, in another expectation; they are left out and added to.
    """
    for location, statement in expectation.accounts.statements():
        one = fingerprint(location, statement)
        if location.owner in expectation.owners and one not in tried:
            tried.add(one)
            trial = Trial(location)
            for widening in widenings(statement):
                trial.tried[widening.kind] += 1
                # The policy of a topic or a key is about that one, whatever its statements name.
                about_itself = location.kind == "resource" and widening.kind == "resource"
                if about_itself or f"{location.sid}: {widening.what}" in expectation.harmless:
                    trial.harmless += 1
                elif not _is_noticed(simulator, expectation, location, widening):
                    trial.missed.append(f"{location}: {widening.what}")
            if location.kind == "identity" and statement["Effect"] == "Allow":
                _try_actions(simulator, expectation, location, statement, trial)
            yield trial


def fingerprint(location: StatementLocation, statement: Statement) -> str:
    """What makes a statement the same in two expectations."""
    return json.dumps([location.kind, location.owner, statement])


def _is_noticed(
    simulator: Simulator, expectation: Expectation, location: StatementLocation, widening: Widening
) -> bool:
    accounts = expectation.accounts.with_statement(location, widening.statement)
    if widening.kind == "denial" and location.kind == "bucket":
        surprises = expectation.over_http(simulator, location.owner, accounts)
    elif widening.kind == "denial":
        surprises = expectation.not_denied(simulator, location.owner, accounts)
    elif location.kind == "identity" and widening.statement is not None:
        # Allowances add up: what this one allows by itself is enough to see.
        alone = _alone(expectation.accounts, location, widening.statement)
        surprises = expectation.allowed(simulator, location.owner, alone)
    elif location.kind == "trust":
        surprises = expectation.trusted(simulator, location.owner, accounts)
    else:
        surprises = expectation.surprises(simulator, location.owner, accounts)
    return next(surprises, None) is not None


def _try_actions(
    simulator: Simulator, expectation: Expectation, location: StatementLocation, statement: Statement, trial: Trial
) -> None:
    """Add every action that IAM knows: all at once, since allowances add up."""
    every_action = _alone(expectation.accounts, location, {**statement, "Action": "*"})
    probes = expectation.named_resources
    if statement["Resource"] == "*":  # which reaches whatever there is: one resource of each service is enough
        probes = list({arn.split(":")[2] if ":" in arn else "*": arn for arn in reversed(probes)}.values())
        expectation = replace(expectation, contexts=expectation.contexts[:1])
    reached = list(expectation.reached(simulator, location.owner, every_action, probes))
    noticed = {call.action for call in reached if not expectation.is_meant(call)}
    own = [_concrete(arn) for arn in as_list(statement["Resource"])]
    possible = {call.action for call in expectation.reached(simulator, location.owner, every_action, own)}
    meant = {call.action for call in reached if expectation.is_meant(call)}
    added = possible - meant
    trial.tried["action"] += len(added)
    trial.missed.extend(f"{location}: with {action}" for action in sorted(added - noticed))


def _alone(accounts: Accounts, location: StatementLocation, statement: Statement) -> Accounts:
    """The accounts where a role has one statement, and its denials."""
    role = accounts.roles[location.owner]
    denials = [one for document in role.policies.values() for one in document["Statement"] if one["Effect"] == "Deny"]
    policies = {"one": {**NOBODY, "Statement": [statement, *denials]}}
    changed = Role(policies=policies, trust=role.trust)
    return replace(accounts, roles={**accounts.roles, location.owner: changed})


def _concrete(pattern: str) -> str:
    return pattern if pattern == "*" else pattern.replace("*", "x")
