"""JobError: a job that can't be packaged, and how its errors name a path."""

from __future__ import annotations

from pathlib import Path


class JobError(Exception):
    """The job can't be packaged. The message is one sentence that names the file or the package, and what to do.

    It may quote a user's file or pip: characters that a terminal would act on are escaped.
    """

    def __init__(self, message: str) -> None:
        super().__init__(
            "".join(character if character.isprintable() else ascii(character)[1:-1] for character in message)
        )


def shown(path: Path) -> str:
    """The path as a user would write it: relative to the current directory, if it is below it."""
    current = Path.cwd()
    return str(path.relative_to(current) if path.is_relative_to(current) else path)
