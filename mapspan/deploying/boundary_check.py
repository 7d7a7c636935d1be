"""Compares the permissions boundaries that an environment needs with those that it was bootstrapped with.

A role can't do what its boundary leaves out, so a deploy with an older boundary would succeed, and its runs fail.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from environments.environment import Environment
from local_cloud.protocol import SECRET_ACCESS_KEY
from mapspan.checkout import CommandError
from mapspan.deploying.boundary import Side, boundary_document, needed_statements
from mapspan.deploying.company_boundary import Extent, missing_statements, shortfalls
from mapspan.deploying.saved_plan import SOURCE_ROLE
from mapspan.deployment import Deployment
from mapspan.outside_text import visible
from mapspan.review.iam.patterns import covers

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

_Statement = Mapping[str, Any]


def check_boundaries(deployment: Deployment) -> None:
    """Refuse to go on if a boundary is missing, or allows less than is needed.

    One that can't be read is reported on stderr.

    Raises:
        CommandError: the message names the bootstrap command, or what a company's own boundary must allow.
    """
    environment = deployment.environment
    sides: tuple[Side, ...] = ("target", "source")
    written = set(_written_sides(environment))
    for side in sides:
        if side not in written and not _has_company_boundary(environment, side):
            continue
        check = check_boundary if side in written else check_company_boundary
        not_compared = f"mapspan: the permissions boundary of the {side} account isn't compared"
        if side == "source" and environment.source.deploy_role_arn is None and not environment.is_local:
            typer.echo(f"{not_compared}: source.deploy_role_arn names no role to read it with", err=True)
            continue
        try:
            check(environment, side, _iam(deployment, side))
        except (ClientError, BotoCoreError) as error:
            typer.echo(f"{not_compared}: {visible(str(error))}", err=True)


def check_boundary(environment: Environment, side: Side, iam: IAMClient) -> None:
    """Compare one account's boundary.

    Raises:
        CommandError: it is missing, or allows less than the environment needs.
        ClientError: IAM refuses to show it.
    """
    arn = environment.boundary_arn(side)
    account = environment.target if side == "target" else environment.source
    again = (
        f"apply the {side} account's template again as an administrator of account {account.account_id}, with your"
        f" --trust and --github: `mapspan bootstrap {environment.name} … --apply {side}`"
    )
    document = _read(iam, str(arn), otherwise=again)
    if missing := list(uncovered(boundary_document(environment, side), document)):
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise CommandError(
            f"{environment.name} needs more than its permissions boundary {arn} allows ({missing[0]}{more}): {again}"
        )


def check_company_boundary(environment: Environment, side: Side, iam: IAMClient) -> None:
    """Compare a company's own boundary. What it may allow only in part is reported on stderr.

    Raises:
        CommandError: it is missing, or allows less than the environment needs.
        ClientError: IAM refuses to show it.
    """
    arn, field = environment.boundary_arn(side), f"company.{side}.permissions_boundary_arn"
    another = f"ask its administrator, or name another one in {field}"
    document = _read(iam, str(arn), otherwise=another)
    gaps = list(shortfalls(needed_statements(environment, side), document))
    if missing := [gap for gap in gaps if gap.allowed == Extent.NONE]:
        denials = sorted({f"{gap}, which its statement {gap.denied_by} denies" for gap in missing if gap.denied_by})
        raise CommandError(
            f"{environment.name} needs more than the company's permissions boundary {arn} allows: {another}."
            f" It must allow:\n{missing_statements(missing)}" + "".join(f"\n{denial}" for denial in denials)
        )
    if partial := [gap for gap in gaps if gap.allowed == Extent.PART]:
        more = f" and {len(partial) - 1} more" if len(partial) > 1 else ""
        typer.echo(
            f"mapspan: the company's permissions boundary {arn} may allow only a part of what {environment.name} needs:"
            f" {partial[0]}{more}",
            err=True,
        )


def _read(iam: IAMClient, arn: str, *, otherwise: str) -> Mapping[str, Any]:
    """The policy's default version.

    Raises:
        CommandError: there is none; the message ends with `otherwise`.
        ClientError: IAM refuses to show it.
    """
    try:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        live: Any = iam.get_policy_version(PolicyArn=arn, VersionId=str(version))["PolicyVersion"]["Document"]
    except iam.exceptions.NoSuchEntityException as error:
        raise CommandError(f"the permissions boundary {arn} doesn't exist: {otherwise}") from error
    document: Mapping[str, Any] = json.loads(live) if isinstance(live, str) else live
    return document


def uncovered(needed: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[str]:
    """Each "action on resource" that `needed` allows and no single statement of `live` does."""
    allowing = [statement for statement in live["Statement"] if statement["Effect"] == "Allow"]
    for statement in needed["Statement"]:
        if statement["Effect"] == "Allow":
            for action in _as_list(statement["Action"]):
                for resource in _as_list(statement["Resource"]):
                    if not any(_covers(wider, action, resource, statement.get("Condition")) for wider in allowing):
                        yield f"{action} on {resource}"


def _covers(statement: _Statement, action: str, resource: str, condition: Mapping[str, Any] | None) -> bool:
    return (
        any(covers(pattern.lower(), action.lower()) for pattern in _as_list(statement.get("Action", [])))
        and any(covers(pattern, resource) for pattern in _as_list(statement.get("Resource", [])))
        and _is_weaker(statement.get("Condition") or {}, condition or {})
    )


def _is_weaker(wider: Mapping[str, Any], condition: Mapping[str, Any]) -> bool:
    """Whether each key that `wider` limits is limited by `condition`, to the same values or fewer."""
    return all(
        key in condition.get(operator, {}) and set(_as_list(condition[operator][key])) <= set(_as_list(values))
        for operator, keys in wider.items()
        for key, values in keys.items()
    )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _written_sides(environment: Environment) -> Iterator[Side]:
    """The accounts whose boundary `mapspan bootstrap` writes."""
    company = environment.company
    if environment.target.deploy_role_arn and company.target.permissions_boundary_arn is None:
        yield "target"
    if environment.source.deploy_role_arn and company.source.permissions_boundary_arn is None:
        yield "source"


def _has_company_boundary(environment: Environment, side: Side) -> bool:
    """Whether roles in the account have the company's boundary. The source account may have none."""
    rules = environment.company.target if side == "target" else environment.company.source
    if rules.permissions_boundary_arn is None:
        return False
    handed_over = side == "source" and environment.source.bucket_policy == "handover"
    return not handed_over and bool(needed_statements(environment, side))


def _iam(deployment: Deployment, side: Side) -> IAMClient:
    """IAM in one account: the target's as the caller, the source's with the role that terraform assumes there."""
    source = deployment.environment.source
    if side == "target":
        return deployment.iam()
    if deployment.local_cloud_url is not None:
        return boto3.client(
            "iam",
            region_name=deployment.environment.region,
            endpoint_url=deployment.local_cloud_url,
            aws_access_key_id=source.account_id,
            aws_secret_access_key=SECRET_ACCESS_KEY,
        )
    # A plan may name another role than the settings: see docs/ci.md.
    role = os.environ.get(f"TF_VAR_{SOURCE_ROLE}") or str(source.deploy_role_arn)
    region = deployment.environment.region
    credentials = boto3.client("sts", region_name=region).assume_role(RoleArn=role, RoleSessionName="mapspan-review")[
        "Credentials"
    ]
    return boto3.client(
        "iam",
        region_name=region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
