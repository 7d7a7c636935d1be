"""Records every call of terraform that IAM decides, into tests/iam/deploy_calls.json.

    python -m tests.iam.record_deploy_calls
    python -m tests.iam.record_deploy_calls company   # only the environment with every company setting

It deploys, changes and destroys everything that an environment can turn on, with the roles from bootstrap, and uploads
the job's code through the runs bucket, as if it were large. It takes some minutes, most of them for the lifecycle rule.
`tests/e2e/test_deploy_roles.py` and, for the company's settings, `tests/e2e/test_deploy.py` fail when the recording is
out of date.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from environments.files import load
from local_cloud.process import LocalCloud
from mapspan.deploying.apply_stack import apply_stack
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.terraform import Terraform
from modules import function_code
from modules.pipeline.app import synthesize
from tests.iam.company_variant import bound_bootstrapped_roles, create_company
from tests.iam.deploy_calls import FILE, DeployCalls, read_decisions, trusted
from tests.iam.environment_variants import environment_variants


def record(directory: Path) -> dict[str, DeployCalls]:
    """The calls of a deploy and of a plan, made in a local cloud that lives in `directory`."""
    decisions = directory / "decisions.jsonl"
    os.environ["MAPSPAN_DECISIONS"] = str(decisions)
    plan_lines: list[str] = []
    local = load("local")
    function_code.DIRECT_UPLOAD_LIMIT_BYTES = 0
    with LocalCloud.start(directory=directory) as cloud:
        accounts = (local.target.account_id, local.source.account_id)
        keys = [cloud.client("kms", account).create_key()["KeyMetadata"]["Arn"] for account in accounts]
        cloud.client("s3", local.source.account_id).create_bucket(Bucket=local.source.bucket)
        terraform = Terraform(directory / "cdktf.out" / "stacks" / "local", {"local_cloud_url": cloud.endpoint_url})
        for environment in environment_variants(keys):
            if environment.key_source == "replication":
                terraform.destroy()  # by the roles that created what a replication doesn't use
            # The rules that this deploy removes are still the former roles' to remove.
            retained = environment.model_copy(update={"run_retention_days": 7})
            for stack in stacks(retained, trusted(environment)):
                apply_stack(stack, cloud.client("cloudformation", stack.location.account_id))
            synthesize([environment], directory / "cdktf.out")
            terraform.init()
            terraform.apply()
            sys.stderr.write("applied\n")
            apply_length = len(lines(decisions))
            if terraform.plan_changes():
                sys.exit("the plan after the apply still has changes: make the stack stable, then record again")
            plan_lines += lines(decisions)[apply_length:]
        terraform.destroy()
    return {"deploy": read_decisions(lines(decisions), local), "plan": read_decisions(plan_lines, local)}


def record_company(directory: Path) -> dict[str, DeployCalls]:
    """The calls of an environment with every company setting, deployed and destroyed in a local cloud of its own."""
    decisions = directory / "decisions.jsonl"
    os.environ["MAPSPAN_DECISIONS"] = str(decisions)
    local = load("local")
    with LocalCloud.start(directory=directory) as cloud:
        cloud.client("s3", local.source.account_id).create_bucket(Bucket=local.source.bucket)
        environment = create_company(cloud.client)
        for stack in stacks(environment, trusted(environment)):
            apply_stack(stack, cloud.client("cloudformation", stack.location.account_id))
        bound_bootstrapped_roles(environment, cloud.client)
        synthesize([environment], directory / "cdktf.out")
        terraform = Terraform(directory / "cdktf.out" / "stacks" / "local", {"local_cloud_url": cloud.endpoint_url})
        terraform.init()
        terraform.apply()
        if terraform.plan_changes():
            sys.exit("the plan after the apply still has changes: make the stack stable, then record again")
        terraform.destroy()
    return {"company": read_decisions(lines(decisions), local)}


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def main() -> None:
    # The company first: `record` changes how code is uploaded.
    recorders = [record_company] if sys.argv[1:] == ["company"] else [record_company, record]
    calls = json.loads(FILE.read_text(encoding="utf-8"))
    for recorder in recorders:
        with tempfile.TemporaryDirectory() as directory:
            calls |= recorder(Path(directory))
    FILE.write_text(json.dumps(calls, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
