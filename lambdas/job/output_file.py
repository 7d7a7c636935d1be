"""OutputFile: the file that a job writes before it is uploaded."""

from __future__ import annotations

import tempfile


class OutputFile(tempfile.SpooledTemporaryFile[bytes]):
    """In memory up to `max_size`, then in the temp dir.

    Libraries close a file that they wrote to, and so does a TextIOWrapper: its content is kept nevertheless, until
    `discard`.
    """

    def close(self) -> None:
        self.flush()

    def discard(self) -> None:
        super().close()
