"""Where a stack keeps its Terraform state."""

from __future__ import annotations

import cdktf

from environments.settings import StateBackendSettings


def state_backend(
    stack: cdktf.TerraformStack, *, environment: str, settings: StateBackendSettings, key: str, region: str
) -> None:
    """Keep the state in S3 at `key`, with a native lock file, or in a file beside main.py.

    `region` is the state bucket's Region where `settings` names none.
    """
    if settings.bucket is None:
        # Terraform runs in <output directory>/stacks/<environment>.
        cdktf.LocalBackend(stack, path=f"../../../terraform.{environment}.tfstate")
        return
    cdktf.S3Backend(
        stack,
        bucket=settings.bucket,
        key=key,
        region=settings.region or region,
        encrypt=True,
    )
    # cdktf 0.21 is older than Terraform's native lock file, and has no argument for it.
    stack.add_override("terraform.backend.s3.use_lockfile", True)
