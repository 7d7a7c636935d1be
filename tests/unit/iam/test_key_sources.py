"""The proofs for the other two key sources: what is needed is allowed, nothing else is, nothing is superfluous."""

from __future__ import annotations

import pytest

from mapspan.review.iam.simulator import Call, Simulator
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
from tests.iam.proofs import superfluous, unexpected

# A Task reads the manifest's head, and the Map the whole: two needs, of which each alone would do.
TWICE = {(MACHINE, "S3GetObject")}


@pytest.mark.parametrize("name", KEY_SOURCES)
def test_what_is_needed_is_allowed_and_nothing_is_superfluous(simulator: Simulator, name: str) -> None:
    accounts, made, refused = KEY_SOURCES[name]
    found = superfluous(simulator, accounts, made=made, refused=refused)
    assert {(place.owner, place.sid) for place in found} - TWICE == set()


@pytest.mark.parametrize("role", [PROCESS, SUMMARIZE, MACHINE])
def test_no_role_may_do_more_with_an_inventory_or_its_source(simulator: Simulator, role: str) -> None:
    resources = [INVENTORY_BUCKET_ARN, MANIFEST, KEYS, f"{INVENTORY_BUCKET_ARN}/elsewhere", DATA_ARN, OBJECT]
    contexts = [{"s3:prefix": prefix} for prefix in ("", "landing-zone/mapspan-local/")]
    assert unexpected(simulator, INVENTORY_ACCOUNTS, role, INVENTORY_CALLS, resources, contexts=contexts) == []


def test_nobody_but_s3_may_write_deliveries(simulator: Simulator) -> None:
    for role in INVENTORY_ACCOUNTS.roles:
        assert not simulator.allows(INVENTORY_ACCOUNTS, Call(role, "s3:PutObject", KEYS))


@pytest.mark.parametrize("role", [PROCESS, MACHINE, COPIER])
def test_no_role_may_do_more_with_a_replica_or_its_source(simulator: Simulator, role: str) -> None:
    resources = [REPLICA_ARN, COPY, OTHER_COPY, DATA_ARN, OBJECT]
    contexts = [{"s3:prefix": prefix} for prefix in ("2026/11/", "2025/")]
    assert unexpected(simulator, REPLICATION_ACCOUNTS, role, REPLICATION_CALLS, resources, contexts=contexts) == []
