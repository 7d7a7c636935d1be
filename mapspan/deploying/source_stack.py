"""The source account's stack: the roles that deploy and plan, and those that a deploy passes on and can't create."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from environments.environment import Environment
from mapspan.deploying.boundary import boundary_document
from mapspan.deploying.cloudformation_stack import CloudFormationStack, policy_resource, role_resource
from mapspan.deploying.deploy_roles import DeployRoles, roles_of
from mapspan.deploying.deployers import Deployers
from modules.location import Location
from modules.pipeline import buckets
from modules.pipeline.key_sources.replication_setup import ReplicationSetup
from modules.pipeline.workflow.names import INVENTORY, REPLICATION
from modules.resource_names import function_name, replication_role
from modules.statements import Statements, deploy
from modules.statements.functions import logs_and_traces, merge_statements
from modules.statements.trust import trust, trust_deployers


def source_stack(
    environment: Environment, deployers: Deployers, *, previous_buckets: Sequence[str] = ()
) -> CloudFormationStack | None:
    """The stack; None if nothing of it is needed.

    Args:
        previous_buckets: source buckets from before, whose policies still hold our statements.
    """
    if environment.source.bucket_policy == "handover":
        return None
    resources: dict[str, Any] = {}
    if environment.source.deploy_role_arn is not None:
        own = roles_of(environment, environment.source)
        if environment.company.source.permissions_boundary_arn is None:
            resources["Boundary"] = policy_resource(
                own.boundary,
                boundary_document(environment, "source", previous_buckets=tuple(previous_buckets)),
                description=f"The most that any role of {environment.prefix} may do.",
            )
        resources |= _deploy_roles(environment, deployers, own, previous_buckets)
    resources |= _passed_roles(environment, previous_buckets, after=list(resources.keys() & {"Boundary"}))
    if not resources:
        return None
    return CloudFormationStack(
        part="source",
        name=f"{environment.prefix}-source-deploy",
        location=buckets.source_bucket(environment).location,
        description=f"What {environment.prefix} is deployed with in the source account."
        + deployers.whole_accounts(deployers.source_principals),
        resources=resources,
    )


def _deploy_roles(
    environment: Environment, deployers: Deployers, own: DeployRoles, previous_buckets: Sequence[str]
) -> dict[str, Any]:
    source, target = buckets.source_bucket(environment), buckets.target_location(environment)
    partners = roles_of(environment, environment.target)
    replicates, prefix = environment.key_source == REPLICATION, environment.prefix
    reader = source.location.role_arn(replication_role(prefix))
    if not replicates:
        reader = target.role_arn(function_name(prefix, "process_objects"))
    needs = deploy.source(
        prefix=prefix,
        location=source.location,
        boundary_arn=own.boundary,
        bucket=source.name,
        previous_buckets=previous_buckets,
        merges=environment.source.bucket_policy == "merge",
        inventories=environment.key_source == INVENTORY and environment.inventory.existing is None,
        replicates=replicates,
        key=(source.key_arn, reader) if source.key_arn else None,
    )
    denials = deploy.leave_alone(roles=own.both)
    company_boundary = environment.company.source.permissions_boundary_arn
    return {
        id_: role_resource(
            role,
            role_needs,
            # Workflows come from the target account's roles. So do people, unless they are named for this account.
            trust_deployers(principals=deployers.source_principals, chained=[partner], account_arn=target.account_arn),
            boundary_arn=company_boundary,
        )
        for id_, role, role_needs, partner in (
            ("DeployRole", own.deploy, {**needs, **denials}, partners.deploy),
            ("PlanRole", own.plan, deploy.reading(needs), partners.plan),
        )
    }


def _passed_roles(environment: Environment, previous_buckets: Sequence[str], *, after: Sequence[str]) -> dict[str, Any]:
    """The roles of the function that merges policies, and of a replication."""
    boundary_arn, source = environment.boundary_arn("source"), buckets.source_bucket(environment)
    resources: dict[str, Any] = {}

    def add(id_: str, name: str, service: str, needs: dict[str, Statements]) -> None:
        arn = source.location.role_arn(name)
        resources[id_] = role_resource(arn, needs, trust(service), boundary_arn=boundary_arn, after=after)

    if environment.source.bucket_policy == "merge":
        name = function_name(environment.prefix, "merge_statements")
        names = (source.name, *previous_buckets)
        add("MergeRole", name, "lambda", _merge_needs(source.location, name, names))
    if environment.key_source == REPLICATION:
        setup = ReplicationSetup(
            name=environment.prefix,
            source=source,
            replica=buckets.replica_bucket(environment),
            tags=environment.job.reads_tags,
        )
        add("ReplicationRole", setup.role_name, "s3", dict(setup.needs))
        add("BatchReplicationRole", setup.batch_role_name, "batchoperations.s3", dict(setup.batch_needs))
    return resources


def _merge_needs(location: Location, name: str, bucket_names: Sequence[str]) -> dict[str, Statements]:
    arns = [location.bucket_arn(bucket) for bucket in bucket_names]
    log_group = location.arn("logs", f"log-group:/aws/lambda/{name}")
    return merge_statements(bucket_arns=arns, account_id=location.account_id) | logs_and_traces(
        log_group_arn=log_group, traces=location.has_function_traces
    )
