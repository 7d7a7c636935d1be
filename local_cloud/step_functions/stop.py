"""The switch that stops a run and everything inside it."""

import threading
from typing import Self

from local_cloud.step_functions.errors import Stopped


class Stop:
    """A switch that is thrown once. Throwing it also throws the switches that `child` created from it."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._children: list[Stop] = []
        self._lock = threading.Lock()

    def child(self) -> Self:
        inner = type(self)()
        with self._lock:
            self._children = [child for child in self._children if not child.thrown]
            self._children.append(inner)
        if self.thrown:
            inner.throw()
        return inner

    def forget(self, inner: "Stop") -> None:
        with self._lock:
            self._children = [child for child in self._children if child is not inner]

    @property
    def thrown(self) -> bool:
        return self._event.is_set()

    def throw(self) -> None:
        self._event.set()
        with self._lock:
            children = list(self._children)
        for child in children:
            child.throw()

    def check(self) -> None:
        """Raises Stopped once thrown."""
        if self.thrown:
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Sleeps; raises Stopped as soon as the switch is thrown."""
        if self._event.wait(seconds):
            raise Stopped
