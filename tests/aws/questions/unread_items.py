"""What is known of items that a failed Map Run had not read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.aws.definitions import FAIL, file_reader, one_map, result_writer
from tests.aws.question import Facts, Question

if TYPE_CHECKING:
    from tests.aws.bench import Bench


def ask(bench: Bench) -> Facts:
    items = bench.scaled(aws=200_000, local=50)
    bench.put({"unread/items.jsonl": b"".join(b'{"n": %d}\n' % number for number in range(items))})
    definition = one_map(
        child=FAIL,
        kind="EXPRESS",
        ItemReader=file_reader(bench.bucket, "unread/items.jsonl"),
        ResultWriter=result_writer(bench.bucket, "unread-results", "NONE", "JSON"),
        MaxConcurrency=10,
    )
    outcome = bench.run(definition)
    files = {key.rsplit("/", 1)[1]: body for key, body in bench.objects("unread-results/").items()}
    counts = {name: len(json.loads(body)) for name, body in files.items() if name != "manifest.json"}
    return {**outcome.facts, "items in the file": items, "records in the result files": counts}


QUESTION = Question(
    name="unread_items",
    question="Are the items that a failed Map Run had not read counted, and are they in a PENDING file?",
    assumption="They may be missing in both: mapspan counts them as pending, from its own key list.",
    ask=ask,
    minutes=5,
    dollars=0.05,
)
