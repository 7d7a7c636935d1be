"""Variants of the `local` environment that together use everything that an environment can turn on."""

from __future__ import annotations

import json

from environments.environment import Environment
from environments.files import load
from tests.iam.deploy_calls import with_deploy_roles


def environment_variants(keys: list[str]) -> list[Environment]:
    """`local` with everything it leaves out, then with an inventory and merged statements, then with a replication.

    Args:
        keys: the ARNs of the runs bucket's key and the source bucket's key.
    """
    local = json.loads(with_deploy_roles(load("local")).model_dump_json(exclude_defaults=True))
    runs_key, source_key = keys
    everything = {
        **local,
        "alarms": {"email": "team@example.com"},
        "schedule": {"expression": "rate(1 day)"},
        "run_retention_days": 7,
        "kms_key_arn": runs_key,
        "job": {
            **local["job"],
            "reserved_concurrency": 10,
            "policy": "tests/fixtures/policies/lookup.json",
            "reads_tags": True,
            "output": {},
        },
        "source": {**local["source"], "kms_key_arn": source_key},
    }
    without_lister = {
        name: value for name, value in everything.items() if name not in ("list_objects", "run_retention_days")
    }
    inventory = {
        **without_lister,
        "tags": {"Project": "another"},
        "log_retention_days": 3,
        "job": {**local["job"], "memory_mb": 1024},
        "map": {"max_concurrency": 2},
        "key_source": "inventory",
        "source": {**everything["source"], "bucket_policy": "merge", "prefixes": ["2025/"]},
    }
    replication = {**without_lister, "key_source": "replication"}
    return [Environment.model_validate_json(json.dumps(variant)) for variant in (everything, inventory, replication)]
