"""The `local` environment on a local cloud: start, fill the source bucket, deploy."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from environments.environment import Environment
from environments.files import load
from local_cloud import detached, process
from mapspan.checkout import BUILD, LOCAL_CLOUD, ROOT, synthesize
from mapspan.deploying.terraform import Terraform
from mapspan.deployment import Deployment
from mapspan.local.job_objects import job_objects
from mapspan.local.sample_inventory import deliver_inventory
from mapspan.local.sample_objects import put_all, sample_objects
from mapspan.source_access.arrivals import inventory_base
from modules.jobs.job import Job

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ENVIRONMENT = "local"


@dataclass(frozen=True, kw_only=True)
class LocalDeployment:
    """The `local` environment on one local cloud.

    Args:
        directory: contains cdktf.out and terraform.local.tfstate.
        settings: replace those of the environment's file, if they aren't None.
        job: the job whose samples fill the source bucket. If it is None, sample objects do.
    """

    endpoint_url: str
    directory: Path
    settings: Environment | None = None
    job: Job | None = None

    @property
    def environment(self) -> Environment:
        return self.settings or load(ENVIRONMENT)

    @property
    def deployment(self) -> Deployment:
        return Deployment(environment=self.environment, local_cloud_url=self.endpoint_url)

    @property
    def terraform(self) -> Terraform:
        """Terraform in the stack's directory, pointed at this local cloud."""
        directory = self.directory / "cdktf.out" / "stacks" / ENVIRONMENT
        return Terraform(directory, {"local_cloud_url": self.endpoint_url})

    def source_s3(self) -> S3Client:
        """The source account's S3, with its root user's credentials."""
        source = self.environment.source
        client: S3Client = process.client("s3", source.account_id, self.endpoint_url, self.environment.source_region)
        return client

    def fill_source_bucket(self, objects: int, advance: Callable[[int], None] = lambda _: None) -> None:
        """Create the source bucket if it doesn't exist, and put objects below its first prefix.

        `advance` is called with the number of objects put since its last call.
        """
        source, client = self.environment.source, self.source_s3()
        with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou):
            client.create_bucket(Bucket=source.bucket)
        prefix = source.prefixes[0] if source.prefixes else ""
        items = job_objects(self.job, objects, prefix) if self.job else sample_objects(objects, prefix)
        put_all(client, source.bucket, items, advance)

    def deliver_inventory(self) -> int:
        """Deliver an inventory of the source bucket, as S3 does once a day. Returns its number of keys."""
        environment, source = self.environment, self.environment.source
        return deliver_inventory(
            self.source_s3(),
            self.deployment.s3(),
            source=source.bucket,
            destination=environment.inventory_bucket,
            base=inventory_base(self.deployment),
            prefix=source.prefixes[0] if source.prefixes else "",
        )

    def deploy(self) -> None:
        """Synthesize the stack, and apply it with the real provider."""
        synthesize(self.directory / "cdktf.out", environment=self.settings)
        terraform = self.terraform
        terraform.init()
        terraform.apply()


@contextlib.contextmanager
def throwaway() -> Iterator[LocalDeployment]:
    """A local cloud that is deleted with its state at the end of the block."""
    BUILD.mkdir(exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="throwaway-", dir=BUILD))
    try:
        with process.LocalCloud.start(directory=directory) as cloud:
            yield LocalDeployment(endpoint_url=cloud.endpoint_url, directory=directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def kept(port: int | None = None) -> LocalDeployment:
    """The local cloud that keeps running until `mapspan local stop`. Starts it if it isn't running.

    `port` is by default the one in environments/local.toml.
    """
    if detached.running_cloud(LOCAL_CLOUD) is None:
        # A new cloud is empty: the state of the previous one would be wrong.
        for stale in ROOT.glob(f"terraform.{ENVIRONMENT}.tfstate*"):
            stale.unlink()
    port = port or int((load(ENVIRONMENT).local_cloud_url or ":4566").rsplit(":", 1)[1])
    started = detached.start_detached(LOCAL_CLOUD, port)
    return LocalDeployment(endpoint_url=started.endpoint_url, directory=ROOT)
