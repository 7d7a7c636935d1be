"""Plans that terraform made of the local environment, deployed to a local cloud and then changed; trimmed.

Each file but `nothing` and `first` holds what differs from `nothing`. One is recorded by

    terraform show -json PLAN | python -m tests.unit.mapspan.review.recorded NAME
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PLANS = Path(__file__).with_name("plans")
WHOLE = ("nothing", "first")
# Nothing of the review depends on these while they stay as they are.
_LEFT_OUT = ("aws_cloudwatch_", "aws_scheduler_", "aws_s3_bucket_o", "aws_s3_bucket_pub", "aws_s3_bucket_s")
_NOISE = {"tags", "tags_all", "dashboard_body", "create_date", "unique_id", "last_modified", "creation_date"}
_REFERRING = {"policy", "assume_role_policy", "definition", "input", "role", "bucket", "grantee_principal", "key_id"}


def plan(name: str) -> dict[str, Any]:
    """A recorded plan."""
    found: dict[str, Any] = json.loads((PLANS / f"{name}.json").read_text(encoding="utf-8"))
    for each in found["resource_changes"]:
        if each["change"]["actions"] == ["no-op"]:
            each["change"]["after"] = each["change"]["before"]
    if name in WHOLE:
        return found
    base = plan("nothing")
    changed = {each["address"]: each for each in found["resource_changes"]}
    kept = [each for each in base["resource_changes"] if each["address"] not in changed]
    gone = {address for address, each in changed.items() if each["change"]["actions"] == ["delete"]}
    there = base["configuration"]["root_module"]["resources"]
    configured = {each["address"]: each for each in there if each["address"] not in gone}
    configured |= {each["address"]: each for each in found["configuration"]["root_module"]["resources"]}
    configuration = {**found["configuration"], "root_module": {"resources": [*configured.values()]}}
    return {**found, "resource_changes": [*kept, *changed.values()], "configuration": configuration}


def trimmed(shown: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """A plan without what the review doesn't read, and without what differs by machine."""
    changes = [_change(each) for each in shown["resource_changes"] if whole or each["change"]["actions"] != ["no-op"]]
    changes = [each for each in changes if not (whole and each["type"].startswith(_LEFT_OUT))]
    addresses = {each["address"] for each in changes}
    resources = [
        {
            "address": each["address"],
            "provider_config_key": each["provider_config_key"],
            "expressions": {name: text for name, text in each["expressions"].items() if name in _REFERRING},
        }
        for each in shown["configuration"]["root_module"]["resources"]
        if each["address"] in addresses
    ]
    providers = {
        key: {"expressions": {"allowed_account_ids": provider["expressions"]["allowed_account_ids"]}}
        for key, provider in shown["configuration"]["provider_config"].items()
    }
    outputs = {name: {"actions": each["actions"]} for name, each in shown.get("output_changes", {}).items()}
    return {
        "format_version": shown["format_version"],
        "planned_values": {},
        "resource_changes": changes,
        "output_changes": {name: each for name, each in outputs.items() if each["actions"] != ["no-op"]},
        "configuration": {"provider_config": providers, "root_module": {"resources": resources}},
    }


def _change(entry: Mapping[str, Any]) -> dict[str, Any]:
    change = {
        name: {key: each for key, each in value.items() if key not in _NOISE} if isinstance(value, dict) else value
        for name, value in entry["change"].items()
    }
    if change["actions"] == ["no-op"]:
        del change["after"]
    return {"address": entry["address"], "mode": entry["mode"], "type": entry["type"], "change": change}


if __name__ == "__main__":
    name = sys.argv[1]
    text = json.dumps(trimmed(json.load(sys.stdin), whole=name in WHOLE), indent=1, sort_keys=True)
    (PLANS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
