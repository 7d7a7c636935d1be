"""Every hidden character of text from outside is shown."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mapspan.outside_text import encodable, shorten_middle, visible, visible_lines
from mapspan.source_access.access_check import AccessCheck
from mapspan.source_access.check_access_command import _line

# Cf has a few signs that have a shape of their own, such as those before Arabic numbers.
HIDDEN = {"Cc", "Cs", "Zl", "Zp"}
BIDIRECTIONAL = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "BN"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026/orders", "2026/orders"),
        ("a\nb\tc\r", "a␊b␉c␍"),
        ("\x1b[31mred", "␛[31mred"),
        ("\x7f\x85", "␡⟨U+0085⟩"),
        ("gnp.\u202etxt\u202c", "gnp.⟨U+202E⟩txt⟨U+202C⟩"),
        ("a\u2028b\u200b", "a⟨U+2028⟩b⟨U+200B⟩"),
        ("\ud800\ufffe", "⟨U+D800⟩⟨U+FFFE⟩"),
        ("naïve 日本 ⚠️ \xa0", "naïve 日本 ⚠️ \xa0"),
    ],
)
def test_a_hidden_character_becomes_a_symbol(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_every_control_and_bidirectional_character_is_shown() -> None:
    hidden = [
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(character) in HIDDEN or unicodedata.bidirectional(character) in BIDIRECTIONAL
    ]
    assert len(hidden) > 2_000
    assert [character for character in hidden if character in visible(character)] == []


def test_lines_and_tabs_stay_where_they_are_wanted() -> None:
    assert visible_lines("Error:\n\tdenied\x1b[0m\r\n") == "Error:\n\tdenied␛[0m␍\n"


def test_no_line_of_a_cause_looks_like_one_of_ours() -> None:
    assert visible_lines("denied\nledger    listed 0", indent=10) == "denied\n          ledger    listed 0"


def test_a_key_and_an_error_cannot_speak_in_the_terminal() -> None:
    check = AccessCheck(
        call="s3:GetObject",
        role="reader",
        resource="data/a\x1b[2J\nallowed",
        verdict="missing",
        detail="AccessDenied: x\r\n✓ allowed  s3:GetObject",
    )
    line, *detail = _line(check).split("\n")
    assert line == "✗ missing  s3:GetObject data/a␛[2J␊allowed (reader)"
    assert detail == ["    AccessDenied: x␍", "    ✓ allowed  s3:GetObject"]


UNITS = st.sampled_from(["a", "b", "字", "\x1b", "\u202e", "\U000e0001", "é"])
ESCAPE = re.compile(r"⟨U\+[0-9A-F]{4,6}⟩|\\u27e8U\+[0-9A-F]{4,6}\\u27e9|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}")


@given(
    st.lists(UNITS, max_size=60).map("".join),
    st.integers(0, 90),
    st.sampled_from(["…", "..."]),
    st.sampled_from(["utf-8", "cp1252"]),
)
def test_a_shortened_text_fits_keeps_both_ends_and_splits_no_escape(
    text: str, width: int, mark: str, encoding: str
) -> None:
    shown = encodable(visible(text), encoding)
    short = shorten_middle(shown, width, mark=mark)
    assert cell_len(short) <= width
    if cell_len(shown) <= width:
        assert short == shown
    elif width >= len(mark):
        begin, _, end = short.partition(mark)
        assert shown.startswith(begin)
        assert shown.endswith(end)
        for part in (begin, end):
            assert not set(ESCAPE.sub("", part)) & set("⟨⟩\\+"), f"half an escape in {part!r}"
        # The longest escape has 19 columns: with room for one at each end, both ends are shown.
        assert width < 43 or (begin and end)


def test_a_denial_keeps_who_was_refused_and_the_resource() -> None:
    denial = "User: arn:aws:sts::1:assumed-role/worker is not authorized to s3:GetObject on arn:aws:s3:::data/2026/a"
    short = shorten_middle(denial, 60)
    assert short.startswith("User: arn:aws:sts")
    assert short.endswith("arn:aws:s3:::data/2026/a")
