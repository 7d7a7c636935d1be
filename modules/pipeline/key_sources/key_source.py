"""The one place that branches by an environment's key source."""

from __future__ import annotations

import cdktf
from constructs import Construct

from environments.environment import Environment
from modules.pipeline import buckets
from modules.pipeline.functions import PipelineFunctions
from modules.pipeline.key_sources import KeySource
from modules.pipeline.key_sources.inventory import Inventory
from modules.pipeline.key_sources.listing import Listing
from modules.pipeline.key_sources.replication import Replication
from modules.pipeline.workflow.names import INVENTORY, REPLICATION


def key_source(
    scope: Construct,
    environment: Environment,
    *,
    functions: PipelineFunctions,
    provider: cdktf.TerraformProvider | None,
) -> KeySource:
    """Create the key source that `environment` names; `provider` is the source account's, None for a handover."""
    source = buckets.source_bucket(environment)
    if environment.key_source == INVENTORY:
        return Inventory(
            scope,
            "inventory",
            name=environment.prefix,
            source=source,
            destination=buckets.inventory_bucket(environment),
            settings=environment.inventory,
            select=environment.select,
            provider=provider,
            expire_after_days=environment.run_retention_days,
            destroyable=environment.is_local,
        )
    if environment.key_source == REPLICATION:
        return Replication(
            scope,
            "replication",
            name=environment.prefix,
            source=source,
            replica=buckets.replica_bucket(environment),
            tags=environment.job.reads_tags,
            select=environment.select,
            provider=provider,
            destroyable=environment.is_local,
        )
    return Listing(
        functions=functions,
        source=source,
        settings=environment.list_objects,
        listers=environment.listers,
        select=environment.select,
    )
