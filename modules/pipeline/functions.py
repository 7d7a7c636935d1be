"""PipelineFunctions: the functions of one pipeline, each made from its package in `lambdas/`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from constructs import Construct

from environments.settings import ListObjectsSettings, ProcessObjectsSettings, SummarizeRunSettings
from modules.bucket_reference import BucketReference
from modules.location import Location
from modules.python_function import PythonFunction
from modules.statements import Statements, functions

LAMBDAS = Path(__file__).parents[2] / "lambdas"


class PipelineFunctions:
    """Makes functions at `<scope>_<id>`, named `<prefix>-<id>`, and may do what each needs.

    Args:
        runs: the runs bucket.

    Exposes `made`, by id.
    """

    def __init__(
        self, scope: Construct, *, prefix: str, location: Location, log_retention_days: int, runs: BucketReference
    ) -> None:
        self._scope = scope
        self._prefix = prefix
        self._location = location
        self._log_retention_days = log_retention_days
        self._runs = runs
        self.made: dict[str, PythonFunction] = {}

    @property
    def names(self) -> dict[str, str]:
        """The functions' names, by id."""
        return {id_: self._name(id_) for id_ in self.made}

    def list_objects(self, *, source: BucketReference, sizing: ListObjectsSettings) -> PythonFunction:
        """Lists `source` and writes key lists."""
        return self._function(
            "list_objects",
            sizing=sizing,
            environment={
                **_variables("SOURCE", source),
                "SOURCE_REGION": source.location.region,
                **_variables("RUNS", self._runs),
                "LIST_THREADS": str(sizing.threads),
                "KEYS_PER_PART": str(sizing.keys_per_part),
                "MALLOC_ARENA_MAX": "2",  # measured: memory stays flat, where one arena a thread doubles it
            },
            needs=functions.list_objects(
                source_bucket_arn=source.arn,
                prefixes=source.prefixes,
                runs_bucket_arn=self._runs.arn,
                runs_key_arn=self._runs.key_arn,
            ),
        )

    def process_objects(self, *, objects: BucketReference, sizing: ProcessObjectsSettings) -> PythonFunction:
        """Reads the objects of a batch and gives them to the processor."""
        return self._function(
            "process_objects",
            sizing=sizing,
            environment={
                **_variables("SOURCE", objects),
                "SOURCE_REGION": objects.location.region,
                "READ_THREADS": str(sizing.threads),
            },
            needs=functions.process_objects(
                source_bucket_arn=objects.arn, prefixes=objects.prefixes, source_key_arn=objects.key_arn
            ),
            reserved_concurrency=sizing.reserved_concurrency,
        )

    def summarize_run(self, *, sizing: SummarizeRunSettings) -> PythonFunction:
        """Adds up the ledger and writes the keys to retry."""
        return self._function(
            "summarize_run",
            sizing=sizing,
            environment=_variables("RUNS", self._runs),
            needs=functions.summarize_run(runs_bucket_arn=self._runs.arn, runs_key_arn=self._runs.key_arn),
        )

    def _function(
        self,
        id_: str,
        *,
        sizing: ListObjectsSettings | ProcessObjectsSettings | SummarizeRunSettings,
        environment: Mapping[str, str],
        needs: Mapping[str, Statements],
        reserved_concurrency: int | None = None,
    ) -> PythonFunction:
        """The function whose package directory is `lambdas/<id_>`."""
        self.made[id_] = PythonFunction(
            self._scope,
            id_,
            name=self._name(id_),
            source=LAMBDAS / id_,
            location=self._location,
            environment=environment,
            needs=needs,
            memory_mb=sizing.memory_mb,
            timeout_seconds=sizing.timeout_seconds,
            log_retention_days=self._log_retention_days,
            reserved_concurrency=reserved_concurrency,
        )
        return self.made[id_]

    def _name(self, id_: str) -> str:
        return f"{self._prefix}-{id_.replace('_', '-')}"


def _variables(name: str, bucket: BucketReference) -> dict[str, str]:
    return {f"{name}_BUCKET": bucket.name, f"{name}_ACCOUNT_ID": bucket.location.account_id}
