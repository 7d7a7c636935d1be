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


def pipeline_functions(prefix: str) -> tuple[str, ...]:
    """Every function in the target account, by its whole name: `x-*` would be those of the environment `x-2` too."""
    return tuple(function_name(prefix, name) for name in ("list_objects", "process_objects", "summarize_run"))


def pipeline_roles(prefix: str) -> tuple[str, ...]:
    """Every role in the target account that a deploy may create."""
    return (*pipeline_functions(prefix), state_machine_role(prefix), schedule_role(prefix))


def state_machine_role(machine: str) -> str:
    """The role of a state machine, from the machine's name."""
    return f"{machine}-state-machine"


def schedule_role(schedule: str) -> str:
    """The role that starts runs, from the schedule's name."""
    return f"{schedule}-schedule"


def alarm_topic(prefix: str) -> str:
    """The topic that alarms notify, and the alias of its key."""
    return f"{prefix}-alarms"


def boundary_name(prefix: str) -> str:
    """The permissions boundary that `mapspan bootstrap` writes in each account."""
    return f"{prefix}-boundary"
