"""The proofs themselves: correct accounts pass, and each mistake that is put into them is found."""

from dataclasses import replace

import pytest

from mapspan.review.iam.accounts import Accounts, Bucket, Role
from mapspan.review.iam.simulator import Call, Simulator, UndecidableError
from mapspan.review.iam.unneeded_statements import unneeded_statements
from tests.iam.changed_accounts import with_fields
from tests.iam.pipeline_accounts import (
    ACCOUNTS,
    ASSUME_CALLS,
    DATA,
    FUNCTIONS,
    KEY_LIST,
    LIST,
    MACHINE,
    MACHINE_ARN,
    OBJECT,
    PROCESS,
    REFUSED_CALLS,
    RESULT,
    ROLE_CALLS,
    RUNS,
    SUMMARIZE,
    TARGET,
    document,
)
from tests.iam.proofs import matrix, surprises, table, unexpected_access

NEIGHBOURS = [
    "*",
    f"arn:aws:s3:::{DATA}",
    f"arn:aws:s3:::{DATA}/2026/11/a.json",
    f"arn:aws:s3:::{DATA}/2025/11/a.json",
    f"arn:aws:s3:::{RUNS}",
    KEY_LIST,
    RESULT,
    f"arn:aws:s3:::{RUNS}/elsewhere",
    "arn:aws:s3:::another-bucket/2026/11/a.json",
    MACHINE_ARN,
    f"{FUNCTIONS['list-objects']}-2",
    MACHINE,
]
PREFIXES = [{"s3:prefix": "2026/11/"}, {"s3:prefix": "2025/"}, {"s3:prefix": "key-lists/run/listed/"}]


def changed(owner: str, sid: str, **fields: object) -> Accounts:
    """The accounts with some fields of one statement replaced."""
    return with_fields(ACCOUNTS, owner, sid, **fields)


def test_every_role_may_make_its_own_calls_and_nobody_elses(simulator: Simulator) -> None:
    cells = list(matrix(simulator, ACCOUNTS, [*ROLE_CALLS, *ASSUME_CALLS]))
    assert surprises(cells) == [], "\n" + table(cells)
    assert {cell.allowed for cell in cells} == {True, False}


def test_conditions_hold_on_both_sides(simulator: Simulator) -> None:
    assert [str(call) for call in REFUSED_CALLS if simulator.allows(ACCOUNTS, call)] == []


def test_every_statement_is_needed(simulator: Simulator) -> None:
    assert unneeded_statements(simulator, ACCOUNTS, calls=[*ROLE_CALLS, *ASSUME_CALLS], refused=REFUSED_CALLS) == []


def test_an_unneeded_statement_is_found(simulator: Simulator) -> None:
    policies = ACCOUNTS.roles[LIST].policies
    lister = replace(ACCOUNTS.roles[LIST], policies={**policies, "again": policies["write-key-list"]})
    doubled = replace(ACCOUNTS, roles={**ACCOUNTS.roles, LIST: lister})
    locations = unneeded_statements(simulator, doubled, calls=[*ROLE_CALLS, *ASSUME_CALLS], refused=REFUSED_CALLS)
    assert {location.policy for location in locations} == {"again", "write-key-list"}


@pytest.mark.parametrize("role", [LIST, PROCESS, SUMMARIZE, MACHINE])
def test_the_sweep_over_every_action_finds_nothing_else(simulator: Simulator, role: str) -> None:
    assert unexpected_access(simulator, ACCOUNTS, role, ROLE_CALLS, NEIGHBOURS, contexts=PREFIXES) == []
    # The sweep does find access: without any expected call, each role has some.
    assert unexpected_access(simulator, ACCOUNTS, role, [], [call.resource for call in ROLE_CALLS], contexts=PREFIXES)


@pytest.mark.parametrize(
    ("wider", "role", "side"),
    [
        (changed(PROCESS, "ReadSourceObjects", Resource=f"arn:aws:s3:::{DATA}/*"), PROCESS, "its own side"),
        (changed(PROCESS, "ReadSourceObjects", Resource="*"), PROCESS, "its own side"),
        (changed(PROCESS, "ReadSourceObjects", Action=["s3:GetObject", "s3:DeleteObject"]), PROCESS, "its own side"),
        (changed(LIST, "ListSourceBucket", Condition={}), LIST, "its own side"),
        (changed(LIST, "WriteKeyList", Resource=f"arn:aws:s3:::{RUNS}/*"), LIST, "both sides"),
        (changed(DATA, "ReadSourceObjects", Action="s3:*"), PROCESS, "the other side"),
        (changed(DATA, "ReadSourceObjects", Resource=f"arn:aws:s3:::{DATA}/*"), PROCESS, "the other side"),
        (changed(DATA, "ListSourceBucket", Condition={}), LIST, "the other side"),
        (changed(DATA, "ListSourceBucket", Principal={"AWS": [LIST, PROCESS]}), PROCESS, "the other side"),
        (changed(DATA, "ListSourceBucket", Principal="*"), SUMMARIZE, "the other side"),
        (changed(MACHINE, "InvokeFunctions", Resource=[f"{FUNCTIONS['list-objects']}*"]), MACHINE, "both sides"),
        (changed(MACHINE, "ReadItems", Resource=f"arn:aws:s3:::{RUNS}/*"), MACHINE, "both sides"),
        (changed(MACHINE, "Trace", Action=["xray:*"]), MACHINE, "both sides"),
    ],
)
def test_a_wider_side_is_found_even_if_the_other_side_still_blocks(
    simulator: Simulator, wider: Accounts, role: str, side: str
) -> None:
    surplus = unexpected_access(simulator, wider, role, ROLE_CALLS, NEIGHBOURS, contexts=PREFIXES)
    assert any(line.endswith(f"({side})") for line in surplus)


def test_a_quick_sweep_misses_only_the_call_that_needs_no_permission(
    simulator: Simulator,
) -> None:
    for resource in ("*", f"arn:aws:s3:::{DATA}", KEY_LIST):
        quick = simulator.sweep(ACCOUNTS, MACHINE, [resource])
        thorough = simulator.sweep(ACCOUNTS, MACHINE, [resource], thorough=True)
        # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: no permission is required.
        assert thorough - quick <= {("sts:GetCallerIdentity", "*")}
        assert quick <= thorough


@pytest.mark.parametrize(
    ("accounts", "reason"),
    [
        (changed(LIST, "ListSourceBucket", Resource="${aws_s3_bucket.source.arn}"), "is not resolved"),
        (changed(LIST, "ListSourceBucket", Resource="source-data"), "is neither"),
        (changed(LIST, "ListSourceBucket", Action=["s3:ListBuckets"]), "there is no action s3:ListBuckets"),
        (changed(DATA, "ReadSourceObjects", Action="s3:Gett*"), "there is no action s3:Gett*"),
    ],
)
def test_a_policy_that_makes_decisions_worthless_is_refused(
    simulator: Simulator, accounts: Accounts, reason: str
) -> None:
    with pytest.raises(UndecidableError, match=reason.replace("*", r"\*")):
        simulator.decide(accounts, ROLE_CALLS[0])


@pytest.mark.parametrize(
    "call",
    [
        Call(LIST, "s3:GetObjekt", OBJECT),
        Call(LIST, "s3:GetObject", FUNCTIONS["list-objects"]),
        Call(LIST, "s3:GetObject", f"arn:aws:s3:::{DATA}/*"),
        Call(LIST, "xray:PutTraceSegments", OBJECT),
        Call(LIST, "s3:ListBucket", f"arn:aws:s3:::{DATA}", {"s3:prefiks": "2026/"}),
    ],
)
def test_an_impossible_call_is_an_error_and_not_a_denial(simulator: Simulator, call: Call) -> None:
    with pytest.raises(UndecidableError):
        simulator.decide(ACCOUNTS, call)


def test_an_iam_policy_variable_is_not_taken_for_an_unresolved_reference(simulator: Simulator) -> None:
    home = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{RUNS}/${{aws:PrincipalAccount}}/*"}
    accounts = Accounts(
        roles={LIST: Role(policies={"home": document(home)}, trust=document())},
        buckets={RUNS: Bucket(account_id=TARGET)},
    )
    assert simulator.allows(accounts, Call(LIST, "s3:GetObject", f"arn:aws:s3:::{RUNS}/{TARGET}/a"))
    assert not simulator.allows(accounts, Call(LIST, "s3:GetObject", f"arn:aws:s3:::{RUNS}/{DATA}/a"))


def test_the_matrix_is_readable_as_text(simulator: Simulator) -> None:
    narrowed = changed(PROCESS, "ReadSourceObjects", Resource=f"arn:aws:s3:::{DATA}/x")
    cells = list(matrix(simulator, narrowed, [Call(PROCESS, "s3:GetObject", OBJECT)]))
    lines = table(cells).splitlines()
    assert lines[0].split() == [
        "call",
        *(f"mapspan-local-{name}" for name in ("list-objects", "process-objects", "state-machine", "summarize-run")),
    ]
    assert lines[1].split() == ["s3:GetObject", OBJECT, "-", "-!", "-", "-"]
