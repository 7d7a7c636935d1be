"""The statuses of executions, of Map Runs and of their children."""

PENDING, RUNNING, SUCCEEDED = "PENDING", "RUNNING", "SUCCEEDED"
FAILED, TIMED_OUT, ABORTED = "FAILED", "TIMED_OUT", "ABORTED"
UNSUCCESSFUL = frozenset({FAILED, TIMED_OUT, ABORTED})
