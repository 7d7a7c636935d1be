"""The proofs, tried where mistakes can be put in at will: what is right passes, and each mistake is found."""

from dataclasses import replace
from typing import Any

import pytest

from mapspan.review.iam.accounts import Accounts, Bucket, Role
from mapspan.review.iam.simulator import Call, Simulator, UndecidableError
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
from tests.iam.proofs import matrix, superfluous, surprises, table, unexpected

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


def statement(accounts: Accounts, owner: str, sid: str) -> Any:
    """A statement and where it stands."""
    return next((place, found) for place, found in accounts.statements() if (place.owner, place.sid) == (owner, sid))


def changed(owner: str, sid: str, **changes: object) -> Accounts:
    """The accounts with one statement changed."""
    place, found = statement(ACCOUNTS, owner, sid)
    return ACCOUNTS.with_statement(place, {**found, **changes})


def test_every_role_may_make_its_own_calls_and_nobody_elses(simulator: Simulator) -> None:
    cells = list(matrix(simulator, ACCOUNTS, [*ROLE_CALLS, *ASSUME_CALLS]))
    assert surprises(cells) == [], "\n" + table(cells)
    assert {cell.allowed for cell in cells} == {True, False}


def test_conditions_hold_on_both_sides(simulator: Simulator) -> None:
    assert [str(call) for call in REFUSED_CALLS if simulator.allows(ACCOUNTS, call)] == []


def test_no_statement_is_superfluous(simulator: Simulator) -> None:
    assert superfluous(simulator, ACCOUNTS, made=[*ROLE_CALLS, *ASSUME_CALLS], refused=REFUSED_CALLS) == []


def test_a_superfluous_statement_is_found(simulator: Simulator) -> None:
    twice = {**ACCOUNTS.roles[LIST].policies}
    twice["again"] = twice["write-key-list"]
    doubled = replace(ACCOUNTS, roles={**ACCOUNTS.roles, LIST: replace(ACCOUNTS.roles[LIST], policies=twice)})
    found = superfluous(simulator, doubled, made=[*ROLE_CALLS, *ASSUME_CALLS], refused=REFUSED_CALLS)
    assert {place.policy for place in found} == {"again", "write-key-list"}


@pytest.mark.parametrize("role", [LIST, PROCESS, SUMMARIZE, MACHINE])
def test_the_sweep_over_every_action_finds_nothing_else(simulator: Simulator, role: str) -> None:
    assert unexpected(simulator, ACCOUNTS, role, ROLE_CALLS, NEIGHBOURS, contexts=PREFIXES) == []
    # And it does find what is there: of no role are the calls it makes expected when none is said to be made.
    assert unexpected(simulator, ACCOUNTS, role, [], [call.resource for call in ROLE_CALLS], contexts=PREFIXES)


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
def test_widening_one_side_alone_is_found_although_the_other_still_blocks(
    simulator: Simulator, wider: Accounts, role: str, side: str
) -> None:
    found = unexpected(simulator, wider, role, ROLE_CALLS, NEIGHBOURS, contexts=PREFIXES)
    assert any(line.endswith(f"({side})") for line in found)


def test_asking_only_what_an_allow_names_misses_nothing_but_what_nobody_needs_leave_for(simulator: Simulator) -> None:
    for resource in ("*", f"arn:aws:s3:::{DATA}", KEY_LIST):
        quick = simulator.sweep(ACCOUNTS, MACHINE, [resource])
        thorough = simulator.sweep(ACCOUNTS, MACHINE, [resource], thorough=True)
        # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: no permission is required.
        assert thorough - quick <= {("sts:GetCallerIdentity", "*")}
        assert quick <= thorough


@pytest.mark.parametrize(
    ("accounts", "what"),
    [
        (changed(LIST, "ListSourceBucket", Resource="${aws_s3_bucket.source.arn}"), "is not resolved"),
        (changed(LIST, "ListSourceBucket", Resource="source-data"), "is neither"),
        (changed(LIST, "ListSourceBucket", Action=["s3:ListBuckets"]), "there is no action s3:ListBuckets"),
        (changed(DATA, "ReadSourceObjects", Action="s3:Gett*"), "there is no action s3:Gett*"),
    ],
)
def test_a_policy_whose_decisions_would_be_worthless_is_refused(
    simulator: Simulator, accounts: Accounts, what: str
) -> None:
    with pytest.raises(UndecidableError, match=what.replace("*", r"\*")):
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
def test_a_call_that_nobody_could_make_is_no_denial(simulator: Simulator, call: Call) -> None:
    with pytest.raises(UndecidableError):
        simulator.decide(ACCOUNTS, call)


def test_policy_variables_of_iam_are_not_mistaken_for_unresolved_references(simulator: Simulator) -> None:
    home = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{RUNS}/${{aws:PrincipalAccount}}/*"}
    accounts = Accounts(
        roles={LIST: Role(policies={"home": document(home)}, trust=document())},
        buckets={RUNS: Bucket(account_id=TARGET)},
    )
    assert simulator.allows(accounts, Call(LIST, "s3:GetObject", f"arn:aws:s3:::{RUNS}/{TARGET}/a"))
    assert not simulator.allows(accounts, Call(LIST, "s3:GetObject", f"arn:aws:s3:::{RUNS}/{DATA}/a"))


def test_the_matrix_can_be_read(simulator: Simulator) -> None:
    narrowed = changed(PROCESS, "ReadSourceObjects", Resource=f"arn:aws:s3:::{DATA}/x")
    cells = list(matrix(simulator, narrowed, [Call(PROCESS, "s3:GetObject", OBJECT)]))
    lines = table(cells).splitlines()
    assert lines[0].split() == [
        "call",
        *(f"mapspan-local-{name}" for name in ("list-objects", "process-objects", "state-machine", "summarize-run")),
    ]
    assert lines[1].split() == ["s3:GetObject", OBJECT, "-", "-!", "-", "-"]
