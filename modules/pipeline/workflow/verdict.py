"""How a run ends: the verdict on its ledger, or success because no key was found."""

from collections.abc import Iterator
from dataclasses import dataclass

from modules.asl.quotas import MAX_ITEMS
from modules.pipeline.workflow.names import (
    ALL_ACCOUNTED_FOR,
    DONE,
    KEY_LISTS,
    KEYS_LEFT_UNREAD,
    LEDGER_MISMATCH,
    MAP_RUNS,
    NOTHING_TO_PROCESS,
    RECORD_SUCCESS,
    TOO_MANY_FAILED_OBJECTS,
)

# What a listing looked at: null in a run without one.
LOOKED = {name: f"{{% ${name} %}}" for name in ("seen", "looked_from", "looked_until")}
# Keys to retry: a skipped key is not one of them.
_LEFT = "$summary.ledger.failed + $summary.ledger.pending"
_DONE = "$summary.ledger.succeeded + $summary.ledger.skipped"


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How much may fail in a run that succeeds: a percentage, a count, or nothing at all.

    It holds for a Map Run's batches and again, key by key, for the verdict.
    """

    percentage: int | None
    count: int | None

    def errors(self) -> Iterator[str]:
        if self.percentage is not None and self.count is not None:
            yield "tolerated_failure_count: tolerated_failure_percentage is set too; set only one of them"

    @property
    def exceeded(self) -> str:
        """The condition under which more keys are left than is tolerated."""
        if self.percentage is not None:
            return f"({_LEFT}) * 100 > {self.percentage} * $summary.ledger.listed"
        return f"({_LEFT}) > {self.count or 0}"

    def __str__(self) -> str:
        return f"{self.percentage} percent" if self.percentage is not None else f"{self.count or 0}"


def nothing_to_process() -> dict[str, object]:
    """The end of a run that found no key; its output has the same shape as any other's."""
    return {
        NOTHING_TO_PROCESS: {
            "Type": "Succeed",
            "Output": {
                "ledger": {"listed": 0, "succeeded": 0, "skipped": 0, "failed": 0, "pending": 0},
                "failures": {},
                "skips": {},
                "retry": {"prefix": f"{{% '{KEY_LISTS}' & $states.context.Execution.Name & '/retry/' %}}", "keys": 0},
                "key_list": "{% $key_list %}",
                "map_runs": "{% $map_runs %}",
                **LOOKED,
            },
        },
    }


def verdict(tolerance: Tolerance, *, counted: bool, incremental: bool) -> dict[str, object]:
    """Whether every listed key is accounted for, and whether more keys are left than is tolerated.

    `counted` is whether the Map read the keys without a key list, so that it may have stopped at its limit;
    `incremental`, whether a success is recorded for the next run.
    """
    return {
        **_all_accounted_for(tolerance, counted=counted, incremental=incremental),
        **(_keys_left_unread() if counted else {}),
        **_ledger_mismatch(),
        **_too_many_failed_objects(tolerance),
        **_done(),
    }


def _all_accounted_for(tolerance: Tolerance, *, counted: bool, incremental: bool) -> dict[str, object]:
    return {
        ALL_ACCOUNTED_FOR: {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": f"{{% $summary.ledger.listed != {_DONE} + {_LEFT} %}}",
                    "Next": LEDGER_MISMATCH,
                },
                {"Condition": f"{{% {tolerance.exceeded} %}}", "Next": TOO_MANY_FAILED_OBJECTS},
                *([{"Condition": "{% $cut_off %}", "Next": KEYS_LEFT_UNREAD}] if counted else []),
                *([{"Condition": "{% $unrestricted %}", "Next": RECORD_SUCCESS}] if incremental else []),
            ],
            "Default": DONE,
        }
    }


def _keys_left_unread() -> dict[str, object]:
    return {
        KEYS_LEFT_UNREAD: {
            "Type": "Fail",
            "Error": KEYS_LEFT_UNREAD,
            "Cause": f"A Map Run reads at most {MAX_ITEMS:,} keys, and this one read that many, so keys may be left:"
            ' set key_source = "listing", which has no such limit, deploy, and start a run',
        }
    }


def _ledger_mismatch() -> dict[str, object]:
    return {
        LEDGER_MISMATCH: {
            "Type": "Fail",
            "Error": LEDGER_MISMATCH,
            "Cause": (
                "{% 'the ledger does not add up: listed ' & $summary.ledger.listed & ' is not succeeded '"
                " & $summary.ledger.succeeded & ' + skipped ' & $summary.ledger.skipped & ' + failed '"
                " & $summary.ledger.failed & ' + pending ' & $summary.ledger.pending & '; the results are in s3://'"
                f" & $map_runs[0].ResultWriterDetails.Bucket & '/{MAP_RUNS}' & $states.context.Execution.Name & '/' %}}"
            ),
        }
    }


def _too_many_failed_objects(tolerance: Tolerance) -> dict[str, object]:
    return {
        TOO_MANY_FAILED_OBJECTS: {
            "Type": "Fail",
            "Error": TOO_MANY_FAILED_OBJECTS,
            "Cause": (
                "{% $summary.ledger.failed & ' of ' & $summary.ledger.listed & ' keys failed and '"
                f" & $summary.ledger.pending & ' are pending; tolerated: {tolerance}; failures: '"
                " & $string($summary.failures) & '; the keys to retry are below '"
                " & $summary.retry.prefix & ' in ' & $map_runs[0].ResultWriterDetails.Bucket %}"
            ),
        }
    }


def _done() -> dict[str, object]:
    return {
        DONE: {
            "Type": "Succeed",
            "Output": {
                "ledger": "{% $summary.ledger %}",
                "failures": "{% $summary.failures %}",
                "skips": "{% $summary.skips %}",
                "retry": "{% $summary.retry %}",
                "key_list": "{% $key_list %}",
                "map_runs": "{% $map_runs %}",
                **LOOKED,
            },
        }
    }
