"""Errors: of a call to the API, of a state, and the signal that stops a run."""


class ApiError(Exception):
    """A refused call. `code` is AWS's name for the refusal, such as `StateMachineDoesNotExist`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class StateFailure(Exception):  # noqa: N818 - a state of the definition failed, not this program
    """A state failed. `error` is the name that Retry and Catch match."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


class EvaluationFailure(StateFailure):
    """An expression failed. `location` is its field, such as `Output/result`; None if no one field is to blame."""

    def __init__(self, cause: str, location: str | None) -> None:
        super().__init__(QUERY_EVALUATION_ERROR, cause)
        self.location = location


class Stopped(Exception):  # noqa: N818 - not an error: it unwinds a run that is stopped
    """The run, or the branch or Map Run around this state, was stopped: nothing more may be recorded."""


DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
EXCEED_TOLERATED_FAILURE_THRESHOLD = "States.ExceedToleratedFailureThreshold"
INTRINSIC_FAILURE = "States.IntrinsicFailure"
ITEM_READER_FAILED = "States.ItemReaderFailed"
NO_CHOICE_MATCHED = "States.NoChoiceMatched"
PERMISSIONS = "States.Permissions"
QUERY_EVALUATION_ERROR = "States.QueryEvaluationError"
REFERENCE_PATH_CONFLICT = "States.ReferencePathConflict"
RESULT_PATH_MATCH_FAILURE = "States.ResultPathMatchFailure"
RESULT_WRITER_FAILED = "States.ResultWriterFailed"
RUNTIME = "States.Runtime"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"


def matches(names: list[str], error: str, *, of_task: bool = False) -> bool:
    """Whether the ErrorEquals of a retrier or a catcher matches `error`. `of_task`: they belong to a Task.

    States.Runtime is never matched, not even by its name. `States.ALL` matches States.DataLimitExceeded of a Task:
    so AWS was recorded, although its page says that it never does. `States.TaskFailed` matches everything but timeouts
    and failed expressions.
    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    if error == RUNTIME:
        return False
    if error in names:
        return True
    if error == DATA_LIMIT_EXCEEDED:
        return of_task and "States.ALL" in names
    return "States.ALL" in names or (TASK_FAILED in names and error not in {TIMEOUT, QUERY_EVALUATION_ERROR})
