"""Tags are refused by file and field if one of the services that get them would refuse them."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.files import load
from tests.fixtures.environment_files import RIGHT, errors, errors_with, write

SYMBOLS = "_.:/=+-@"
# Zl and Zp are separators too, and each of them holds one control character only.
TAKEN = st.characters(categories=("L", "N", "Zs")) | st.sampled_from(SYMBOLS)
REFUSED = st.characters(exclude_categories=("L", "N", "Z", "Cc", "Cs"), exclude_characters=SYMBOLS)


def not_reserved(text: str) -> bool:
    return not text.lower().startswith("aws:")


@pytest.mark.parametrize(
    ("tags", "line"),
    [
        ({"": "a"}, 'tags."": "" is empty, and a tag needs a key: write one'),
        ({"k" * 129: "a"}, "has 129 characters, and a tag's key has at most 128: shorten it"),
        ({"Team": "v" * 257}, "has 257 characters, and a tag's value has at most 256: shorten it"),
        ({"aws:team": "a"}, 'tags."aws:team": "aws:team" begins with aws:, which AWS keeps for its own tags: write it'),
        ({"AwS:team": "a"}, 'tags."AwS:team": "AwS:team" begins with aws:'),
        ({"Team": "AWS:a"}, 'tags.Team: "AWS:a" begins with aws:'),
        ({"Team": "R&D"}, 'tags.Team: "R&D" contains &, which AWS does not take in a tag: write letters, digits, spac'),
        ({"a,b": "a"}, 'tags."a,b": "a,b" contains ,, which AWS'),
        ({"Team": "a\u200b"}, r'tags.Team: "a\u200b" contains \u200b, which AWS'),
        ({"Team": "😀"}, 'tags.Team: "😀" contains 😀, which AWS'),
        ({"Team": "a", "team": "b"}, "tags.team: for IAM, this is the same key as Team: remove one of the two"),
        ({"Å": "a", "å": "b"}, 'tags."å": for IAM, this is the same key as Å'),
        ({"Åre": "a", "\u212bre": "b"}, 'tags."\u212bre": for IAM, this is the same key as Åre'),
        ({"a\u0007": "a"}, r'tags."a\u0007": its name contains the control character U+0007: remove it'),
        ({f"t{n}": "a" for n in range(51)}, "tags: has more than 50 entries: remove some of them"),
    ],
)
def test_a_tag_that_a_service_refuses_is_refused_by_its_field(tags: dict[str, str], line: str) -> None:
    (error,) = errors_with({"tags": tags})
    assert error.startswith("tags")
    assert line in error


@pytest.mark.parametrize(
    "tags",
    [
        {"k" * 128: "v" * 256},
        {"cost center": "", "a.b:c/d=e+f-g@h_i": "Überwachung 数据 ٣\u00a0"},
        {"my-aws:team": "my aws:"},
        {f"t{n}": "a" for n in range(50)},
    ],
)
def test_a_tag_at_the_limits_is_accepted(tags: dict[str, str]) -> None:
    assert errors_with({"tags": tags}) == []


@given(st.text(TAKEN, min_size=1, max_size=128).filter(not_reserved), st.text(TAKEN, max_size=256).filter(not_reserved))
def test_letters_digits_spaces_and_the_symbols_are_accepted(key: str, value: str) -> None:
    assert errors_with({"tags": {key: value}}) == []


@given(before=st.text(TAKEN, max_size=60), character=REFUSED, after=st.text(TAKEN, max_size=60), in_key=st.booleans())
def test_any_other_character_is_refused(before: str, character: str, after: str, in_key: bool) -> None:
    text = before + character + after
    (error,) = errors_with({"tags": {text: "a"} if in_key else {"Team": text}})
    assert error.startswith("tags.")
    assert error.isprintable()


@given(st.text(TAKEN, min_size=1, max_size=60).filter(not_reserved))
def test_two_keys_that_differ_only_in_case_are_refused(key: str) -> None:
    keys = {key, key.lower(), key.upper()}
    same = {unicodedata.normalize("NFC", one).casefold() for one in keys}
    accepted = all(unicodedata.category(character)[0] in "LNZ" or character in SYMBOLS for character in "".join(keys))
    reported = errors_with({"tags": dict.fromkeys(sorted(keys), "a")})
    if accepted and all(map(not_reserved, keys)):
        assert len(reported) == len(keys) - len(same)


def test_keys_of_both_files_that_differ_only_in_case_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "defaults", 'tags = { Team = "data" }')
    (error,) = errors(write(tmp_path, text=RIGHT.replace("tags = {}", 'tags = { team = "b" }')))
    assert error.startswith(f"{tmp_path.name}/team.toml: tags.team: for IAM, this is the same key as Team")


@pytest.mark.parametrize("value", ['"R&D"', r'"\u0007"'])
def test_a_tag_that_all_environments_share_is_reported_for_their_file(tmp_path: Path, value: str) -> None:
    write(tmp_path, "defaults", f"tags = {{ Team = {value} }}")
    (error,) = errors(write(tmp_path, text=RIGHT.replace("tags = {}", 'tags = { Cost = "7" }')))
    assert error.startswith(f"{tmp_path.name}/defaults.toml: tags.Team: ")


def test_the_keys_of_tags_keep_their_case(tmp_path: Path) -> None:
    text = RIGHT.replace("tags = {}", 'tags = { "Cost Center" = "A b" }')
    assert load("team", write(tmp_path, text=text)).tags == {"Cost Center": "A b"}
