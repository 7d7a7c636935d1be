"""The proof of one environment's job: its role may do what the settings say and nothing else, and needs each grant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from environments.environment import Environment
from environments.files import SettingsError, file_of
from mapspan.jobs.grants.job_accounts import (
    ADMINISTER,
    ANOTHER_BUCKET,
    JobCalls,
    beside,
    by_s3,
    job_accounts,
    job_calls,
    job_policy,
    job_role,
    keys_below,
)
from mapspan.review.iam.accounts import Accounts, Document, Statement, StatementLocation, as_list
from mapspan.review.iam.simulator import EVERYTHING, Call, Simulator, UndecidableError, without_principal
from mapspan.review.iam.unneeded_statements import unneeded_statements
from modules.bucket_reference import BucketReference
from modules.pipeline import buckets
from modules.statements import policy_document
from modules.statements.job import JOB_POLICY

EVERYTHING_ELSE = without_principal(EVERYTHING)
OTHER_VALUE = "another"


@dataclass(frozen=True, kw_only=True)
class JobProof:
    """Compares what the policies of a job's role allow with the settings of its environment.

    Args:
        accounts: as they are deployed, or built from the settings.
    """

    simulator: Simulator
    environment: Environment
    accounts: Accounts

    @classmethod
    def of(cls, simulator: Simulator, environment: Environment) -> JobProof:
        """The proof of the statements that the stack gives the job."""
        return cls(simulator=simulator, environment=environment, accounts=job_accounts(environment))

    def findings(self) -> Iterator[str]:
        """What is wrong, a line each: nothing if every grant is sufficient, necessary and no wider than its setting."""
        is_wrong = False
        for finding in self._wrong_decisions():
            is_wrong = True
            yield finding
        if not is_wrong:  # what is needed shows only where all else is right
            yield from (f"unneeded: {location}" for location in self._unneeded())

    def _wrong_decisions(self) -> Iterator[str]:
        calls = self._calls
        yield from (f"denied: {call}" for call in calls.needed if not self.simulator.allows(self.accounts, call))
        yield from (f"allowed: {call}" for call in calls.refused if self.simulator.allows(self.accounts, call))
        for context in self._contexts:
            yield from self._differences(context)
        yield from self._missing_denials()

    @cached_property
    def _calls(self) -> JobCalls:
        return job_calls(self.environment)

    @cached_property
    def _role(self) -> str:
        return job_role(self.environment)

    @cached_property
    def _file(self) -> list[Statement]:
        return job_policy(self.environment)

    @cached_property
    def _buckets(self) -> list[BucketReference]:
        objects, output = buckets.objects_bucket(self.environment), buckets.output_bucket(self.environment)
        return [bucket for bucket in (objects, output) if bucket is not None]

    @cached_property
    def _resources(self) -> list[str]:
        """What the settings and the policy file name, and what lies beside it."""
        location = buckets.target_location(self.environment)
        resources = [
            *("*", self._role, location.bucket_arn(ANOTHER_BUCKET), location.bucket_arn(ANOTHER_BUCKET, "a")),
            *(arn for bucket in self._buckets for arn in (bucket.arn, f"{bucket.arn}-2", f"{bucket.arn}-2/a")),
            *(key for bucket in self._buckets for key in (*keys_below(bucket), *beside(bucket))),
            *(bucket.key_arn for bucket in self._buckets if bucket.key_arn),
            *(arn for secret in self.environment.job.secrets for arn in (secret, _beside_secret(secret))),
            *(arn for statement in self._file for arn in _matching_and_beside(statement)),
        ]
        return list(dict.fromkeys(resources))

    @cached_property
    def _contexts(self) -> list[dict[str, str]]:
        """The contexts of S3's calls to KMS, and those that the conditions of the policy file distinguish."""
        contexts: list[dict[str, str]] = [{}]
        for bucket in self._buckets:
            if bucket.key_arn:
                contexts += [by_s3(bucket.location.region, arn) for arn in (keys_below(bucket)[0], bucket.arn)]
        return [*contexts, *(context for statement in self._file for context in _distinguished(statement))]

    def _differences(self, context: dict[str, str]) -> Iterator[str]:
        """The calls that are allowed beyond the settings and the policy file, and those of the file that aren't.

        Across accounts, each side is swept alone, with the other one allowing everything.
        """
        meant = self._sweep(self._alone, context) if self._file else set()
        own = self._sweep(self.accounts, context)
        others = self.simulator.sweep(self.accounts, self._role, self._foreign, context=context, side="resource")
        expected = meant | {
            (call.action, call.resource)
            for call in self._calls.needed
            if call.principal == self._role and call.context.items() <= context.items()
        }
        for kind, surplus in (("wider", own - expected), ("the other side is wider", others - expected)):
            yield from (
                f"{kind}: {Call(self._role, action, resource, context)}" for action, resource in sorted(surplus)
            )
        yield from (f"missing: {Call(self._role, *call, context)}" for call in sorted(meant - own))

    @cached_property
    def _alone(self) -> Accounts:
        """The role with nothing but the policy file."""
        return self._with_policies({"file": policy_document(self._file)})

    def _with_policies(self, policies: Mapping[str, Document]) -> Accounts:
        role = replace(self.accounts.roles[self._role], policies=policies)
        return replace(self.accounts, roles={self._role: role})

    @cached_property
    def _foreign(self) -> list[str]:
        """The resources that aren't the role's account's, or whose account isn't known."""
        own = self._role.split(":")[4]
        return [arn for arn in self._resources if arn != "*" and self.accounts.account_of(arn) != own]

    def _sweep(self, accounts: Accounts, context: dict[str, str]) -> set[tuple[str, str]]:
        """What the role's policies allow: across accounts, whatever the other side says."""
        home = [arn for arn in self._resources if arn not in self._foreign]
        return {
            *self.simulator.sweep(accounts, self._role, home, context=context),
            *self.simulator.sweep(accounts, self._role, self._foreign, context=context, side="identity"),
        }

    def _missing_denials(self) -> Iterator[str]:
        """The denials of the policy file that aren't in force: they show only where all else is allowed."""
        for statement in self._file:
            if statement["Effect"] == "Deny":
                actions = as_list(statement["Action"])
                services = [] if "*" in actions else sorted({action.split(":")[0] for action in actions})
                for context in [{}, *_distinguished(statement)]:
                    allowed = [
                        self.simulator.sweep(
                            self._with_policies({**policies, "all": EVERYTHING_ELSE}),
                            self._role,
                            _matching_and_beside(statement),
                            context=context,
                            side="identity",
                            services=services,
                        )
                        for policies in (
                            {"file": policy_document([statement])},
                            self.accounts.roles[self._role].policies,
                        )
                    ]
                    for action, resource in sorted(allowed[1] - allowed[0]):
                        yield f"not denied by {statement['Sid']}: {Call(self._role, action, resource, context)}"

    def _unneeded(self) -> Iterator[StatementLocation]:
        """The statements without which nothing changes. Those of the policy file are measured by what they allow."""
        for location in unneeded_statements(
            self.simulator, self.accounts, calls=self._calls.needed, refused=self._calls.refused
        ):
            if location.policy != JOB_POLICY and location.sid != ADMINISTER:
                yield location
        for location, statement in self.accounts.statements():
            if (
                location.policy == JOB_POLICY
                and statement["Effect"] == "Allow"
                and self._is_superfluous(location, statement)
            ):
                yield location

    def _is_superfluous(self, location: StatementLocation, statement: Statement) -> bool:
        """Whether other statements allow all that a statement of the policy file allows.

        Of an action that may be called with or without a resource, a sweep tries only the calls with one: a statement
        about nothing but calls without one counts as needed.
        """
        fewer = self.accounts.without(location)
        alone = self._with_policies({"one": policy_document([statement])})
        meant = [self._sweep(alone, context) for context in self._contexts]
        return any(meant) and all(
            calls <= self._sweep(fewer, context) for calls, context in zip(meant, self._contexts, strict=True)
        )


def job_grant_errors(simulator: Simulator, environment: Environment) -> list[str]:
    """What is wrong with the permissions of an environment's job, a line each that names the file."""
    file = file_of(environment.name)
    try:
        return [f"{file}: job: {finding}" for finding in JobProof.of(simulator, environment).findings()]
    except SettingsError as error:
        return [str(error)]
    except UndecidableError as error:
        return [f"{file}: job: its permissions can't be proved: {error}"]


def _beside_secret(arn: str) -> str:
    """Another secret or parameter, whose name begins like this one's."""
    return f"{arn[:-7]}-2{arn[-7:]}" if ":secret:" in arn else f"{arn}-2"


def _matching_and_beside(statement: Statement) -> list[str]:
    """A resource that matches each pattern of a statement, and one that doesn't."""
    patterns = [arn for arn in as_list(statement["Resource"]) if arn != "*"]
    matching = [_without_wildcards(arn) for arn in patterns]
    return [*matching, *(f"{arn[:-1]}_" for arn in matching), *(["*"] if "*" in as_list(statement["Resource"]) else [])]


def _without_wildcards(pattern: str) -> str:
    return pattern.replace("*", "x").replace("?", "x")


def _distinguished(statement: Statement) -> Iterator[dict[str, str]]:
    """Contexts that fulfil a statement's conditions, and contexts in which one of the values is another."""
    values = {
        key: _without_wildcards(_text(value[0] if isinstance(value, list) else value))
        for keys in statement.get("Condition", {}).values()
        for key, value in keys.items()
    }
    if values:
        yield values
        for key in values:
            yield {**values, key: OTHER_VALUE}


def _text(value: object) -> str:
    """A condition's value as a request has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
