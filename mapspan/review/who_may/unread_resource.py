"""Which types of resources can grant or open access, and which of them the access table reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from mapspan.review.changes.placeholder import Placeholder, Unknown
from mapspan.review.changes.resource_change import ResourceChange
from mapspan.review.marked_words import code

# Types that are read as far as they concern access, except for what `_PARTLY_READ` reports.
_READ = {
    *("aws_iam_policy", "aws_iam_policy_attachment", "aws_iam_role", "aws_iam_role_policy"),
    *("aws_iam_role_policy_attachment", "aws_kms_grant", "aws_kms_key", "aws_kms_key_policy", "aws_lambda_invocation"),
    *("aws_lambda_permission", "aws_s3_bucket", "aws_s3_bucket_policy", "aws_sns_topic", "aws_sns_topic_policy"),
    *("aws_sqs_queue", "aws_sqs_queue_policy"),
}
# Types that grant nobody access to a bucket or key, by the start of their names.
_GRANT_NOTHING = (
    *("aws_athena_", "aws_budgets_", "aws_ce_", "aws_cloudtrail", "aws_cloudwatch_", "aws_cur_", "aws_dynamodb_"),
    *("aws_glue_catalog_", "aws_kinesis_", "aws_kms_alias", "aws_lambda_alias", "aws_lambda_code_signing_config"),
    *("aws_lambda_event_source_mapping", "aws_lambda_function", "aws_lambda_layer_version"),
    *("aws_lambda_provisioned_concurrency_config", "aws_pipes_", "aws_resourcegroups_", "aws_route53_"),
    *("aws_s3_bucket_accelerate_", "aws_s3_bucket_analytics_", "aws_s3_bucket_intelligent_tiering_"),
    *("aws_s3_bucket_inventory", "aws_s3_bucket_lifecycle_", "aws_s3_bucket_logging", "aws_s3_bucket_metric"),
    *("aws_s3_bucket_notification", "aws_s3_bucket_object_lock_", "aws_s3_bucket_request_payment_"),
    *("aws_s3_bucket_server_side_encryption_", "aws_s3_bucket_versioning", "aws_scheduler_", "aws_sfn_"),
    *("aws_sns_topic_subscription", "aws_sqs_queue_redrive_", "aws_ssm_parameter", "aws_xray_"),
    *("archive_", "local_", "random_", "time_", "tls_"),
)
# Whatever its name begins with, a type with one of these words in it may grant.
_MAY_GRANT = re.compile(r"_(access|acl|grants?|permissions?|policy|policies|share|url)(_|$)")
# What the common types that aren't read may do.
_REASONS: Mapping[str, str] = {
    "aws_iam_group_membership": "a group's policies hold for its members, and users aren't read",
    "aws_iam_group_policy": "groups aren't read",
    "aws_iam_group_policy_attachment": "groups aren't read",
    "aws_iam_user_group_membership": "a group's policies hold for its members, and users aren't read",
    "aws_iam_user_policy": "users aren't read",
    "aws_iam_user_policy_attachment": "users aren't read",
    "aws_lambda_layer_version_permission": "who may use a layer isn't read",
    "aws_s3_access_point": "an access point has a policy of its own, which isn't read",
    "aws_s3_account_public_access_block": "whether public policies and ACLs of the account's buckets hold isn't read",
    "aws_s3_bucket_acl": "a bucket's ACL lets others in beside its policy, and isn't read",
    "aws_s3_bucket_replication_configuration": "it copies objects into another bucket, whose readers aren't read",
    "aws_s3_bucket_website_configuration": "it serves public objects as a website, and isn't read",
    "aws_s3control_access_point_policy": "the policies of access points aren't read",
    "aws_vpc_endpoint": "the policies of endpoints aren't read",
    "aws_vpc_endpoint_policy": "the policies of endpoints aren't read",
}
_BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


def unread_reasons(change: ResourceChange) -> Iterator[str]:
    """What a changed resource may do to access that the access table doesn't show, in words."""
    if change.type in _PARTLY_READ:
        yield from _PARTLY_READ[change.type](change)
    elif change.type in _REASONS:
        yield _REASONS[change.type]
    elif change.type not in _READ and (not change.type.startswith(_GRANT_NOTHING) or _MAY_GRANT.search(change.type)):
        yield f"whether {change.type} grants access isn't read"


def _attachment(change: ResourceChange) -> Iterator[str]:
    """The roles of the list are read. The list is exclusive, in all of the account.

    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_policy_attachment
    """
    policy = code((change.after or change.before or {}).get("policy_arn"))
    if change.after is not None:
        yield f"the attachment is exclusive: everyone else who holds {policy} loses it"
    for kind in ("users", "groups"):
        names = {name for side in _sides(change) for name in _items(side.get(kind))}
        if names:
            yield f"{policy} is attached to {kind}, which aren't read: {_names(names)}"


def _role(change: ResourceChange) -> Iterator[str]:
    before, after = (side.get("permissions_boundary") or None for side in _sides(change))
    if change.action in ("create", "delete") or before == after:
        return
    if after is None:
        yield f"its permissions boundary {code(before)} is removed: what the boundary withheld isn't read"
    else:
        yield f"its permissions boundary becomes {code(after)}: what a boundary withholds isn't read"


def _acl_change(change: ResourceChange) -> Iterator[str]:
    before, after = (_acl(side) for side in _sides(change))
    if before != after:
        yield "its ACL changes, which lets others in beside the policy and isn't read"


def _acl(attributes: Mapping[str, Any]) -> list[Any]:
    """Whom the ACL of a bucket or an object lets in beside its owner."""
    # Both are unknown until the apply if the configuration doesn't name them.
    acl, grants = (
        None if isinstance(attributes.get(name), Unknown) else attributes.get(name) for name in ("acl", "grant")
    )
    others = [grant for grant in _items(grants) if _field(grant, "type") != "CanonicalUser"]
    return others if acl in (None, "", "private") else [acl, *others]


def _ownership(change: ResourceChange) -> Iterator[str]:
    """`BucketOwnerEnforced`, which new buckets have without any rule, turns ACLs off."""
    before, after = ({_field(rule, "object_ownership") for rule in _items(side.get("rule"))} for side in _sides(change))
    if before != after and not (after == {"BucketOwnerEnforced"} and change.before is None):
        bucket = code(_bucket_name(change))
        yield f"whether ACLs of {bucket} and of its objects take effect changes, and ACLs aren't read"


def _public_access_block(change: ResourceChange) -> Iterator[str]:
    before, after = ({name for name in _BLOCKS if side.get(name) is True} for side in _sides(change))
    bucket, off, on = code(_bucket_name(change)), before - after, after - before
    if off:
        yield (
            f"the public access block of {bucket} is turned off ({_names(off)}): whether a public policy or ACL takes"
            " effect isn't read"
        )
    elif on and change.before is not None:
        yield f"the public access block of {bucket} is turned on ({_names(on)}): who loses access by it isn't read"


def _function_url(change: ResourceChange) -> Iterator[str]:
    side = change.after or change.before or {}
    function = side.get("function_name")
    if change.after is not None and side.get("authorization_type") == "NONE":
        yield f"a URL without authorization: anyone may call {code(function)}, with all that its role may do"
    else:
        yield f"who may call {code(function)} by its URL isn't read"


_PARTLY_READ: Mapping[str, Callable[[ResourceChange], Iterator[str]]] = {
    "aws_iam_policy_attachment": _attachment,
    "aws_iam_role": _role,
    "aws_lambda_function_url": _function_url,
    "aws_s3_bucket": _acl_change,
    "aws_s3_object": _acl_change,
    "aws_s3_bucket_ownership_controls": _ownership,
    "aws_s3_bucket_public_access_block": _public_access_block,
}


def _sides(change: ResourceChange) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return change.before or {}, change.after or {}


def _bucket_name(change: ResourceChange) -> str:
    return str((change.after or change.before or {}).get("bucket"))


def _items(value: Any) -> list[Any]:
    if isinstance(value, Placeholder):
        return [str(value)]
    return list(value) if isinstance(value, list) else []


def _field(value: Any, name: str) -> str:
    return str(value.get(name)) if isinstance(value, Mapping) else str(value)


def _names(names: Iterable[object]) -> str:
    return ", ".join(map(code, sorted(map(str, names))))
