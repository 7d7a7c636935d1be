"""IAM decisions about the deployed environment, with real ARNs: each needed call is allowed, nothing else is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local_cloud import process
from mapspan.review.iam.accounts import Accounts
from mapspan.review.iam.simulator import Simulator
from mapspan.review.iam.unneeded_statements import unneeded_statements
from tests.e2e.conftest import Cloud
from tests.iam.applied_account import read_account
from tests.iam.operation_accounts import (
    OPERATION_ACCOUNTS,
    REFUSED_OPERATION_CALLS,
    SCHEDULE,
    SCHEDULE_ASSUME_CALLS,
    SCHEDULE_CALLS,
)
from tests.iam.pipeline_accounts import (
    ACCOUNTS,
    ASSUME_CALLS,
    CHILD,
    DATA_ARN,
    KEY_LIST,
    LIST,
    MACHINE,
    MACHINE_ARN,
    OBJECT,
    PROCESS,
    REFUSED_CALLS,
    RESULT,
    RETRY_LIST,
    ROLE_CALLS,
    RUNS_ARN,
    SOURCE,
    SUMMARIZE,
    TARGET,
)
from tests.iam.proofs import matrix, surprises, table, unexpected_access
from tests.iam.running_simulator import running_simulator

RESOURCES = [
    "*",
    *(DATA_ARN, OBJECT, f"{DATA_ARN}/2025/11/a.json"),
    *(RUNS_ARN, KEY_LIST, RETRY_LIST, RESULT, f"{RUNS_ARN}/elsewhere"),
    *("arn:aws:s3:::another-bucket", "arn:aws:s3:::another-bucket/2026/11/a.json"),
    *(MACHINE_ARN, CHILD, f"{MACHINE_ARN}-2"),
    *(LIST, PROCESS, SUMMARIZE, MACHINE, SCHEDULE),
    *(f"arn:aws:lambda:us-east-1:{TARGET}:function:mapspan-local-{name}" for name in ("list-objects", "other")),
    f"arn:aws:logs:us-east-1:{TARGET}:log-group:/aws/lambda/mapspan-local-other:log-stream:a",
]
CALLS = [*ROLE_CALLS, *SCHEDULE_CALLS, *ASSUME_CALLS, *SCHEDULE_ASSUME_CALLS]
DENIED = [*REFUSED_CALLS, *(call for call in REFUSED_OPERATION_CALLS if SCHEDULE in (call.principal, call.resource))]
CONTEXTS = [{"s3:prefix": prefix} for prefix in ("2026/11/", "2025/", "key-lists/run/listed/", "map-runs/")]


@pytest.fixture(scope="module")
def accounts(cloud: Cloud) -> Accounts:
    """Both accounts as deployed, without what other tests created there."""
    url = cloud.local.endpoint_url
    target = read_account(TARGET, process.client("iam", TARGET, url), process.client("s3", TARGET, url))
    source = read_account(SOURCE, process.client("iam", SOURCE, url), process.client("s3", SOURCE, url))
    joined = target.joined(source)
    roles = {arn: role for arn, role in joined.roles.items() if "/mapspan-local-" in arn}
    buckets = {name: bucket for name, bucket in joined.buckets.items() if name in ACCOUNTS.buckets}
    return Accounts(roles=roles, buckets=buckets)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running_simulator() as simulator:
        yield simulator


def test_the_deployed_policies_are_those_that_the_unit_floor_proves(accounts: Accounts) -> None:
    """The unit floor also shows that its proofs find mistakes, one at a time."""
    assert accounts.roles.keys() == OPERATION_ACCOUNTS.roles.keys()
    for arn, role in OPERATION_ACCOUNTS.roles.items():
        assert accounts.roles[arn].policies.keys() == role.policies.keys()
        for name, document in role.policies.items():
            assert accounts.roles[arn].policies[name] == document, name
        assert accounts.roles[arn].trust == role.trust
    assert {name: bucket.policy for name, bucket in accounts.buckets.items()} == {
        name: bucket.policy for name, bucket in ACCOUNTS.buckets.items()
    }


def test_every_role_may_make_its_own_calls_and_no_others(simulator: Simulator, accounts: Accounts) -> None:
    cells = list(matrix(simulator, accounts, CALLS))
    print(table(cells))  # noqa: T201 - the matrix to read, with pytest -s
    assert surprises(cells) == []
    assert sum(cell.allowed for cell in cells) == len(CALLS)


def test_conditions_hold_on_both_sides(simulator: Simulator, accounts: Accounts) -> None:
    """Prefix, TLS, SourceArn and account: with the wrong one each call is refused."""
    assert [str(call) for call in DENIED if simulator.allows(accounts, call)] == []


def test_every_statement_is_necessary(simulator: Simulator, accounts: Accounts) -> None:
    assert unneeded_statements(simulator, accounts, calls=CALLS, refused=DENIED) == []


@pytest.mark.parametrize("role", [LIST, PROCESS, SUMMARIZE, MACHINE, SCHEDULE])
def test_the_sweep_over_every_action_finds_nothing_else(simulator: Simulator, accounts: Accounts, role: str) -> None:
    assert (
        unexpected_access(simulator, accounts, role, [*ROLE_CALLS, *SCHEDULE_CALLS], RESOURCES, contexts=CONTEXTS) == []
    )
