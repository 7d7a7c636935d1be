"""A deployment's Terraform outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import cdktf
from constructs import Construct


def outputs(scope: Construct, values: Mapping[str, str], *, after: Iterable[cdktf.TerraformResource]) -> None:
    """Create one Terraform output per name; each waits for `after`: a run that is started earlier fails."""
    outputs_scope = Construct(scope, "outputs")
    addresses = [f"{resource.terraform_resource_type}.{resource.friendly_unique_id}" for resource in after]
    for name, value in values.items():
        output = cdktf.TerraformOutput(outputs_scope, name, value=value)
        output.override_logical_id(name)
        output.add_override("depends_on", addresses)  # cdktf's own argument renders what terraform refuses
