"""Text that Terraform would read as a template is escaped; CDKTF's tokens are not."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.terraform_template import json_literal, read_literal


def terraform_reads(text: str) -> object:
    """What Terraform reads: each $${ becomes ${ and each %%{ becomes %{."""
    assert not re.search(r"(?<!\$)\$\{|(?<!%)%\{", text), "a template would start here"
    return json.loads(text.replace("$${", "${").replace("%%{", "%{"))


@given(st.text(alphabet="${}%ab\"'\\\n "))
def test_terraform_reads_the_original_text(text: str) -> None:
    assert terraform_reads(json_literal(text)) == text


@pytest.mark.parametrize("jsonata", ['{%{"a": 1}%}', "{% $states.input.a ~> $f{b} %}", "${x}", "$${x}"])
def test_jsonata_is_not_changed(jsonata: str) -> None:
    assert terraform_reads(json_literal({"Output": jsonata})) == {"Output": jsonata}


@given(st.text(alphabet="${}%ab\"'\\\n "))
def test_what_is_written_can_be_read(text: str) -> None:
    assert read_literal(json_literal({"Output": text})) == {"Output": text}


def test_a_cdktf_token_stays_a_reference() -> None:
    assert json_literal("${TfToken[TOKEN.7]}") == '"${TfToken[TOKEN.7]}"'
