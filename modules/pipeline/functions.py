"""PipelineFunctions: the functions of one pipeline, each created from its package in `lambdas/`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from constructs import Construct

from environments.company import VpcSettings
from environments.job import JobSettings
from environments.settings import ListObjectsSettings, SummarizeRunSettings
from modules.bucket_reference import BucketReference
from modules.function_code import CodeBucket, FunctionCode
from modules.jobs.build import job_package
from modules.jobs.job import find_job
from modules.jobs.package_versions import JOB_PACKAGES, package_versions
from modules.jobs.platform import lambda_platform, this_machine
from modules.jobs.requirements import locked_packages
from modules.location import Location
from modules.pipeline.job_needs import bucket_variables
from modules.pipeline.workflow.names import CODE
from modules.private_bucket import PrivateBucket
from modules.python_function import PythonFunction
from modules.resource_names import function_name
from modules.statements import Statements, functions
from modules.statements.bucket_owners import in_owners_accounts

ROOT = Path(__file__).parents[2]
LAMBDAS = ROOT / "lambdas"

# The functions' ids: their packages' directories, and what their plan addresses begin with.
LIST_FUNCTION = "list_objects"
PROCESS_FUNCTION = "process_objects"
SUMMARIZE_FUNCTION = "summarize_run"


class PipelineFunctions:
    """Creates functions at `<scope>_<id>`, named `<prefix>-<id>`, each with the permissions that it needs.

    Args:
        runs: the runs bucket.
        runs_bucket: the same, as it is created: it takes the code that is too large for a direct upload.
        vpc: the VPC that they run in; None for none.
        local: whether the functions run on this machine, in the local cloud.

    Exposes `by_id`, the functions created so far, and `outputs`, with the packages of the job if it has any.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        prefix: str,
        location: Location,
        log_retention_days: int,
        runs: BucketReference,
        runs_bucket: PrivateBucket,
        vpc: VpcSettings | None,
        local: bool,
    ) -> None:
        self._scope = scope
        self._prefix = prefix
        self._location = location
        self._log_retention_days = log_retention_days
        self._runs = runs
        self._code_bucket = CodeBucket(bucket=runs_bucket, prefix=CODE)
        self._vpc = vpc
        self._local = local
        self.by_id: dict[str, PythonFunction] = {}
        self.outputs: dict[str, str] = {}

    @property
    def names(self) -> dict[str, str]:
        """The functions' names, by id."""
        return {id_: self._name(id_) for id_ in self.by_id}

    def role_arn(self, id_: str) -> str:
        """The ARN of a function's role as a literal, for documents that no Terraform of ours applies."""
        return self._location.role_arn(self._name(id_))

    def list_objects(
        self, *, source: BucketReference, settings: ListObjectsSettings, listers: int, overlap_days: int | None
    ) -> PythonFunction:
        """Lists `source` and writes key lists. `listers`: how many list at a time.

        `overlap_days`: None unless runs are incremental.
        """
        return self._function(
            LIST_FUNCTION,
            settings=settings,
            environment={
                **bucket_variables("SOURCE", source),
                "SOURCE_REGION": source.location.region,
                **bucket_variables("RUNS", self._runs),
                "LIST_THREADS": str(settings.threads),
                "KEYS_PER_PART": str(settings.keys_per_part),
                "MAX_ITEMS_PER_SHARD": str(settings.max_items_per_shard),
                "LISTERS": str(listers),
                "DEAL_AFTER_SECONDS": str(settings.deal_after_seconds),
                **({"REQUESTER_PAYS": "true"} if source.requester_pays else {}),
                **({"OVERLAP_DAYS": str(overlap_days)} if overlap_days else {}),
                "MALLOC_ARENA_MAX": "2",  # measured: memory stays flat, where one arena a thread doubles it
            },
            needs=in_owners_accounts(
                functions.list_objects(
                    source_bucket_arn=source.arn,
                    prefixes=source.prefixes,
                    runs_bucket_arn=self._runs.arn,
                    runs_key_arn=self._runs.key_arn,
                    incremental=overlap_days is not None,
                ),
                [source, self._runs],
            ),
        )

    def process_objects(
        self, *, settings: JobSettings, variables: Mapping[str, str], needs: Mapping[str, Statements]
    ) -> PythonFunction:
        """Calls the job for each object of a batch.

        Raises JobError if the job can't be packaged.
        """
        return self._function(
            PROCESS_FUNCTION,
            settings=settings,
            environment=variables,
            needs=needs,
            reserved_concurrency=settings.reserved_concurrency,
            ephemeral_storage_mb=settings.ephemeral_storage_mb,
            code=self._job_code(settings),
        )

    def summarize_run(self, *, settings: SummarizeRunSettings, incremental: bool) -> PythonFunction:
        """Adds up the ledger and writes the keys to retry; if `incremental`, records each success."""
        return self._function(
            SUMMARIZE_FUNCTION,
            settings=settings,
            environment=bucket_variables("RUNS", self._runs),
            needs=in_owners_accounts(
                functions.summarize_run(
                    runs_bucket_arn=self._runs.arn, runs_key_arn=self._runs.key_arn, incremental=incremental
                ),
                [self._runs],
            ),
        )

    def _function(
        self,
        id_: str,
        *,
        settings: ListObjectsSettings | JobSettings | SummarizeRunSettings,
        environment: Mapping[str, str],
        needs: Mapping[str, Statements],
        reserved_concurrency: int | None = None,
        ephemeral_storage_mb: int = 512,
        code: FunctionCode | None = None,
    ) -> PythonFunction:
        """The function whose package directory is `lambdas/<id_>`."""
        self.by_id[id_] = PythonFunction(
            self._scope,
            id_,
            name=self._name(id_),
            source=LAMBDAS / id_,
            location=self._location,
            environment=environment,
            needs=needs,
            memory_mb=settings.memory_mb,
            timeout_seconds=settings.timeout_seconds,
            log_retention_days=self._log_retention_days,
            reserved_concurrency=reserved_concurrency,
            ephemeral_storage_mb=ephemeral_storage_mb,
            code=code,
            vpc=self._vpc,
        )
        return self.by_id[id_]

    def _job_code(self, settings: JobSettings) -> FunctionCode:
        """The job for Lambda's platform, or for this machine in the local cloud."""
        if settings.image is not None:
            return FunctionCode(image=settings.image, architecture=settings.architecture)
        platform = this_machine() if self._local else lambda_platform(settings.architecture)
        job = find_job(ROOT / settings.path)
        content = job_package(job, platform, report=_report)
        if job.requirements is not None:
            packages = locked_packages(job.requirements, platform)
            self.outputs[JOB_PACKAGES] = package_versions(packages)
        return FunctionCode(content=content, architecture=platform.architecture, bucket=self._code_bucket)

    def _name(self, id_: str) -> str:
        return function_name(self._prefix, id_)


def _report(line: str) -> None:
    sys.stderr.write(f"{line}\n")
