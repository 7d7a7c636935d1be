"""Reading a plan: placeholders, references, accounts, drift, and what is refused."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from environments.files import load
from mapspan.checkout import CommandError
from mapspan.review.changes.placeholder import UNKNOWN, Sensitive
from mapspan.review.changes.plan import Invocation, Plan, read_plan
from mapspan.review.changes.policies import read_policies
from mapspan.review.changes.statement_change import StatementChange, statement_changes
from mapspan.review.iam.simulator import Simulator
from mapspan.review.review import render_review, review_plan
from tests.fixtures.recorded_plans import recorded_plan

SECRET = "hunter2-and-more"
SOURCE_POLICY = "aws_s3_bucket_policy.source_access_bucket_policy"


def only_update(plan_json: dict[str, Any]) -> dict[str, Any]:
    """The entry of a recorded plan that updates one resource."""
    (update,) = (change for change in plan_json["resource_changes"] if change["change"]["actions"] == ["update"])
    return dict(update)


def secret_change(before: str, after: str) -> dict[str, Any]:
    marks = {"secret_string": True, "tags": {"owner": True}, "rules": [{}, {"value": True}]}
    return {
        "address": "aws_secretsmanager_secret_version.token",
        "mode": "managed",
        "type": "aws_secretsmanager_secret_version",
        "change": {
            "actions": ["update"],
            "before": {
                "secret_string": before,
                "tags": {"owner": before},
                "rules": [{"value": "a"}, {"value": before}],
            },
            "after": {"secret_string": after, "tags": {"owner": before}, "rules": [{"value": "b"}, {"value": after}]},
            "after_unknown": {"version_id": True},
            "before_sensitive": marks,
            "after_sensitive": marks,
        },
    }


def test_a_sensitive_value_is_reported_as_changed_and_never_shown(simulator: Simulator) -> None:
    plan_json = recorded_plan("nothing")
    plan_json["resource_changes"].append(secret_change(SECRET, SECRET + "!"))
    review = review_plan(load("local"), plan_json, simulator=simulator)
    text = render_review(review, "markdown") + render_review(review, "json")
    assert SECRET not in text
    assert SECRET not in repr(review.plan)
    (change,) = review.plan.effective
    attributes = {name: (old, new) for name, old, new in change.changed_attributes()}
    assert isinstance(attributes["secret_string"][0], Sensitive)
    assert attributes["rules"][0][0] != attributes["rules"][1][0]
    assert "tags" not in attributes
    assert "- secret_string = (sensitive)\n+ secret_string = (sensitive)" in text.replace('"', "")


def test_a_sensitive_policy_is_named_and_not_shown(simulator: Simulator) -> None:
    plan_json = recorded_plan("widened")
    only_update(plan_json)["change"] |= {"before_sensitive": {"policy": True}, "after_sensitive": {"policy": True}}
    text = render_review(review_plan(load("local"), plan_json, simulator=simulator), "markdown")
    assert f"`{SOURCE_POLICY}` bucket policy: (sensitive)" in text
    assert "333333333333" not in text


def test_references_to_roles_are_resolved_and_other_unknown_values_stay_unknown() -> None:
    plan_json = recorded_plan("first")
    (policy,) = (policy for policy in read_policies(read_plan(plan_json)).after if policy.address == SOURCE_POLICY)
    assert [statement["Principal"]["AWS"] for statement in policy.statements] == [
        f"arn:aws:iam::111111111111:role/mapspan-local-{name}" for name in ("list-objects", "process-objects")
    ]
    resources = plan_json["configuration"]["root_module"]["resources"]
    (resource,) = (resource for resource in resources if resource["address"] == SOURCE_POLICY)
    template = resource["expressions"]["policy"]
    template["constant_value"] = template["constant_value"].replace(
        "list_objects_role.arn", "list_objects_role.unique_id"
    )
    (policy,) = (policy for policy in read_policies(read_plan(plan_json)).after if policy.address == SOURCE_POLICY)
    assert policy.document == UNKNOWN


def test_every_change_has_its_resolved_attributes() -> None:
    changes = {change.address: change for change in read_plan(recorded_plan("replaced")).changes}
    versioning = changes["aws_s3_bucket_versioning.runs_bucket_versioning"]
    assert versioning.value("bucket", "before") == "mapspan-local-runs-111111111111-us-east-1"
    assert versioning.value("bucket", "after") == "mapspan-local-other-runs-111111111111-us-east-1"
    assert versioning.value("id", "after") == UNKNOWN
    assert "id" not in {name for name, _, _ in versioning.changed_attributes()}


def test_a_merged_statement_that_gets_wider_is_flagged_like_one_of_an_own_policy(simulator: Simulator) -> None:
    plan_json = recorded_plan("merge")
    (entry,) = (entry for entry in plan_json["resource_changes"] if entry["type"] == "aws_lambda_invocation")
    before = entry["change"]["after"]
    after = {**before, "input": before["input"].replace("landing-zone/2026/*", "landing-zone/*")}
    entry["change"] |= {"actions": ["update"], "before": before, "after": after}
    review = review_plan(load("local"), plan_json, simulator=simulator)
    (change,) = (change for change in review.wider_statements if change.policy.address == entry["address"])
    assert (change.sid, change.policy.owner) == ("MapspanLocalReadSourceObjects", "landing-zone")
    assert change.widenings == ["new wildcard in resource `arn:aws:s3:::landing-zone/*`"]


def test_a_resource_that_left_the_configuration_gets_its_account_from_its_attributes() -> None:
    plan_json = recorded_plan("merge")
    deleted = read_plan(plan_json, bucket_accounts={"landing-zone": "222222222222"}).effective[0]
    assert (deleted.action, deleted.type, deleted.account_id) == ("delete", "aws_s3_bucket_policy", "222222222222")
    assert read_plan(plan_json).effective[0].account_id is None

    plan_json = recorded_plan("nothing")
    plan_json["configuration"]["root_module"]["resources"] = []
    for entry in plan_json["resource_changes"]:
        entry["change"] |= {"actions": ["delete"], "after": None}
    accounts = {
        change.account_id
        for change in read_plan(plan_json).changes
        if change.type in ("aws_iam_role", "aws_iam_role_policy", "aws_lambda_function", "aws_sfn_state_machine")
    }
    assert accounts == {"111111111111"}


def test_a_change_outside_of_terraform_is_drift_if_the_plan_undoes_it() -> None:
    plan_json = recorded_plan("widened")
    entry = only_update(plan_json)
    before = entry["change"]["before"]
    plan_json["resource_drift"] = [{**entry, "change": {"before": before | {"computed": "a"}, "after": before}}]
    assert read_plan(plan_json).drifted_addresses == []
    plan_json["resource_drift"] = [{**entry, "change": {"before": before | {"policy": "{}"}, "after": before}}]
    assert read_plan(plan_json).drifted_addresses == [entry["address"]]


def plan_with(entries: list[dict[str, Any]], **fields: Any) -> Plan:
    return read_plan({"format_version": "1.2", "planned_values": {}, "resource_changes": entries, **fields})


def entry(*actions: str, before: Any = None, after: Any = None, **fields: Any) -> dict[str, Any]:
    """An entry of a plan; `importing` is a field of its change."""
    importing = fields.pop("importing", None)
    change = {"actions": list(actions), "before": before, "after": after, "importing": importing}
    return {"address": "aws_iam_role.worker", "type": "aws_iam_role", "change": change, **fields}


ROLE = {"name": "worker", "arn": "arn:aws:iam::111111111111:role/worker", "assume_role_policy": "{}"}
WHOLE_PLANS: list[dict[str, Any]] = [{}, {"complete": True}, {"complete": True, "deferred_changes": None}]
DEFERRED = {"reason": "instance_count_unknown", "resource_change": entry("create", after={})}
PLANS_IN_PART: list[dict[str, Any]] = [{"complete": False}, {"complete": True, "deferred_changes": [DEFERRED]}]


def test_roles_of_one_name_in_two_accounts_keep_their_own_policies() -> None:
    arns = [f"arn:aws:iam::{account}:role/worker" for account in ("111111111111", "222222222222")]
    configuration = {
        "provider_config": {
            name: {"expressions": {"allowed_account_ids": {"constant_value": [arn.split(":")[4]]}}}
            for name, arn in zip("ab", arns, strict=True)
        },
        "root_module": {
            "resources": [
                {"address": f"{kind}.{name}", "provider_config_key": name}
                for kind in ("aws_iam_role", "aws_iam_role_policy")
                for name in "ab"
            ]
        },
    }
    policy = json.dumps({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    role_policy = {"role": "worker", "name": "data", "policy": policy}
    roles = [
        entry("create", after={**ROLE, "arn": arn}, address=f"aws_iam_role.{name}")
        for name, arn in zip("ab", arns, strict=True)
    ]
    role_policies = [
        entry("create", after=role_policy, address=f"aws_iam_role_policy.{name}", type="aws_iam_role_policy")
        for name in "ab"
    ]
    policies = read_policies(plan_with([*roles, *role_policies], configuration=configuration)).after
    assert [policy.owner for policy in policies if policy.kind == "identity"] == arns


def test_an_import_alone_is_a_change() -> None:
    plan = plan_with([entry("no-op", before=ROLE, after=ROLE, importing={"id": "worker"})])
    assert [(change.action, change.imported_id) for change in plan.effective] == [("import", "worker")]
    assert not plan.changes_nothing


def test_a_move_alone_is_a_change() -> None:
    plan = plan_with([entry("no-op", before=ROLE, after=ROLE, previous_address="aws_iam_role.old")])
    assert [(change.action, change.previous_address) for change in plan.effective] == [("move", "aws_iam_role.old")]
    assert not plan.changes_nothing


def test_a_forgotten_resource_stays_in_aws_as_it_is() -> None:
    (change,) = plan_with([entry("forget", before=ROLE)]).effective
    assert (change.action, change.after) == ("forget", ROLE)


@pytest.mark.parametrize("actions", [("create", "forget"), ("forget", "create")])
def test_a_resource_that_is_forgotten_and_created_is_two_changes(actions: tuple[str, ...]) -> None:
    old, new = plan_with([entry(*actions, before=ROLE, after={**ROLE, "name": "new"})]).effective
    assert (old.action, old.before, old.after) == ("forget", ROLE, ROLE)
    assert (new.action, new.before, new.value("name", "after")) == ("create", None, "new")
    assert old.address != new.address


def test_a_deposed_object_is_not_the_live_resource() -> None:
    live = entry("no-op", before=ROLE, after=ROLE)
    plan = plan_with([live, entry("delete", before={**ROLE, "assume_role_policy": "null"}, deposed="ee86c5d6")])
    (deposed,) = plan.effective
    assert deposed.address == "aws_iam_role.worker (deposed object ee86c5d6)"
    (policy,) = read_policies(plan).after
    assert policy.address == "aws_iam_role.worker"


def test_a_statement_that_a_role_with_a_deposed_object_gains_is_wider() -> None:
    wide = {"Statement": {"Effect": "Allow", "Principal": {"AWS": "333333333333"}, "Action": "sts:AssumeRole"}}
    after = {**ROLE, "assume_role_policy": json.dumps(wide)}
    plan = plan_with([entry("update", before=ROLE, after=after), entry("delete", before=ROLE, deposed="ee86c5d6")])
    (change,) = statement_changes(plan, read_policies(plan))
    assert isinstance(change, StatementChange)
    assert change.widenings


@pytest.mark.parametrize("fields", WHOLE_PLANS)
def test_a_whole_plan_without_changes_changes_nothing(fields: dict[str, Any]) -> None:
    assert plan_with([entry("no-op", before=ROLE, after=ROLE)], **fields).changes_nothing


@pytest.mark.parametrize("fields", PLANS_IN_PART)
def test_a_plan_that_is_not_whole_never_counts_as_no_change(fields: dict[str, Any]) -> None:
    plan = plan_with([entry("no-op", before=ROLE, after=ROLE)], **fields)
    assert not plan.is_whole
    assert not plan.changes_nothing


def test_an_action_that_the_apply_runs_is_a_change() -> None:
    trigger = {"triggering_resource_address": "aws_s3_bucket.runs", "action_trigger_event": "AfterCreate"}
    invocation = {"address": "action.aws_lambda_invoke.merge", "lifecycle_action_trigger": trigger}
    plan = plan_with([], action_invocations=[invocation])
    assert plan.invocations == [
        Invocation(address="action.aws_lambda_invoke.merge", event="AfterCreate", trigger="aws_s3_bucket.runs")
    ]
    assert not plan.changes_nothing
    deferred = plan_with([], deferred_action_invocations=[{"reason": "", "action_invocation": invocation}])
    assert deferred.invocations[0].deferred
    assert not deferred.is_whole


def test_a_resource_of_a_module_instance_has_the_account_of_its_provider() -> None:
    resource = {"address": "aws_s3_bucket.this", "provider_config_key": "module.inner:aws"}
    inner = {"inner": {"module": {"resources": [resource]}}}
    provider = {"expressions": {"allowed_account_ids": {"constant_value": ["222222222222"]}}}
    configuration = {
        "provider_config": {"module.inner:aws": provider},
        "root_module": {"module_calls": {"outer": {"module": {"module_calls": inner}}}},
    }
    address = r'module.outer["a.b[0] \"c\""].module.inner[1].aws_s3_bucket.this["]"]'
    create = {**entry("create", after={"bucket": "data"}), "address": address, "type": "aws_s3_bucket"}
    (change,) = plan_with([create], configuration=configuration).effective
    assert change.account_id == "222222222222"


@pytest.mark.parametrize(
    ("plan_json", "reason"),
    [
        ([], "not a terraform plan"),
        ({"format_version": "1.2", "planned_values": {}, "resource_changes": [entry("melt")]}, "the action melt of"),
        ({"format_version": "1.2", "planned_values": {}, "resource_changes": 7}, "resource_changes: Input should be"),
        ({}, "not a terraform plan"),
        ({"format_version": "1.0", "values": {}}, "not a terraform plan"),
        ({"format_version": "1.2", "planned_values": {}, "errored": True}, "ended in an error"),
    ],
)
def test_only_a_complete_plan_is_reviewed(plan_json: dict[str, Any], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        read_plan(plan_json)


def test_a_refreshed_roles_copy_of_its_policies_is_not_read_again() -> None:
    plan_json = recorded_plan("nothing")
    entries = {entry["address"]: entry["change"] for entry in plan_json["resource_changes"]}
    policy = entries["aws_iam_role_policy.list_objects_list_source_bucket"]
    role = entries["aws_iam_role.list_objects_role"]
    by_hand = {"name": "by-hand", "policy": policy["before"]["policy"]}
    copies = [{"name": policy["before"]["name"], "policy": policy["before"]["policy"]}, by_hand]
    for side in ("before", "after"):
        role[side] = {**role[side], "inline_policy": copies}
    policy["actions"], policy["after"] = ["delete"], None
    read = read_policies(read_plan(plan_json))
    names = [
        [item.name for item in side if item.name == policy["before"]["name"] or item.name.startswith("inline")]
        for side in (read.before, read.after)
    ]
    assert names == [["inline policy by-hand", policy["before"]["name"]], ["inline policy by-hand"]]


def test_a_list_that_the_plan_changes_is_read_even_if_a_resource_has_the_same_name() -> None:
    plan_json = recorded_plan("nothing")
    entries = {entry["address"]: entry["change"] for entry in plan_json["resource_changes"]}
    name = entries["aws_iam_role_policy.list_objects_list_source_bucket"]["before"]["name"]
    role = entries["aws_iam_role.list_objects_role"]
    wide = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    role["actions"] = ["update"]
    role["before"] = {**role["before"], "inline_policy": []}
    role["after"] = {**role["before"], "inline_policy": [{"name": name, "policy": wide}]}
    names = [policy.name for policy in read_policies(read_plan(plan_json)).after]
    assert f"inline policy {name}" in names


def test_a_role_of_the_same_name_in_the_other_account_keeps_its_own_policies() -> None:
    plan_json = recorded_plan("nothing")
    resources = plan_json["configuration"]["root_module"]["resources"]
    entries = {entry["address"]: entry for entry in plan_json["resource_changes"]}
    policy = entries["aws_iam_role_policy.list_objects_list_source_bucket"]["change"]["before"]
    namesake = deepcopy(entries["aws_iam_role.list_objects_role"]) | {"address": "aws_iam_role.namesake"}
    for side in ("before", "after"):
        copy = {"name": policy["name"], "policy": policy["policy"]}
        namesake["change"][side] = {**namesake["change"][side], "inline_policy": [copy]}
    plan_json["resource_changes"].append(namesake)
    resources.append({"address": namesake["address"], "provider_config_key": "aws.source", "expressions": {}})
    [inline] = [
        item for item in read_policies(read_plan(plan_json)).after if item.name == f"inline policy {policy['name']}"
    ]
    assert inline.account_id == "222222222222"
