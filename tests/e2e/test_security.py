"""checkov reports nothing about the plans but the checks skipped here, each with its reason."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from environments.files import load
from environments.settings import AlarmSettings, ScheduleSettings
from local_cloud import process
from mapspan.checkout import ROOT
from mapspan.deploying.terraform import Terraform
from mapspan.local.local_deployment import LocalDeployment
from modules.pipeline.app import synthesize
from tests.e2e.conftest import SecondPlan

CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"

SKIPPED = {
    "CKV_AWS_18": "access logs need a bucket of their own; CloudTrail data events are the account's to switch on",
    "CKV_AWS_116": "a dead letter queue is for asynchronous invocations; Step Functions invokes and retries itself",
    "CKV_AWS_117": "the functions call S3 alone, with its IAM conditions; a VPC would add cost and cold starts",
    "CKV_AWS_144": "a run writes its key lists and results again: no replica in another Region",
    "CKV_AWS_145": "encrypted with S3's own keys; a customer's key is for the environment to choose",
    "CKV_AWS_158": "CloudWatch encrypts with its own keys; a customer's key is for the environment to choose",
    "CKV_AWS_272": "Terraform's plan shows the package's hash; signing is the organization's to set up",
    "CKV_AWS_297": "a schedule holds prefixes alone; EventBridge encrypts with its own key",
    "CKV_AWS_338": "how long logs are kept is the environment's log_retention_days",
    "CKV2_AWS_62": "no one waits for events of the runs bucket: the state machine reads it when it is ready",
}
# What checkov says of an applied function, and not of one to be created.
APPLIED = {"CKV_AWS_173": "variables are names of buckets and numbers; Lambda encrypts them with its own key"}


def plan_of_dev(accounts: LocalDeployment, directory: Path) -> Path:
    """The plan of dev's resources as terraform's JSON, made against the local cloud instead of AWS."""
    dev, local = load("dev"), load("local")
    environment = dev.model_copy(
        update={
            "local_cloud_url": accounts.endpoint_url,
            "state_backend": local.state_backend,
            "target": dev.target.model_copy(update={"deploy_role_arn": None}),
            # "merge" creates more than "own": a function in the source account.
            "source": dev.source.model_copy(update={"deploy_role_arn": None, "bucket_policy": "merge"}),
            # Scan what dev leaves out, too.
            "alarms": AlarmSettings(email="team@example.com"),
            "schedule": ScheduleSettings(expression="rate(1 day)"),
        }
    )
    data = process.client("s3", dev.source.account_id, accounts.endpoint_url, dev.region)
    # The plan reads the source bucket and its Region.
    data.create_bucket(Bucket=dev.source.bucket, CreateBucketConfiguration={"LocationConstraint": dev.region})
    synthesize([environment], directory / "cdktf.out")
    terraform = Terraform(directory / "cdktf.out" / "stacks" / "dev")
    terraform.init()
    assert terraform.plan_changes(directory / "plan")
    shown = directory / "plan.json"
    shown.write_text(json.dumps(terraform.show_plan(directory / "plan")))
    return shown


def scan(*plans: Path) -> tuple[set[tuple[str, str, str]], int]:
    """What checkov reports of plans: the checks that failed, each with its plan and resource, and how many passed."""
    done = subprocess.run(  # noqa: S603 - our own checkov and plans of our own
        [CHECKOV, "-f", *plans, "--framework", "terraform_plan", "--skip-download", "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    failed = {
        (Path(check["file_path"]).stem, check["check_id"], check["resource"])
        for check in report["results"]["failed_checks"]
    }
    return failed, report["summary"]["passed"]


def test_checkov_finds_nothing_in_the_plans(
    undeployed: LocalDeployment, second_plans: list[SecondPlan], tmp_path: Path
) -> None:
    """In one scan, since checkov takes longer to start than to scan a plan."""
    plans = [plan_of_dev(undeployed, tmp_path), *(plan.file for plan in second_plans)]
    failed, passed = scan(*plans)
    assert passed > 500, "checkov saw the plans, their policies included"
    skipped = {name: SKIPPED if name == "plan" else {**SKIPPED, **APPLIED} for name in (path.stem for path in plans)}
    assert {check for check in failed if check[1] not in skipped[check[0]]} == set()
    assert {check_id for plan, check_id, _ in failed if plan == "plan"} == set(SKIPPED), "a skip that nothing needs"
