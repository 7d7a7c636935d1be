"""ReadableStack: a stack whose plan addresses are readable, without CDKTF's hashes."""

from __future__ import annotations

import cdktf
from constructs import Node


class ReadableStack(cdktf.TerraformStack):
    """A stack whose logical ids are construct paths joined by underscores: `aws_iam_role.state_machine_role`.

    A construct called `this` is the main resource of its parent and adds nothing to the address. If a construct is
    renamed, Terraform destroys and recreates its resources.

    Raises:
        ValueError: two constructs would share an address.
    """

    def _allocate_logical_id(self, element: cdktf.TerraformElement | Node) -> str:
        node = element if isinstance(element, Node) else element.node
        parts = [part.replace("-", "_") for part in node.path.split("/")[1:] if part != "this"]
        address = "_".join(parts)
        paths: dict[str, str] = self.__dict__.setdefault("_paths_by_address", {})
        if paths.setdefault(address, node.path) != node.path:
            raise ValueError(
                f"{node.path} and {paths[address]} would have the same plan address {address}: rename one of them"
            )
        return address
