"""What a run's input says of the run that it retries."""

from __future__ import annotations

from dataclasses import dataclass

from mapspan.results.keys_to_retry import PENDING
from modules.pipeline.workflow.input_rule import KEY_LIST, PREFIX, RETRY_ERRORS, RETRY_OF
from modules.pipeline.workflow.input_rules import input_rules, refusal
from modules.pipeline.workflow.names import LISTING


@dataclass(frozen=True, kw_only=True)
class RetryLink:
    """A link from a retry to the run whose keys it retries.

    Args:
        retry_of: the name of that run.
        errors: the errors whose keys it retries; None for all keys that failed or were never tried.
        key_list: the prefix of the key list.
    """

    retry_of: str
    errors: tuple[str, ...] | None
    key_list: str

    @property
    def takes_pending(self) -> bool:
        """Whether it retries the keys that were never tried."""
        return self.errors is None or PENDING in self.errors

    @property
    def takes_failed(self) -> bool:
        """Whether it retries any key that failed."""
        return self.errors is None or set(self.errors) != {PENDING}


def read_link(run_input: object) -> RetryLink | None:
    """None if the run is no retry, or if it ended because the rules refuse its input."""
    if not isinstance(run_input, dict) or RETRY_OF not in run_input:
        return None
    if refusal(run_input, input_rules(LISTING, allowed=())) is not None:
        return None
    errors = run_input.get(RETRY_ERRORS)
    return RetryLink(
        retry_of=run_input[RETRY_OF],
        errors=None if errors is None else tuple(errors),
        key_list=run_input[KEY_LIST][PREFIX],
    )
