"""The permissions boundaries that one environment needs, from its settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from environments.environment import Environment
from mapspan.checkout import CommandError
from modules.bucket_reference import BucketReference
from modules.inventory_layout import deliveries
from modules.pipeline import buckets
from modules.pipeline.job_needs import job_needs
from modules.pipeline.workflow.names import INCREMENTAL, INVENTORY, REPLICATION
from modules.statements import Statements, policy_document
from modules.statements.boundary import MANAGED_POLICY_LENGTH, source_boundary, target_boundary
from modules.statements.job import JOB_POLICY, READ_SECRETS

Side = Literal["target", "source"]


def boundary_document(
    environment: Environment, side: Side, *, previous_buckets: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The boundary in one account: below the environment's prefixes, or of whole buckets if that is too long.

    Raises:
        CommandError: even then it is too long, or it would contain something of IAM; the message names the field.
        SettingsError: the job's role can't hold its own policies.
    """
    if side == "target":
        _refuse_roles(environment)
    lengths = []
    for whole_buckets in (False, True):
        document = policy_document(_statements(environment, side, whole_buckets, previous_buckets))
        lengths.append(len(json.dumps(document, separators=(",", ":"))))
        if lengths[-1] <= MANAGED_POLICY_LENGTH:
            return document
    raise CommandError(
        f"environments/{environment.name}.toml: {_longest_field(environment)}: the permissions boundary of the"
        f" {side} account would have {lengths[-1]:,} characters, and IAM takes {MANAGED_POLICY_LENGTH:,}: shorten it,"
        f" or name a boundary of your own in company.{side}.permissions_boundary_arn"
    )


def needed_statements(environment: Environment, side: Side) -> Statements:
    """What the roles in one account need from a boundary of the company's, which may be longer and contain IAM."""
    needed = _statements(environment, side, whole_buckets=False, previous_buckets=())
    return [statement for statement in needed if statement["Effect"] == "Allow"]


def _statements(
    environment: Environment, side: Side, whole_buckets: bool, previous_buckets: tuple[str, ...]
) -> Statements:
    def limited(bucket: BucketReference) -> BucketReference:
        return replace(bucket, prefixes=()) if whole_buckets else bucket

    source, replicates = limited(buckets.source_bucket(environment)), environment.key_source == REPLICATION
    if side == "source":
        return source_boundary(
            prefix=environment.prefix,
            source=source,
            previous_buckets=previous_buckets,
            replica=limited(buckets.replica_bucket(environment)) if replicates else None,
            merges=environment.source.bucket_policy == "merge",
            tags=environment.job.reads_tags,
        )
    output = buckets.output_bucket(environment)
    return target_boundary(
        prefix=environment.prefix,
        location=buckets.target_location(environment),
        runs=replace(buckets.runs_bucket(environment), prefixes=(*buckets.WRITTEN_BY_RUNS, INCREMENTAL)),
        readable=[limited(bucket) for bucket in _readable(environment)],
        output=limited(output) if output else None,
        reads_tags=environment.job.reads_tags,
        grants=_job_grants(environment),
        vpc=environment.company.vpc,
    )


def _readable(environment: Environment) -> Iterator[BucketReference]:
    """The buckets that the lister, the state machine and the job read."""
    yield buckets.objects_bucket(environment)
    if environment.key_source == INVENTORY:
        existing, source = environment.inventory.existing, environment.source.bucket
        base = deliveries(source, existing.id, existing.prefix) if existing else deliveries(source, environment.prefix)
        yield replace(buckets.inventory_bucket(environment), prefixes=(base,))


def _job_grants(environment: Environment) -> Statements:
    """What the job's policy and secrets add."""
    needs = job_needs(environment)
    return [*needs.get(JOB_POLICY, ()), *needs.get(READ_SECRETS, ())]


def _refuse_roles(environment: Environment) -> None:
    """Refuse grants of IAM and STS, which is how roles get further.

    Raises:
        CommandError: the job's policy has one.
    """
    for statement in _job_grants(environment):
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        for action in actions:
            if statement["Effect"] == "Allow" and action.partition(":")[0] in ("iam", "sts"):
                raise CommandError(
                    f"environments/{environment.name}.toml: job.policy: {action} can't be in the permissions boundary"
                    " that mapspan writes, because it leads to other roles: remove it, or name a boundary of your own"
                    " in company.target.permissions_boundary_arn"
                )


def _longest_field(environment: Environment) -> str:
    needs = {need: len(json.dumps(list(statements))) for need, statements in job_needs(environment).items()}
    fields = {"job.policy": needs.get(JOB_POLICY, 0), "job.secrets": needs.get(READ_SECRETS, 0)}
    longest = max(fields, key=lambda field: fields[field])
    return longest if fields[longest] else "source.bucket"
