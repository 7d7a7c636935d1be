"""A child execution of a Map Run."""

from dataclasses import dataclass

from local_cloud.step_functions.history import History
from local_cloud.step_functions.progress import Progress
from local_cloud.step_functions.spool import Span
from local_cloud.step_functions.status import PENDING
from local_cloud.step_functions.stop import Stop


@dataclass(slots=True)
class Child:
    """`items` is how many of the Map Run's items its input holds. Times are in seconds since the epoch."""

    name: str
    items: int
    input: Span
    status: str = PENDING
    output: Span | None = None
    error: str | None = None
    cause: str | None = None
    started: float | None = None
    ended: float | None = None
    redrives: int = 0
    awaits_redrive: bool = False
    # Whether its output is in a SUCCEEDED file.
    written: bool = False
    # Where a redrive of a STANDARD child resumes. None once the child has succeeded.
    progress: Progress | None = None
    history: History | None = None
    stop: Stop | None = None
