"""What a deployment tells the person who made it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import cdktf
from constructs import Construct


def outputs(scope: Construct, values: Mapping[str, str], *, after: Iterable[cdktf.TerraformResource]) -> None:
    """Terraform's outputs by name, told when `after` is there: before, a run fails that is started."""
    outputs_scope = Construct(scope, "outputs")
    ready = [f"{made.terraform_resource_type}.{made.friendly_unique_id}" for made in after]
    for name, value in values.items():
        output = cdktf.TerraformOutput(outputs_scope, name, value=value)
        output.override_logical_id(name)
        output.add_override("depends_on", ready)  # cdktf's own argument renders what terraform refuses
