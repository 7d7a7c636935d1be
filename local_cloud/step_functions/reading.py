"""How a Map Run's items become children."""

import logging
import threading
from collections.abc import Iterable
from typing import Any

from local_cloud.step_functions.children import Children
from local_cloud.step_functions.errors import RUNTIME, StateFailure

logger = logging.getLogger(__name__)


class Reading:
    """Adds a child for each batch of items. As on AWS, children run while further items are read.

    `failure`: why it could not read on. `finished`: whether it has read every item.
    """

    def __init__(self, batches: Iterable[tuple[Any, int]], children: Children) -> None:
        """`batches` are inputs of children, each with its number of items; reading them may raise StateFailure."""
        self.failure: StateFailure | None = None
        self.finished = False
        self._batches = batches
        self._children = children
        self._stopped = False

    @property
    def ended(self) -> bool:
        return self.finished or self._stopped or self.failure is not None

    def run(self) -> None:
        """Reads all items before it returns."""
        try:
            for data, items in self._batches:
                with self._children.changed:
                    if self._stopped:
                        return
                    self._children.add(data, items)
        except StateFailure as failure:
            self._end(failure)
        except Exception as error:
            logger.exception("The items could not be read")
            self._end(StateFailure(RUNTIME, repr(error)))
        else:
            self._end(None)

    def start(self) -> None:
        """Reads on a thread of its own."""
        threading.Thread(target=self.run, name="reading", daemon=True).start()

    def stop(self) -> None:
        """No child is added once it returns."""
        with self._children.changed:
            self._stopped = True

    def _end(self, failure: StateFailure | None) -> None:
        with self._children.changed:
            if self._stopped:
                return
            self.failure, self.finished = failure, failure is None
            self._children.changed.notify_all()
