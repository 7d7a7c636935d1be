"""What Terraform would read as a template is escaped; CDKTF's own tokens are not."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.terraform_template import json_literal


def terraform_reads(text: str) -> object:
    """What Terraform makes of an escaped string: each $${ is ${ and each %%{ is %{."""
    assert not re.search(r"(?<!\$)\$\{|(?<!%)%\{", text), "a template would start here"
    return json.loads(text.replace("$${", "${").replace("%%{", "%{"))


@given(st.text(alphabet="${}%ab\"'\\\n "))
def test_terraform_reads_the_text_that_was_meant(text: str) -> None:
    assert terraform_reads(json_literal(text)) == text


@pytest.mark.parametrize("jsonata", ['{%{"a": 1}%}', "{% $states.input.a ~> $f{b} %}", "${x}", "$${x}"])
def test_jsonata_survives(jsonata: str) -> None:
    assert terraform_reads(json_literal({"Output": jsonata})) == {"Output": jsonata}


def test_a_cdktf_token_stays_a_reference() -> None:
    assert json_literal("${TfToken[TOKEN.7]}") == '"${TfToken[TOKEN.7]}"'
