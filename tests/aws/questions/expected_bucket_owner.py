"""Whether a reader takes ExpectedBucketOwner, and whether it reads a file of another account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.aws.definitions import file_reader, listing_reader, one_map
from tests.aws.question import Facts, Question

if TYPE_CHECKING:
    from tests.aws.bench import Bench


def ask(bench: Bench) -> Facts:
    target, source = bench.accounts.target.account_id, bench.accounts.source.account_id
    bench.put({"owner/items.jsonl": b'{"n": 1}\n'})
    foreign = bench.source_bucket
    bench.source_s3.put_object(Bucket=foreign, Key="owner/items.jsonl", Body=b'{"n": 1}\n')
    readers = {
        "own file, right owner": file_reader(bench.bucket, "owner/items.jsonl", ExpectedBucketOwner=target),
        "own file, wrong owner": file_reader(bench.bucket, "owner/items.jsonl", ExpectedBucketOwner=source),
        "own listing, right owner": listing_reader(bench.bucket, "owner/", ExpectedBucketOwner=target),
        "own listing, wrong owner": listing_reader(bench.bucket, "owner/", ExpectedBucketOwner=source),
        "foreign file, right owner": file_reader(foreign, "owner/items.jsonl", ExpectedBucketOwner=source),
        "foreign file, wrong owner": file_reader(foreign, "owner/items.jsonl", ExpectedBucketOwner=target),
        "foreign file, no owner": file_reader(foreign, "owner/items.jsonl"),
        "foreign listing, right owner": listing_reader(foreign, "owner/", ExpectedBucketOwner=source),
    }
    return {case: bench.run(one_map(ItemReader=reader)).facts for case, reader in readers.items()}


QUESTION = Question(
    name="expected_bucket_owner",
    question="Does an ItemReader take ExpectedBucketOwner, and does it read a bucket of another account?",
    assumption="It takes it for files and for listings, and fails with States.ItemReaderFailed for a wrong owner."
    " mapspan reads only buckets of the target account.",
    ask=ask,
    minutes=2,
)
