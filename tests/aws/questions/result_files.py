"""The exact shape of result files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from modules.asl.result_writer import OUTPUT_TYPES, TRANSFORMATIONS
from tests.aws.definitions import SOME_FAIL, one_map, result_writer
from tests.aws.question import Facts, Question

if TYPE_CHECKING:
    from tests.aws.bench import Bench

ITEMS = [{"n": 1}, {"n": 2, "fail": True}]
FORMS = [(transformation, output_type) for transformation in TRANSFORMATIONS for output_type in OUTPUT_TYPES]


def ask(bench: Bench) -> Facts:
    facts = {}
    for transformation, output_type in FORMS:
        prefix = f"results/{transformation}-{output_type}"
        writer = result_writer(bench.bucket, prefix, transformation, output_type)
        definition = one_map(child=SOME_FAIL, Items=ITEMS, ToleratedFailureCount=1, ResultWriter=writer)
        outcome = bench.run(definition)
        facts[f"{transformation} {output_type}"] = {
            **outcome.facts,
            "output": outcome.output,
            "files": {key.removeprefix(prefix): _content(body) for key, body in bench.objects(prefix).items()},
        }
    return facts


def _content(body: bytes) -> Any:
    """A file as JSON; as text if it is something else, such as several lines."""
    text = body.decode()
    try:
        return json.loads(text)
    except ValueError:
        return text


QUESTION = Question(
    name="result_files",
    question="What exactly do the manifest and the result files contain, for each transformation and output type?",
    assumption="SUCCEEDED files have the children's outputs transformed, FAILED files whole descriptions with Input,"
    " Error and Cause.",
    ask=ask,
    minutes=2,
)
