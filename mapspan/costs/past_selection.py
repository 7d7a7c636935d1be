"""What a past run selected, for the estimate of the next one."""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.process_objects.unread import NOT_SELECTED
from mapspan.checkout import CommandError
from mapspan.deployment import find_deployment
from mapspan.results.finished_run import FinishedRun, find_run


@dataclass(frozen=True, kw_only=True)
class PastSelection:
    """`seen`: the objects that the run looked at; `selected`: those of them that it processed."""

    seen: int
    selected: int

    @property
    def share(self) -> float:
        return self.selected / self.seen


def read_past_selection(environment_name: str, execution: str) -> PastSelection:
    """What a run that succeeded has selected.

    Raises:
        CommandError: it has not succeeded, was given a key list, or saw no object.
    """
    selection = past_selection(find_run(find_deployment(environment_name), execution))
    if selection is None:
        raise CommandError(
            f"--from {execution}: this run doesn't say what share it selected: name one that succeeded, looked for keys"
            " itself and saw at least one object"
        )
    return selection


def past_selection(run: FinishedRun) -> PastSelection | None:
    """None if the run doesn't say."""
    if run.status != "SUCCEEDED" or run.given_key_list:
        return None
    listed = run.output["ledger"]["listed"]
    seen = run.output.get("seen")
    selected = listed if seen is not None else listed - run.output.get("skips", {}).get(NOT_SELECTED, 0)
    seen = listed if seen is None else seen
    return PastSelection(seen=seen, selected=selected) if seen else None
