"""What a JSON Lines file may contain besides objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.aws.definitions import file_reader, one_map
from tests.aws.question import Facts, Question

if TYPE_CHECKING:
    from tests.aws.bench import Bench

LINES = {
    "strings": b'"a"\n"b"\n',
    "numbers": b"1\n2\n",
    "arrays": b'["a"]\n["b"]\n',
    "an empty line": b'{"n": 1}\n\n{"n": 2}\n',
    "no newline at the end": b'{"n": 1}\n{"n": 2}',
}


def ask(bench: Bench) -> Facts:
    bench.put({f"lines/{case}.jsonl": body for case, body in LINES.items()})
    facts = {}
    for case in LINES:
        outcome = bench.run(one_map(ItemReader=file_reader(bench.bucket, f"lines/{case}.jsonl")))
        facts[case] = {**outcome.facts, "inputs": bench.inputs(outcome)}
    return facts


QUESTION = Question(
    name="bare_strings",
    question="Which lines of a JSON Lines file are items: bare strings, numbers, arrays, empty lines?",
    assumption='Objects only are documented, so a key list has lines of the form {"Key": "…"}.',
    ask=ask,
)
