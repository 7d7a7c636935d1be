"""The source account's side, by `source.bucket_policy`: applied through its provider, or handed over to its owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import cdktf
from constructs import Construct

from environments.environment import Environment
from modules.pipeline import buckets
from modules.pipeline.functions import LIST_FUNCTION, PROCESS_FUNCTION, PipelineFunctions
from modules.pipeline.handover import Handover
from modules.pipeline.key_sources import KeySource
from modules.pipeline.policy_size import check_bucket_policy
from modules.pipeline.source_access import SourceAccess
from modules.pipeline.source_requests import source_requests
from modules.statements.source import source_statements


def source_side(
    scope: Construct,
    environment: Environment,
    *,
    functions: PipelineFunctions,
    key_source: KeySource,
    provider: cdktf.TerraformProvider | None,
) -> Mapping[str, str]:
    """Let the roles that need it read the source bucket, besides what the key source itself sets up.

    `provider` is the source account's. Returns the Terraform outputs that report it.

    Raises:
        SettingsError: the bucket's policy would be too long.
    """
    bucket_policy, source = environment.source.bucket_policy, buckets.source_bucket(environment)
    statements = source_statements(
        bucket_arn=source.arn,
        prefixes=source.prefixes,
        lister_principal=functions.role_arn(LIST_FUNCTION) if key_source.lister else None,
        reader_principal=functions.role_arn(PROCESS_FUNCTION) if key_source.reads_source else None,
        reads_tags=environment.job.reads_tags,
        sid_prefix=environment.sid_prefix,
    )
    check_bucket_policy(environment, statements)
    if bucket_policy == "handover" or provider is None:
        return _hand_over(scope, environment, functions, key_source)
    return _apply(scope, environment, functions, key_source, bucket_policy=bucket_policy, provider=provider)


def _apply(
    scope: Construct,
    environment: Environment,
    functions: PipelineFunctions,
    key_source: KeySource,
    *,
    bucket_policy: Literal["own", "merge"],
    provider: cdktf.TerraformProvider,
) -> Mapping[str, str]:
    source = buckets.source_bucket(environment)
    reader = functions.by_id[PROCESS_FUNCTION].role_arn if key_source.reads_source else None
    statements = source_statements(
        bucket_arn=source.arn,
        prefixes=source.prefixes,
        lister_principal=key_source.lister,
        reader_principal=reader,
        reads_tags=environment.job.reads_tags,
        sid_prefix=environment.sid_prefix if bucket_policy == "merge" else "",
    )
    if not statements:
        return {}
    access = SourceAccess(
        scope,
        "source_access",
        provider=provider,
        location=source.location,
        bucket=source.name,
        bucket_policy=bucket_policy,
        statements=statements,
        prefix=environment.prefix,
        log_retention_days=environment.log_retention_days,
    )
    if reader and source.key_arn:
        access.grant_key(source.key_arn, reader)
    return {"source_bucket_policy": access.consequence}


def _hand_over(
    scope: Construct, environment: Environment, functions: PipelineFunctions, key_source: KeySource
) -> Mapping[str, str]:
    source = buckets.source_bucket(environment)
    return Handover(
        scope,
        "handover",
        environment=environment.name,
        owner=source.location.account_id,
        target=environment.target.account_id,
        purpose=f"""to process objects of your bucket `{source.name}`. We need only what is listed here, and write
nothing to your account.""",
        requests=[
            *source_requests(
                source,
                lister=functions.role_arn(LIST_FUNCTION) if key_source.lister else None,
                reader=functions.role_arn(PROCESS_FUNCTION) if key_source.reads_source else None,
                reads_tags=environment.job.reads_tags,
                sid_prefix=environment.sid_prefix,
            ),
            *key_source.requests,
        ],
        afterwards=f"`mapspan check-access {environment.name}` in account {environment.target.account_id} tries each"
        " call and reports what is still missing.",
    ).outputs
