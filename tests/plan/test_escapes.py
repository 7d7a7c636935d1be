"""A definition or a policy comes out of terraform as it went in."""

from __future__ import annotations

import itertools
import json
import tempfile
from pathlib import Path

import cdktf
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from mapspan.deploying.terraform import Terraform
from modules.readable_stack import ReadableStack
from modules.terraform_template import json_literal

PIECES = ("${", "%{", "$${", "%%{", "{%", "%}", "$", "%", "{", "}", '"', "'", "\\", "\n", "\r", "\t")
UNICODE = ("e\u0301", "\u00e9", "\u212b", "\ufeff", "\u2028", "\u0085", "\0", "\x01", "\U0001f98a", "\ud7ff", "\ue000")
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES + UNICODE), st.text(max_size=3)), max_size=8).map("".join)


def through_terraform(values: list[object]) -> list[object]:
    """The values that a provider receives for `values`."""
    with tempfile.TemporaryDirectory() as directory:
        app = cdktf.App(outdir=directory)
        stack = ReadableStack(app, "escapes")
        cdktf.LocalBackend(stack, path="terraform.tfstate")
        for number, value in enumerate(values):
            cdktf.TerraformOutput(stack, f"value_{number}", value=json_literal(value))
        app.synth()
        terraform = Terraform(Path(directory, "stacks", "escapes"))
        terraform.init()
        terraform.apply()
        outputs = terraform.outputs()
    return [json.loads(outputs[f"value_{number}"]) for number in range(len(values))]


# One run of terraform takes a hundred values; shrinking a failing list would take a hundred runs.
@settings(max_examples=4, phases=[Phase.explicit, Phase.generate])
@given(st.lists(TEXTS, min_size=60, max_size=100, unique=True))
@example(["".join(pair) for pair in itertools.product(PIECES, repeat=2)])
@example(['{%{"a": 1}%}', "$$${", "%%%{", "{% $states.input.`a b` %}", "${aws_iam_role.x.arn}", *UNICODE])
def test_every_text_round_trips(texts: list[str]) -> None:
    assert through_terraform([{text: text} for text in texts]) == [{text: text} for text in texts]
