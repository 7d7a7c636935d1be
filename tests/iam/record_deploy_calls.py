"""Records every call of terraform's that IAM decides, into tests/iam/deploy_calls.json.

    python -m tests.iam.record_deploy_calls

Everything that an environment may leave out is deployed, changed and destroyed, by the roles from bootstrap. It takes
some minutes, most of them the lifecycle rule's; `tests/e2e/test_deploy.py` tells when it is due.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from environments.environment import Environment
from environments.files import load
from local_cloud.process import LocalCloud
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.bootstrap_command import apply_stack
from mapspan.deploying.terraform import Terraform
from modules.pipeline.app import synthesize
from tests.iam.deploy_calls import FILE, Recorded, read, trusted, with_deploy_roles


def variants(keys: list[str]) -> list[Environment]:
    """`local` with what it leaves out, with another way in and to the keys, and with a third way to the keys."""
    local = json.loads(with_deploy_roles(load("local")).model_dump_json(exclude_defaults=True))
    runs_key, source_key = keys
    everything = {
        **local,
        "alarms": {"email": "team@example.com"},
        "schedule": {"expression": "rate(1 day)"},
        "run_retention_days": 7,
        "kms_key_arn": runs_key,
        "process_objects": {**local["process_objects"], "reserved_concurrency": 10},
        "source": {**local["source"], "kms_key_arn": source_key},
    }
    unlisted = {name: value for name, value in everything.items() if name not in ("list_objects", "run_retention_days")}
    inventory = {
        **unlisted,
        "tags": {"Project": "another"},
        "log_retention_days": 3,
        "process_objects": {**local["process_objects"], "memory_mb": 1024},
        "map": {"max_concurrency": 2},
        "key_source": "inventory",
        "source": {**everything["source"], "bucket_policy": "merge", "prefixes": ["2025/"]},
    }
    replication = {**unlisted, "key_source": "replication"}
    made = (everything, inventory, replication)
    return [Environment.model_validate_json(json.dumps(each)) for each in made]


def record(directory: Path) -> dict[str, Recorded]:
    decisions = directory / "decisions.jsonl"
    os.environ["MAPSPAN_DECISIONS"] = str(decisions)
    planned: list[str] = []
    local = load("local")
    with LocalCloud.start(directory=directory) as cloud:
        accounts = (local.target.account_id, local.source.account_id)
        keys = [cloud.client("kms", account).create_key()["KeyMetadata"]["Arn"] for account in accounts]
        cloud.client("s3", local.source.account_id).create_bucket(Bucket=local.source.bucket)
        terraform = Terraform(directory / "cdktf.out" / "stacks" / "local", {"local_cloud_url": cloud.endpoint_url})
        for environment in variants(keys):
            if environment.key_source == "replication":
                terraform.destroy()  # by the roles that made what replication has no use for
            for stack in stacks(environment, trusted(environment)):
                apply_stack(stack, cloud.client("cloudformation", stack.location.account_id))
            synthesize([environment], directory / "cdktf.out")
            terraform.init()
            terraform.apply()
            sys.stderr.write("applied\n")
            applied = len(lines(decisions))
            if terraform.plan_changes():
                sys.exit("the second plan is not clean")
            planned += lines(decisions)[applied:]
        terraform.destroy()
    return {"deploy": read(lines(decisions), local), "plan": read(planned, local)}


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        FILE.write_text(json.dumps(record(Path(directory)), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
