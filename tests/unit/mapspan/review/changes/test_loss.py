"""What keeps less than before is a loss, in figures; where data goes, it blocks until it is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from mapspan.review.changes.loss import losses
from mapspan.review.changes.placeholder import UNKNOWN
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.resource_change import Action, ResourceChange

LOGS, RULES = "aws_cloudwatch_log_group", "aws_s3_bucket_lifecycle_configuration"


def change(type_: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> ResourceChange:
    action: Action = "create" if before is None else "delete" if after is None else "update"
    return ResourceChange(address=f"{type_}.x", type=type_, action=action, before=before, after=after)


def loss(
    type_: str, before: dict[str, Any] | None, after: dict[str, Any] | None, *others: ResourceChange
) -> tuple[str | None, bool] | None:
    """What one change loses, and whether that blocks the plan."""
    plan = Plan(changes=[change(type_, before, after), *others])
    found = [loss for loss in losses(plan, ()) if loss.change.type == type_]
    return (found[0].lost, found[0].blocking) if found else None


def rule(days: int | None = None, *, prefix: str = "", status: str = "Enabled", **fields: Any) -> dict[str, Any]:
    expiration = {"expiration": [{"days": days}]} if days is not None else {}
    return {"id": "r", "status": status, "filter": [{"prefix": prefix}], **expiration, **fields}


def rules(*items: dict[str, Any]) -> dict[str, Any]:
    return {"bucket": "data", "rule": list(items)}


@pytest.mark.parametrize(
    ("type_", "before", "after", "lost"),
    [
        (LOGS, {"retention_in_days": 3653}, {"retention_in_days": 1}, "logs are kept for 3,653 → 1 day"),
        (LOGS, {"retention_in_days": 0}, {"retention_in_days": 30}, "logs are kept for no end → 30 days"),
        (LOGS, {"retention_in_days": 30}, {"retention_in_days": UNKNOWN}, "logs are kept for 30 → (known after apply)"),
        (
            "aws_sqs_queue",
            {"message_retention_seconds": 345_600},
            {"message_retention_seconds": 60},
            "messages are kept for 345,600 → 60 seconds",
        ),
        (RULES, None, rules(rule(7)), "objects expire: never → 7 days"),
        (RULES, rules(), rules(rule(7, prefix="a/")), "objects under `a/` expire: never → 7 days"),
        (RULES, rules(rule(30)), rules(rule(7)), "objects expire: 30 days → 7 days"),
        (RULES, rules(rule(7, status="Disabled")), rules(rule(7)), "objects expire: never → 7 days"),
        (RULES, rules(rule(7, prefix="a/")), rules(rule(7)), "objects expire: never → 7 days"),
        (
            RULES,
            rules(rule(noncurrent_version_expiration=[{"noncurrent_days": 365}])),
            rules(rule(noncurrent_version_expiration=[{"noncurrent_days": 1}])),
            "noncurrent versions expire: 365 days → 1 day",
        ),
        (RULES, rules(), {"bucket": "data", "rule": UNKNOWN}, "the plan doesn't show when objects expire"),
        (
            "aws_s3_bucket",
            {"lifecycle_rule": []},
            {"lifecycle_rule": [{"enabled": True, "prefix": "a/", "expiration": [{"days": 3}]}]},
            "objects under `a/` expire: never → 3 days",
        ),
        ("aws_dynamodb_table", {"ttl": []}, {"ttl": [{"enabled": True}]}, "items expire from now on"),
    ],
)
def test_data_that_is_kept_for_less_time_blocks(
    type_: str, before: dict[str, Any] | None, after: dict[str, Any], lost: str
) -> None:
    assert loss(type_, before, after) == (lost, True)


@pytest.mark.parametrize(
    ("type_", "before", "after", "phrase"),
    [
        (
            "aws_s3_bucket_versioning",
            {"versioning_configuration": [{"status": "Enabled"}]},
            {"versioning_configuration": [{"status": "Suspended"}]},
            "versioning `Enabled` → `Suspended`",
        ),
        ("aws_s3_bucket", {"force_destroy": False}, {"force_destroy": True}, "`force_destroy` is turned on"),
        ("aws_s3_bucket", {"versioning": [{"enabled": True}]}, {"versioning": [{"enabled": False}]}, "is suspended"),
        ("aws_kms_key", {"deletion_window_in_days": 30}, {"deletion_window_in_days": 7}, "waits for 30 → 7 days"),
        ("aws_kms_key", {"is_enabled": True}, {"is_enabled": False}, "the key is disabled"),
        ("aws_db_instance", {"deletion_protection": True}, {"deletion_protection": False}, "no longer protected"),
        (
            "aws_s3_bucket_object_lock_configuration",
            {"rule": [{"default_retention": [{"years": 1}]}]},
            {"rule": [{"default_retention": [{"days": 30}]}]},
            "locked for 365 → 30 days",
        ),
    ],
)
def test_a_weaker_guard_is_reported_and_does_not_block(
    type_: str, before: dict[str, Any], after: dict[str, Any], phrase: str
) -> None:
    reported = loss(type_, before, after)
    assert reported
    assert phrase in str(reported[0])
    assert reported[1] is False


@pytest.mark.parametrize(
    ("type_", "before", "after"),
    [
        (LOGS, {"retention_in_days": 1}, {"retention_in_days": 3653}),
        (LOGS, {"retention_in_days": 1}, {"retention_in_days": 0}),
        (LOGS, None, {"retention_in_days": 1}),
        (RULES, rules(rule(7)), rules(rule(30))),
        (RULES, rules(rule(7)), rules(rule(7, prefix="a/"))),
        (RULES, rules(rule(7)), rules(rule(8, prefix="a/"))),
        (RULES, rules(rule(7)), rules(rule(7, status="Disabled"))),
        (RULES, rules(), rules(rule(abort_incomplete_multipart_upload=[{"days_after_initiation": 1}]))),
        (RULES, rules(), rules(rule(expiration=[{"days": UNKNOWN, "expired_object_delete_marker": True}]))),
        ("aws_s3_bucket", None, {"bucket": "data", "force_destroy": True}),
        ("aws_s3_bucket", {"force_destroy": True}, {"force_destroy": False}),
    ],
)
def test_keeping_data_as_long_or_longer_is_no_loss(
    type_: str, before: dict[str, Any] | None, after: dict[str, Any]
) -> None:
    assert loss(type_, before, after) is None


def test_an_expiration_of_a_bucket_that_the_plan_creates_deletes_nothing_that_exists() -> None:
    assert loss(RULES, None, rules(rule(7)), change("aws_s3_bucket", None, {"bucket": "data"})) is None


def test_allowing_the_address_lets_data_go() -> None:
    plan = Plan(changes=[change(LOGS, {"retention_in_days": 30}, {"retention_in_days": 1})])
    (allowed,) = losses(plan, [f"{LOGS}.x"])
    assert (allowed.blocking, allowed.allowed, allowed.destroys) == (False, True, False)


def test_the_code_of_a_function_is_no_loss_and_any_other_object_is() -> None:
    code, data = f"code/{'0' * 64}.zip", "code/data.zip"
    assert loss("aws_s3_object", {"bucket": "runs", "key": code}, None) == (None, False)
    assert loss("aws_s3_object", {"bucket": "runs", "key": data}, None) == ("the object", True)


def test_a_rule_for_each_prefix_in_place_of_one_for_all_deletes_nothing_earlier() -> None:
    leftovers: dict[str, Any] = {"noncurrent_version_expiration": [{"noncurrent_days": 1}]}
    before = rules(rule(14, **leftovers))
    after = rules(rule(14, prefix="key-lists/"), rule(14, prefix="map-runs/"), rule(**leftovers))
    assert loss(RULES, before, after) is None
