"""What a run left undone: the keys that failed or were never tried, as a key list for a new run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.summarize_run.retry_list import RetryList
from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from mapspan.results.finished_run import FinishedRun
from mapspan.results.ledger_text import remainder_phrase
from mapspan.results.run_results import ResultFiles
from mapspan.results.unread_keys import redrive_command, unread_sentence


@dataclass(frozen=True, kw_only=True)
class Remainder:
    """What a run left undone.

    Args:
        keys: the number of keys that failed or were never tried. None if it is unknown, because the listing did not
            finish or no list has the keys; then the whole run is started again.
        run_input: the input of the execution that processes them.
        reason: a sentence for the person who retries.
    """

    keys: int | None
    run_input: Mapping[str, Any]
    reason: str


def write_remainder(deployment: Deployment, run: FinishedRun) -> Remainder:
    """Find what `run` left undone, and write its keys to the run's retry list in the runs bucket.

    Raises:
        CommandError: its Map Run had not read every key, and a redrive reads the others.
    """
    if not run.listing_finished and run.map_run is None:
        return _whole_run(
            deployment,
            run,
            "its listing did not finish and no key was tried"
            if run.has_listing
            else "it ended before it had read any key",
        )
    # A run that succeeded has written its list already, perhaps of millions of keys.
    if run.status == "SUCCEEDED" and "retry" in run.output:
        return _retry_list(run, int(run.output["retry"]["keys"]), run.output["ledger"])
    owner, s3 = deployment.environment.target.account_id, deployment.s3()
    retry_list = RetryList(s3, bucket=deployment.runs_bucket, owner=owner, prefix=run.retry_list, invocation=0)
    retry_list.delete_leftovers()
    results = ResultFiles(s3, run, bucket=deployment.runs_bucket, owner=owner).add_up(retry_list.add)
    retry_list.flush()
    if redrive := redrive_command(deployment.environment.name, run, results):
        raise CommandError(
            f"the Map Run of {run.name} {unread_sentence(run, results)}; `{redrive}` continues it: it reads the other"
            " keys and keeps those that succeeded"
        )
    if results.nameless:
        reason = f"{results.nameless:,} of its keys are in no result file, and it has no key list that names them"
        return _whole_run(deployment, run, reason)
    if results.unread is None or not run.listing_finished:
        return _whole_run(deployment, run, f"its Map Run {unread_sentence(run, results)}, and it can't be redriven")
    return _retry_list(run, retry_list.keys, results.ledger)


def _retry_list(run: FinishedRun, keys: int, ledger: Mapping[str, Any]) -> Remainder:
    reason = f"{keys:,} of {ledger['listed']:,} keys to retry: {remainder_phrase(ledger)}"
    if not keys:
        # An old run's output has no `skipped`.
        outcome = "succeeded or were skipped" if ledger.get("skipped") else "succeeded"
        reason = "nothing to retry" + (f": all {ledger['listed']:,} keys {outcome}" if ledger["listed"] else "")
    return Remainder(keys=keys, run_input={"key_list": {"prefix": run.retry_list}}, reason=reason)


def _whole_run(deployment: Deployment, run: FinishedRun, reason: str) -> Remainder:
    then, now = run.definition.key_source, deployment.environment.key_source
    changed = f"; its key source was {then}, now it is {now}" if then != now else ""
    return Remainder(keys=None, run_input=run.run_input, reason=f"{reason}, so the whole run is started again{changed}")
