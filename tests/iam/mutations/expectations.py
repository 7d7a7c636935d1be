"""Every expectation: of what bootstrap creates, and of the shared statements."""

from __future__ import annotations

from tests.iam.mutations.boundaries import boundaries
from tests.iam.mutations.deploy_roles import deploy_roles, state_bucket
from tests.iam.mutations.expectation import Expectation
from tests.iam.mutations.job_grants import job_grants
from tests.iam.mutations.network import network
from tests.iam.mutations.pipeline import pipelines


def expectations() -> list[Expectation]:
    return [deploy_roles(), state_bucket(), *boundaries(), *pipelines(), job_grants(), network()]
