"""ReadableStack: plan addresses that say what they are, without CDKTF's hashes."""

from __future__ import annotations

import cdktf
from constructs import Node


class ReadableStack(cdktf.TerraformStack):
    """A stack whose logical ids are the construct path joined by underscores: `aws_iam_role.state_machine_role`.

    A construct called `this` is the main resource of its parent and adds nothing to the address.
    Renaming a construct destroys and creates what it stands for.

    Raises:
        ValueError: two constructs would share an address.
    """

    def _allocate_logical_id(self, element: cdktf.TerraformElement | Node) -> str:
        node = element if isinstance(element, Node) else element.node
        parts = [part.replace("-", "_") for part in node.path.split("/")[1:] if part != "this"]
        address = "_".join(parts)
        taken: dict[str, str] = self.__dict__.setdefault("_paths_by_address", {})
        if taken.setdefault(address, node.path) != node.path:
            raise ValueError(f"{node.path} and {taken[address]} would share the plan address {address}: rename one")
        return address
