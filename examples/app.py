"""The examples as stacks of one CDKTF app, for the local cloud or an account of yours.

    cdktf deploy thousand-in-parallel --app "python -m examples.app"

Each stack has a function, a bucket `examples-<name>-<account>` if it needs one, and the state machine with exactly the
permissions that follow from its definition. The environment variables EXAMPLES_ACCOUNT_ID and EXAMPLES_REGION set the
account and the Region; by default, they are the local cloud's target account and its Region.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cdktf
from constructs import Construct

from examples import csv_file, map_in_map, map_in_parallel, nightly_check, own_pipeline, thousand_in_parallel
from modules.asl.bounds import RunTimeBounds
from modules.location import Location
from modules.private_bucket import PrivateBucket
from modules.provider_lock import copy_lock_file
from modules.providers import provider
from modules.python_function import PythonFunction
from modules.readable_stack import ReadableStack
from modules.state_machine import StateMachine

# The local cloud: its target account, its Region and the address of `mapspan local start`.
LOCAL_ACCOUNT_ID, LOCAL_REGION, LOCAL_CLOUD_URL = "111111111111", "us-east-1", "http://127.0.0.1:4566"
WORK = Path(__file__).parent / "work"


@dataclass(frozen=True)
class Example:
    """A definition, or its file with the values of its placeholders, and the bounds of its run-time values."""

    definition: Path | Mapping[str, Any]
    substitutions: Mapping[str, object] | None = None
    bounds: RunTimeBounds | None = None


class ExampleStack(ReadableStack):
    """One example: its function, its bucket and its state machine."""

    def __init__(self, scope: Construct, name: str, *, location: Location, local_cloud_url: str | None) -> None:
        super().__init__(scope, name)
        provider(
            self,
            "aws",
            account_id=location.account_id,
            region=location.region,
            tags={"Example": name},
            deploy_role_arn=None,
            local_cloud_url=local_cloud_url,
        )
        work = PythonFunction(
            self,
            "work",
            name=f"example-{name}",
            source=WORK,
            location=location,
            environment={},
            needs={},
            memory_mb=128,
            timeout_seconds=30,
            log_retention_days=1,
        )
        bucket = f"examples-{name}-{location.account_id}"
        machine = example(
            name,
            function_arn=work.arn,
            bucket=bucket,
            account_id=location.account_id,
            map_runs_arn=location.arn("states", f"mapRun:example-{name}/*:*"),
        )
        if bucket in str(machine):
            PrivateBucket(self, "bucket", name=bucket, location=location, expire_after_days=None, destroyable=True)
        StateMachine(
            self,
            "state_machine",
            name=f"example-{name}",
            location=location,
            definition=machine.definition,
            substitutions=machine.substitutions,
            bounds=machine.bounds,
            log_retention_days=1,
            before=[work.function],
        )


def example(name: str, *, function_arn: str, bucket: str, account_id: str, map_runs_arn: str) -> Example:
    """The example of a name. Raises ValueError for an unknown one."""
    match name:
        case "thousand-in-parallel":
            return Example(thousand_in_parallel.definition(function_arn=function_arn))
        case "csv-file":
            key = "in/rows.csv"
            return Example(
                csv_file.definition(function_arn=function_arn, bucket=bucket, key=key, account_id=account_id)
            )
        case "map-in-parallel":
            return Example(
                map_in_parallel.definition(
                    image_function_arn=function_arn, text_function_arn=function_arn, bucket=bucket
                )
            )
        case "map-in-map":
            return Example(map_in_map.definition(function_arn=function_arn, bucket=bucket), bounds=map_in_map.BOUNDS)
        case "own-pipeline":
            definition = own_pipeline.definition(
                list_objects_arn=function_arn,
                process_objects_arn=function_arn,
                summarize_run_arn=function_arn,
                runs_bucket=bucket,
                account_id=account_id,
            )
            bounds = own_pipeline.bounds(list_objects_arn=function_arn, map_runs_arn=map_runs_arn)
            return Example(definition, bounds=bounds)
        case "nightly-check":
            substitutions = nightly_check.substitutions(
                check_function_arn=function_arn, announce_function_arn=function_arn, bucket=bucket, prefix="uploads/"
            )
            return Example(nightly_check.DEFINITION, substitutions=substitutions)
    raise ValueError(f"{name}: unknown example; use one of {', '.join(NAMES)}")


NAMES = ("thousand-in-parallel", "csv-file", "map-in-parallel", "map-in-map", "own-pipeline", "nightly-check")


def synthesize(outdir: Path | None = None) -> None:
    """Write one stack per example to `outdir`, by default cdktf.out."""
    app = cdktf.App(outdir=str(outdir) if outdir else None)
    account_id = os.environ.get("EXAMPLES_ACCOUNT_ID")
    location = Location(
        account_id=account_id or LOCAL_ACCOUNT_ID, region=os.environ.get("EXAMPLES_REGION", LOCAL_REGION)
    )
    local_cloud_url = None if account_id else LOCAL_CLOUD_URL
    for name in NAMES:
        ExampleStack(app, name, location=location, local_cloud_url=local_cloud_url)
    app.synth()
    copy_lock_file(Path(app.outdir))


if __name__ == "__main__":
    synthesize()
