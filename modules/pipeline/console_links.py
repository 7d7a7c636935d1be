"""Where a person looks at a deployment in AWS's console, and how one starts a run."""

from __future__ import annotations

from environments.environment import Environment
from modules.location import console_host


def console_links(environment: Environment, *, state_machine_arn: str) -> dict[str, str]:
    """The deployment's names, console addresses and start command, by output name."""
    region = environment.region
    console = f"https://{console_host(region)}"
    links = {
        "state_machine_arn": state_machine_arn,
        "state_machine_console": f"{console}/states/home?region={region}#/statemachines/view/{state_machine_arn}",
        "runs_bucket": environment.runs_bucket,
        "runs_bucket_console": f"{console}/s3/buckets/{environment.runs_bucket}?region={region}",
        "dashboard_console": f"{console}/cloudwatch/home?region={region}#dashboards/dashboard/{environment.prefix}",
        "source_bucket": environment.source.bucket,
        "start_command": (
            f"aws stepfunctions start-execution --region {region} --state-machine-arn {state_machine_arn}"
        ),
    }
    if environment.local_cloud_url is not None:
        links["local_cloud_url"] = "${var.local_cloud_url}"
    return links
