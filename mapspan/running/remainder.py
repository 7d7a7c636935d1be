"""What a run left undone: the keys that failed or were never tried, as a key list for a new run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from lambdas.shared.name_counts import most_first
from lambdas.shared.retry_line import RetryLine
from lambdas.summarize_run.ledger import Ledger
from lambdas.summarize_run.retry_list import RetryList
from mapspan.checkout import CommandError
from mapspan.costs.cost import Cost
from mapspan.deployment import Deployment
from mapspan.outside_text import visible
from mapspan.results.finished_run import FinishedRun
from mapspan.results.keys_to_retry import PENDING, read_keys_to_retry
from mapspan.results.ledger_text import remainder_phrase
from mapspan.results.run_costs import retry_costs
from mapspan.results.run_results import ResultFiles, RunResults
from mapspan.results.unread_keys import redrive_command, unread_sentence
from modules.pipeline.workflow.input_rule import KEY_LIST, PREFIX, RETRY_ERRORS, RETRY_OF
from modules.pipeline.workflow.retry_rules import is_execution_name


@dataclass(frozen=True, kw_only=True)
class Remainder:
    """What a run left undone.

    Args:
        keys: the number of keys to retry. None if it is unknown, because the listing did not finish or no list has the
            keys; then the whole run is started again.
        run_input: the input of the execution that processes them.
        reason: a sentence for the person who retries.
        errors: the number of these keys by error, the most frequent first; PENDING for keys that were never tried.
        costs: what the retry costs at most, by the times that the run measured. None if it measured none.
    """

    keys: int | None
    run_input: Mapping[str, Any]
    reason: str
    errors: Mapping[str, int] = field(default_factory=dict)
    costs: list[Cost] | None = None

    @property
    def usd(self) -> float | None:
        return None if self.costs is None else sum(cost.usd for cost in self.costs)


def write_remainder(deployment: Deployment, run: FinishedRun, errors: Collection[str] = ()) -> Remainder:
    """Find what `run` left undone, and write its keys to a key list in the runs bucket.

    `errors`: only the keys whose last outcome is one of these errors; by default all that are left.

    Raises:
        CommandError: its Map Run had not read every key, and a redrive reads the others; or no key has one of the
            errors.
    """
    if errors:
        return _limited(deployment, run, errors)
    if not run.listing_finished and run.map_run is None:
        return _whole_run(deployment, run, _untried(run))
    # A run that succeeded has written its list already, perhaps of millions of keys.
    if run.status == "SUCCEEDED" and "retry" in run.output:
        counts = _counts(run.output.get("failures", {}), run.output["ledger"])
        keys = int(run.output["retry"]["keys"])
        return _all_keys(deployment, run, run.retry_list, run.output["ledger"], keys=keys, errors=counts)
    # A redrive writes `run.retry_list` again, and this retry's list has to stay.
    prefix = run.retry_list_of(())
    retry_list = _key_list(deployment, prefix)
    results = _files(deployment, run).add_up(retry_list.add)
    retry_list.flush()
    _refuse_unread_keys(deployment, run, results)
    if results.nameless:
        reason = f"{results.nameless:,} of its keys are in no result file, and it has no key list that names them"
        return _whole_run(deployment, run, reason)
    if results.unread is None or not run.listing_finished:
        return _whole_run(deployment, run, f"its Map Run {unread_sentence(run, results)}, and it can't be redriven")
    counts = _counts(results.failures, results.ledger)
    return _all_keys(deployment, run, prefix, results.ledger, keys=retry_list.keys, errors=counts)


def _limited(deployment: Deployment, run: FinishedRun, errors: Collection[str]) -> Remainder:
    """The keys with one of the errors."""
    if not run.listing_finished and run.map_run is None:
        raise CommandError(f"--error: no key of {run.name} failed: {_untried(run)}; leave --error out")
    prefix, counts = run.retry_list_of(errors), Counter[str]()
    key_list = _key_list(deployment, prefix)

    def add(line: RetryLine, error: str) -> None:
        counts[error] += 1
        if error in errors:
            key_list.add(line)

    results = read_keys_to_retry(_files(deployment, run), add)
    key_list.flush()
    _refuse_unread_keys(deployment, run, results)
    if PENDING in errors and (results.nameless or results.unread is None):
        raise CommandError(
            f"--error {PENDING}: no key list names the keys that {run.name} did not try; without --error, the whole run"
            " is started again"
        )
    for error in errors:
        if error not in counts:
            raise CommandError(f"--error {visible(error)}: no key of {run.name} has this error{_there_are(counts)}")
    ledger, names = results.ledger, ", ".join(visible(error) for error in errors)
    return Remainder(
        keys=key_list.keys,
        run_input=_retry_input(run, prefix, errors),
        reason=f"{key_list.keys:,} of {ledger['listed']:,} keys to retry: only those with {names}",
        errors=most_first({error: counts[error] for error in errors}),
        costs=retry_costs(deployment.environment, run, ledger, keys=key_list.keys),
    )


def _all_keys(
    deployment: Deployment,
    run: FinishedRun,
    prefix: str,
    ledger: Ledger,
    *,
    keys: int,
    errors: Mapping[str, int],
) -> Remainder:
    reason = f"{keys:,} of {ledger['listed']:,} keys to retry: {remainder_phrase(ledger)}"
    if not keys:
        outcome = "succeeded or were skipped" if ledger["skipped"] else "succeeded"
        reason = "nothing to retry" + (f": all {ledger['listed']:,} keys {outcome}" if ledger["listed"] else "")
    return Remainder(
        keys=keys,
        run_input=_retry_input(run, prefix),
        reason=reason,
        errors=errors,
        costs=retry_costs(deployment.environment, run, ledger, keys=keys),
    )


def _retry_input(run: FinishedRun, prefix: str, errors: Collection[str] = ()) -> dict[str, Any]:
    """The input of a retry. Only a run whose name the input's rules allow can be named: mapspan gives no other."""
    link = {RETRY_OF: run.name, **({RETRY_ERRORS: list(errors)} if errors else {})}
    return {KEY_LIST: {PREFIX: prefix}, **(link if is_execution_name(run.name) else {})}


def _whole_run(deployment: Deployment, run: FinishedRun, reason: str) -> Remainder:
    """The run's own input: the new run looks for its keys itself, and is no retry of these keys."""
    then, now = run.definition.key_source, deployment.environment.key_source
    changed = f"; its key source was {then}, now it is {now}" if then != now else ""
    return Remainder(keys=None, run_input=run.run_input, reason=f"{reason}, so the whole run is started again{changed}")


def _refuse_unread_keys(deployment: Deployment, run: FinishedRun, results: RunResults) -> None:
    if redrive := redrive_command(deployment.environment.name, run, results):
        raise CommandError(
            f"the Map Run of {run.name} {unread_sentence(run, results)}; `{redrive}` continues it: it reads the other"
            " keys and keeps those that succeeded"
        )


def _untried(run: FinishedRun) -> str:
    if run.has_listing:
        return "its listing did not finish and no key was tried"
    return "it ended before it had read any key"


def _there_are(counts: Mapping[str, int]) -> str:
    """The errors that there are, as the end of a sentence."""
    if not counts:
        return ", and none is left to retry"
    names = ", ".join(f"{visible(error)} {keys:,}" for error, keys in most_first(counts).items())
    return f": write one of {names}"


def _counts(failures: Mapping[str, int], ledger: Ledger) -> dict[str, int]:
    pending = {PENDING: ledger["pending"]} if ledger["pending"] else {}
    return most_first({**failures, **pending})


def _key_list(deployment: Deployment, prefix: str) -> RetryList:
    owner = deployment.environment.target.account_id
    return RetryList(deployment.s3(), bucket=deployment.runs_bucket, owner=owner, prefix=prefix, invocation=0)


def _files(deployment: Deployment, run: FinishedRun) -> ResultFiles:
    owner = deployment.environment.target.account_id
    return ResultFiles(deployment.s3(), run, bucket=deployment.runs_bucket, owner=owner)
