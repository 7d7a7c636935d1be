"""The log lines of some keys of a run, by the tries that the log has of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mapspan.results.keys.function_log import FunctionLog
from mapspan.results.keys.log_line import LogLine

_SHORTEST_KEY = 4  # a shorter key would be found in any line


@dataclass(frozen=True, kw_only=True)
class WantedKey:
    """A key whose lines are wanted. `request_id`: of the try that decided its outcome; None if it is unknown."""

    key: str
    request_id: str | None = None


@dataclass(kw_only=True)
class Try:
    """One invocation that tried a key.

    Args:
        own: the lines about this key: its error, its cause and its traceback.
        others: the invocation's lines that name no key, such as what the job logged about any key of the batch.
    """

    request_id: str
    own: list[LogLine] = field(default_factory=list)
    others: list[LogLine] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class KeyLog:
    """The tries of a key, oldest first; none if the log has no line about it."""

    key: str
    tries: list[Try]


class LogSearch:
    """Searches the log of one run. `advance` gets the time of each line, to show how far the search is."""

    def __init__(
        self,
        log: FunctionLog,
        *,
        run: str,
        started: datetime,
        ended: datetime,
        advance: Callable[[datetime], object] = lambda _: None,
    ) -> None:
        self._log = log
        self._run = run
        self._started = started
        self._ended = ended
        self._advance = advance

    def failed_keys(self, limit: int) -> tuple[list[WantedKey], int]:
        """The first keys that failed so far by the log alone, and how many failed in all; keys that succeeded in a
        later try count too."""
        keys: dict[str, None] = {}
        for line in self._log.failures(self._run, self._started, self._ended):
            self._advance(line.time)
            keys[str(line.key)] = None
        return [WantedKey(key=key) for key in list(keys)[:limit]], len(keys)

    def of(self, wanted: Sequence[WantedKey]) -> list[KeyLog]:
        """The lines of each key, with the other lines of its invocations."""
        tries: dict[str, dict[str, Try]] = {key.key: {} for key in wanted}
        self._find_failures(wanted, tries)
        seen: dict[str, list[LogLine]] = {}
        for key in wanted:
            if key.request_id and key.request_id not in tries[key.key]:
                # The function was killed before it could log the key.
                lines = self._log.naming(key.request_id, self._started, self._ended)
                if lines:
                    tries[key.key][key.request_id] = Try(request_id=key.request_id)
                    seen.setdefault(key.request_id, self._log.invocation(key.request_id, lines[0]))
        for key_, by_id in tries.items():
            for one in by_id.values():
                if one.request_id not in seen:
                    seen[one.request_id] = self._log.invocation(one.request_id, one.own[0])
                _add_others(one, key_, seen[one.request_id])
        return [KeyLog(key=key.key, tries=list(tries[key.key].values())) for key in wanted]

    def _find_failures(self, wanted: Sequence[WantedKey], tries: dict[str, dict[str, Try]]) -> None:
        """One pass over the run's failures. It ends as soon as each key's last try was seen, if all are known."""
        missing = {(key.key, key.request_id) for key in wanted}
        if not missing:
            return
        for line in self._log.failures(self._run, self._started, self._ended):
            self._advance(line.time)
            if line.key not in tries:
                continue
            request_id = line.request_id or "unknown"
            tries[line.key].setdefault(request_id, Try(request_id=request_id)).own.append(line)
            missing.discard((line.key, request_id))
            if not missing:
                return


def _add_others(one: Try, key: str, lines: list[LogLine]) -> None:
    """Add the lines of the invocation: those that name the key to its own, and no failure of another key."""
    for line in lines:
        if line.is_failure:
            continue
        names_it = len(key) >= _SHORTEST_KEY and key in line.message
        (one.own if names_it else one.others).append(line)
    one.own.sort(key=lambda line: line.time)
