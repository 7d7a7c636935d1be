"""Which e2e tests run one after another on one worker of pytest-xdist: those that share a deployment.

The groups that take longest come first, so that no worker waits for the other one in the end.
"""

from __future__ import annotations

from pathlib import Path

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # it has no types

# In the order in which they start.
ORDER = (
    "cloud",
    "key sources",
    "source policy",
    "deploy",
    "commands",
    "jobs",
    "handover",
    "examples",
    "ask aws",
)
# By file. The tests of all other files share the deployed environment, `cloud`.
# (pytest-xdist 3.8's own groups, --dist loadgroup, have no effect with pytest 9.2.)
GROUPS = {
    "test_ask_aws": "ask aws",
    "test_commands": "commands",
    "test_deploy": "deploy",
    "test_examples": "examples",
    "test_handover": "handover",
    "test_incremental": "source policy",
    "test_json_path": "examples",
    "test_jobs": "jobs",
    "test_key_sources": "key sources",
    "test_security": "key sources",
    "test_source_policy": "source policy",
}


class Groups(LoadScopeScheduling):  # type: ignore[misc] # its base has no types
    """Gives each worker of pytest-xdist one group of tests at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    return GROUPS.get(Path(nodeid.partition("::")[0]).stem, "cloud")


def place_of(nodeid: str) -> int:
    """The place of a test's group in ORDER."""
    return ORDER.index(group_of(nodeid))
