"""The results of a Map Run: its Map's result, and its files in S3.
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cloud.step_functions import result_writer
from local_cloud.step_functions.arn import MapRunArn
from local_cloud.step_functions.child import Child
from local_cloud.step_functions.child_record import record
from local_cloud.step_functions.children import Children
from local_cloud.step_functions.result_writer import Files, ResultWriter
from local_cloud.step_functions.status import FAILED, SUCCEEDED, UNSUCCESSFUL


@dataclass(frozen=True)
class MapResults:
    arn: MapRunArn
    children: Children

    def write(self, writer: ResultWriter, files: Files, scratch: Path) -> tuple[dict[str, Any], Files]:
        """Writes the files; returns the Map's result, and what the manifest names.

        `files` are those that the manifest named so far. Raises StateFailure.
        """
        details, named = writer.write(self._unwritten, files, scratch)
        for child in self.children:
            child.written = child.status == SUCCEEDED
        return {"MapRunArn": str(self.arn), "ResultWriterDetails": details}, named

    def value(self, writer: dict[str, Any] | None) -> list[Any]:
        """The Map's result if no files are written: records or outputs in the order of the items."""
        if writer:
            transformation = writer.get("WriterConfig", {}).get("Transformation", "NONE")
            succeeded = (child for child in self.children if child.status == SUCCEEDED)
            return list(result_writer.transform(self._records(succeeded), transformation))
        return [
            self.children.output(child.output)
            if child.output
            else {"Status": child.status, "Error": child.error, "Cause": child.cause}
            for child in self.children
        ]

    def _unwritten(self, file: str) -> Iterator[dict[str, Any]]:
        """The records of a file, without the successes that an earlier attempt has written."""
        statuses = UNSUCCESSFUL if file == FAILED else {file}
        return self._records(child for child in self.children if child.status in statuses and not child.written)

    def _records(self, children: Iterable[Child]) -> Iterator[dict[str, Any]]:
        return (
            record(
                child,
                self.arn.child(child.name),
                str(self.arn.machine),
                self.children.input_text(child),
                self.children.output_text(child),
            )
            for child in children
        )
