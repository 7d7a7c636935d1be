"""The examples as stacks of one CDKTF app, for the local cloud or an account of yours.

    cdktf deploy thousand-in-parallel --app "python -m examples.app"

Each stack has a function, a bucket `examples-<name>-<account>` if it needs one, and the state machine with exactly the
permissions that follow from its definition. The environment variables EXAMPLES_ACCOUNT_ID and EXAMPLES_REGION set the
account and the Region; by default, they are the local cloud's target account and its Region.
"""

from __future__ import annotations

import os
from pathlib import Path

import cdktf
from constructs import Construct

from examples import csv_file, map_in_map, map_in_parallel, own_pipeline, thousand_in_parallel
from modules.asl.bounds import RunTimeBounds
from modules.location import Location
from modules.private_bucket import PrivateBucket
from modules.providers import provider
from modules.python_function import PythonFunction
from modules.readable_stack import ReadableStack
from modules.state_machine import StateMachine

# The local cloud: its target account, its Region and the address of `mapspan local start`.
LOCAL_ACCOUNT_ID, LOCAL_REGION, LOCAL_CLOUD_URL = "111111111111", "us-east-1", "http://127.0.0.1:4566"
WORK = Path(__file__).parent / "work"


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
        definition, bounds = example(name, function_arn=work.arn, bucket=bucket, account_id=location.account_id)
        if bucket in str(definition):
            PrivateBucket(self, "bucket", name=bucket, location=location, expire_after_days=None, destroyable=True)
        StateMachine(
            self,
            "state_machine",
            name=f"example-{name}",
            location=location,
            definition=definition,
            bounds=bounds,
            log_retention_days=1,
            before=[work.function],
        )


def example(
    name: str, *, function_arn: str, bucket: str, account_id: str
) -> tuple[dict[str, object], RunTimeBounds | None]:
    """The definition of an example, and the bounds of its run-time values.

    Raises ValueError for an unknown name.
    """
    match name:
        case "thousand-in-parallel":
            return thousand_in_parallel.definition(function_arn=function_arn), None
        case "csv-file":
            key = "in/rows.csv"
            return csv_file.definition(function_arn=function_arn, bucket=bucket, key=key, account_id=account_id), None
        case "map-in-parallel":
            return map_in_parallel.definition(
                image_function_arn=function_arn, text_function_arn=function_arn, bucket=bucket
            ), None
        case "map-in-map":
            return map_in_map.definition(function_arn=function_arn, bucket=bucket), map_in_map.BOUNDS
        case "own-pipeline":
            return own_pipeline.definition(
                list_objects_arn=function_arn,
                process_objects_arn=function_arn,
                summarize_run_arn=function_arn,
                runs_bucket=bucket,
                account_id=account_id,
            ), own_pipeline.BOUNDS
    raise ValueError(f"{name}: unknown example; use one of {', '.join(NAMES)}")


NAMES = ("thousand-in-parallel", "csv-file", "map-in-parallel", "map-in-map", "own-pipeline")


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


if __name__ == "__main__":
    synthesize()
