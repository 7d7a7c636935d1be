"""Calls a job for each object of a request, and prints a line of JSON for each. Runs with the job's build alone.

`python trial.py < request.json`: `mapspan.jobs.try_job` starts it, with the job's build and the runtime's packages on
the path. Exits with 1 if an object failed.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from lambdas.job.attempt import Attempt
from lambdas.job.bucket import Bucket
from lambdas.job.local import local_object, local_output
from lambdas.job.reads import Reads
from lambdas.job.source_object import SourceObject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from lambdas.process_objects.client import s3_client
    from lambdas.process_objects.job_call import call_job
    from mapspan.jobs.trial_request import TrialRequest
else:  # in a package, the worker is at the top
    from process_objects.client import s3_client
    from process_objects.job_call import call_job


# The first directory of PYTHONPATH.
_BUILD = Path(sys.path[0])
# A job's seconds_left(): as long as a function may run, since nothing ends a trial.
_SECONDS = 900.0


def main() -> int:
    """Call the job for every object; the exit code."""
    request: TrialRequest = json.load(sys.stdin)
    # The job may print, and so may what it starts: only our lines go to stdout.
    lines = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    logging.basicConfig(format="%(levelname)s %(message)s")
    logging.getLogger("job").setLevel(logging.INFO)  # the job's own logger, and not boto3's
    try:
        process = importlib.import_module("job").process
    except Exception as raised:
        _show("The job can't be imported", raised)
        if isinstance(raised, ModuleNotFoundError):
            sys.stderr.write("A package that the job needs must be in its requirements.txt.\n")
        return 1
    failures = 0
    for source_object in _objects(request):
        call = call_job(process, source_object)
        if isinstance(call.raised, KeyboardInterrupt):
            raise call.raised
        lines.write(json.dumps({name.lower(): value for name, value in call.outcome.items()}) + "\n")
        if call.raised:
            _show(json.dumps(call.outcome["Key"]), call.raised)
        failures += call.outcome["Outcome"] == "Failed"
    return 1 if failures else 0


def _objects(request: TrialRequest) -> Iterator[SourceObject]:
    for file in request.get("files", []):
        yield local_object(file["path"], key=file["key"], output=request["output"])
    if source := request.get("source"):
        client = s3_client(region=source["region"], threads=1)
        bucket = Bucket(client, source["bucket"], source["account_id"], requester_pays=source["requester_pays"])
        for item in request.get("items", []):
            attempt = Attempt(seconds_left=lambda: _SECONDS, out_of_time=lambda: False)
            yield SourceObject(
                Reads(item, source=bucket, attempt=attempt), output=local_output(request["output"], source=client)
            )


def _show(title: str, raised: BaseException) -> None:
    """Print the traceback, from the job's code on."""
    first = raised.__traceback__
    while first and not _is_the_jobs(first):
        first = first.tb_next
    text = "".join(traceback.format_exception(type(raised), raised, first or raised.__traceback__))
    sys.stderr.write(f"{title}: {text}")


def _is_the_jobs(frame: TracebackType) -> bool:
    """Whether a frame is in the build, but not in the worker."""
    file = Path(frame.tb_frame.f_code.co_filename)
    return file.is_relative_to(_BUILD) and not file.is_relative_to(_BUILD / "process_objects")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os._exit(1)  # what reads the lines has ended, such as `head`: nothing is left to flush
