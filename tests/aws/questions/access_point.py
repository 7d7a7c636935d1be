"""Whether a reader takes an access point for its bucket."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tests.aws.definitions import file_reader, listing_reader, one_map
from tests.aws.question import Facts, Question
from tests.aws.unanswered import Unanswered

if TYPE_CHECKING:
    from tests.aws.bench import Bench


def ask(bench: Bench) -> Facts:
    if bench.accounts.is_local:
        raise Unanswered("the local cloud has no access points")
    account_id, name = bench.accounts.target.account_id, bench.name("point")
    bench.put({"point/items.jsonl": b'{"n": 1}\n'})
    control = bench.accounts.in_target("s3control")

    def delete() -> None:
        with contextlib.suppress(ClientError):
            control.delete_access_point(AccountId=account_id, Name=name)

    bench.cleanup.later(f"access point {name}", delete)
    created = control.create_access_point(AccountId=account_id, Name=name, Bucket=bench.bucket)
    buckets = {"ARN": created["AccessPointArn"], "alias": created["Alias"]}
    return {
        f"{kind}, {by}": bench.run(one_map(ItemReader=reader)).facts
        for by, bucket in buckets.items()
        for kind, reader in (
            ("file", file_reader(bucket, "point/items.jsonl")),
            ("listing", listing_reader(bucket, "point/")),
        )
    }


QUESTION = Question(
    name="access_point",
    question="Can the Bucket of an ItemReader be an access point, by ARN or by alias?",
    assumption="Unknown: mapspan passes only bucket names.",
    ask=ask,
    minutes=2,
)
