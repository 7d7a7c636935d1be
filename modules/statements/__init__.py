"""The IAM statements that don't follow from a definition.

Plain dicts, no CDKTF: what IAM decides on them is tested in milliseconds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Statements = Sequence[Mapping[str, Any]]
