"""What goes wrong: a call to the API, a state of a run, or a run that was told to stop."""


class ApiError(Exception):
    """A refused call, under the name AWS gives it (`StateMachineDoesNotExist`, …)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class StateFailure(Exception):  # noqa: N818 - a state fails in the definition's terms; nothing is wrong here
    """A state failed, with the error name that Retry and Catch match and its cause."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


class Stopped(Exception):  # noqa: N818 - no error: it unwinds a run that was told to stop
    """The run, or the branch or Map Run around this state, was stopped: nothing may be recorded any more."""


DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
EXCEED_TOLERATED_FAILURE_THRESHOLD = "States.ExceedToleratedFailureThreshold"
ITEM_READER_FAILED = "States.ItemReaderFailed"
NO_CHOICE_MATCHED = "States.NoChoiceMatched"
PERMISSIONS = "States.Permissions"
QUERY_EVALUATION_ERROR = "States.QueryEvaluationError"
RESULT_WRITER_FAILED = "States.ResultWriterFailed"
RUNTIME = "States.Runtime"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"


def matches(names: list[str], error: str) -> bool:
    """Whether a retrier's or catcher's ErrorEquals takes `error`.

    `States.ALL` takes neither States.DataLimitExceeded nor States.Runtime, `States.TaskFailed` all but
    timeouts and failed expressions.
    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    if error == RUNTIME:
        return False
    if error in names:
        return True
    if error == DATA_LIMIT_EXCEEDED:
        return False
    return "States.ALL" in names or (TASK_FAILED in names and error not in {TIMEOUT, QUERY_EVALUATION_ERROR})
