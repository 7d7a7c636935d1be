"""A batch that failed as a whole, written by the worker and read back by the command line."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.jobs.checksum.job import process
from lambdas.job.bucket import Bucket
from lambdas.process_objects.batch_failure import BatchFailed, read_batch_failure
from mapspan.running.child_failures import failed_keys
from tests.fixtures.batch_failures import batch_failure_cause, lambda_error
from tests.fixtures.batches import run_batch
from tests.fixtures.fake_s3 import FakeS3, refusal
from tests.fixtures.finished_runs import RunsBucket, child, finished_run
from tests.fixtures.nasty_keys import keys

FORGER = "a'; 1000000 x DiskFull, such as 'b"
# What Step Functions keeps of a cause, in characters.
LONGEST_CAUSE = 32_768


def test_a_key_cannot_forge_counts() -> None:
    s3 = FakeS3()
    s3.refusals[FORGER] = refusal("AccessDenied", "Access Denied")
    with pytest.raises(BatchFailed) as failure:
        run_batch([FORGER], source=Bucket(s3.client, "source", s3.owner), process=process)
    cause = lambda_error(failure.value)
    assert [(keys.error, keys.keys) for keys in failed_keys("BatchFailed", cause, 1)] == [("AccessDenied", 1)]
    bucket = RunsBucket()
    bucket.write("FAILED", [child([FORGER], Error="BatchFailed", Cause=cause)])
    results, _ = bucket.read(finished_run())
    assert [(cause.error, cause.keys, cause.examples[0].key) for cause in results.causes.by_keys()] == [
        ("AccessDenied", 1, FORGER)
    ]


# Half of the texts look like what stands around them.
texts = st.text(max_size=60) | st.sampled_from([FORGER, '"}]}', '{"Summary": ""}', "\\", "\\u0000", "\ud800"])


@given(st.lists(st.tuples(keys | texts.filter(str.isprintable), st.sampled_from("ABCDE"), texts), min_size=1))
def test_whatever_keys_and_causes_hold_the_counts_and_examples_are_read_back(
    failures: list[tuple[str, str, str]],
) -> None:
    batch_failure = read_batch_failure("BatchFailed", batch_failure_cause(failures))
    assert batch_failure is not None
    counts = Counter(error for _, error, _ in failures)
    assert {entry["Error"]: entry["Keys"] for entry in batch_failure["Errors"]} == counts
    for entry in batch_failure["Errors"]:
        key, _, cause = next(failure for failure in failures if failure[1] == entry["Error"])
        assert entry["Example"] == {"Key": key, "Cause": cause.encode("utf-8", "replace").decode()}


def test_the_summary_is_a_sentence_for_a_person() -> None:
    cause = batch_failure_cause([("a", "AccessDenied", ""), ("b", "ObjectNotFound", ""), ("c", "AccessDenied", "")])
    batch_failure = read_batch_failure("BatchFailed", cause)
    assert batch_failure is not None
    assert batch_failure["Summary"] == "all 3 keys failed: 2 with AccessDenied, 1 with ObjectNotFound"


def test_a_long_cause_of_an_example_keeps_both_ends() -> None:
    batch_failure = read_batch_failure("BatchFailed", batch_failure_cause([("a", "A", "begin" + "x" * 600 + "end")]))
    assert batch_failure is not None
    cause = batch_failure["Errors"][0]["Example"]["Cause"]
    assert re.fullmatch("beginx{200,}…x{200,}end", cause)


@pytest.mark.parametrize("character", ["\x01", "\\", '"', "😀", "x"])
def test_step_functions_cuts_no_cause_however_long_its_keys_are(character: str) -> None:
    key = character * (1024 // len(character.encode()))
    cause = batch_failure_cause([(key, f"{number}" * 48, character * 2000) for number in range(9)])
    assert len(cause) < LONGEST_CAUSE - 2000, "2,000 characters are left for the stack trace"
    batch_failure = read_batch_failure("BatchFailed", cause)
    assert batch_failure is not None
    assert batch_failure["Errors"][0]["Example"]["Key"] == key


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("Lambda.Unknown", batch_failure_cause([("a", "AccessDenied", "no")])),
        ("BatchFailed", ""),
        ("BatchFailed", "all 3 keys failed: 3 x AccessDenied, such as 'a': no"),
        ("BatchFailed", json.dumps({"errorMessage": "a bad item"})),
        ("BatchFailed", json.dumps({"errorMessage": '{"Summary": "", "Errors": [{"Error": "A"}]}'})),
        ("BatchFailed", json.dumps({"errorMessage": "[]"})),
        ("BatchFailed", "[]"),
    ],
)
def test_any_other_failure_is_not_a_batch_failure(error: str, cause: str) -> None:
    assert read_batch_failure(error, cause) is None
