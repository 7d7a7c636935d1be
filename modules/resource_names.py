"""The names of functions and roles that several places must agree on, from the environment's prefix."""

from __future__ import annotations


def function_name(prefix: str, directory: str) -> str:
    """The name of a function, and of its role; `directory` is its directory in lambdas/, such as `list_objects`."""
    return f"{prefix}-{directory.replace('_', '-')}"


def replication_role(prefix: str) -> str:
    """The role in the source account with which S3 replicates new objects."""
    return f"{prefix}-replication"


def batch_replication_role(prefix: str) -> str:
    """The role in the source account with which S3 Batch Replication copies existing objects."""
    return f"{prefix}-batch-replication"
