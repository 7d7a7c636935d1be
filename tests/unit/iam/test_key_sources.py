"""The proofs for an inventory and a replica: what is needed is allowed, and nothing else."""

from __future__ import annotations

import pytest

from mapspan.review.iam.simulator import Call, Simulator
from mapspan.review.iam.unneeded_statements import unneeded_statements
from tests.iam.key_source_accounts import (
    COPIER,
    COPY,
    INVENTORY_ACCOUNTS,
    INVENTORY_BUCKET_ARN,
    INVENTORY_CALLS,
    KEY_SOURCES,
    KEYS,
    MANIFEST,
    OTHER_COPY,
    REPLICA_ARN,
    REPLICATION_ACCOUNTS,
    REPLICATION_CALLS,
)
from tests.iam.pipeline_accounts import DATA_ARN, MACHINE, OBJECT, PROCESS, SUMMARIZE
from tests.iam.proofs import unexpected_access


@pytest.mark.parametrize("name", KEY_SOURCES)
def test_what_is_needed_is_allowed_and_every_statement_is_needed(simulator: Simulator, name: str) -> None:
    accounts, calls, refused = KEY_SOURCES[name]
    assert unneeded_statements(simulator, accounts, calls=calls, refused=refused) == []


@pytest.mark.parametrize("role", [PROCESS, SUMMARIZE, MACHINE])
def test_no_role_may_do_anything_else_with_an_inventory_or_its_source(simulator: Simulator, role: str) -> None:
    resources = [INVENTORY_BUCKET_ARN, MANIFEST, KEYS, f"{INVENTORY_BUCKET_ARN}/elsewhere", DATA_ARN, OBJECT]
    contexts = [{"s3:prefix": prefix} for prefix in ("", "landing-zone/mapspan-local/")]
    assert unexpected_access(simulator, INVENTORY_ACCOUNTS, role, INVENTORY_CALLS, resources, contexts=contexts) == []


def test_only_s3_may_write_deliveries(simulator: Simulator) -> None:
    for role in INVENTORY_ACCOUNTS.roles:
        assert not simulator.allows(INVENTORY_ACCOUNTS, Call(role, "s3:PutObject", KEYS))


@pytest.mark.parametrize("role", [PROCESS, MACHINE, COPIER])
def test_no_role_may_do_anything_else_with_a_replica_or_its_source(simulator: Simulator, role: str) -> None:
    resources = [REPLICA_ARN, COPY, OTHER_COPY, DATA_ARN, OBJECT]
    contexts = [{"s3:prefix": prefix} for prefix in ("2026/11/", "2025/")]
    assert (
        unexpected_access(simulator, REPLICATION_ACCOUNTS, role, REPLICATION_CALLS, resources, contexts=contexts) == []
    )
