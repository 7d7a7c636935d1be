"""The control characters that no setting may contain, and where a value contains them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

# Where an entry of a value is: the names of tables and the indexes of lists, from the outermost in.
Location = tuple[int | str, ...]

# C0, DEL, C1, line separators and the characters that change the direction of text: nobody sees them in a file, and a
# reviewer would read another name. https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def control_character(text: str) -> str | None:
    """The first control character of `text`, such as `U+0007`."""
    match = _CONTROL_CHARACTER.search(text)
    return f"U+{ord(match.group()):04X}" if match else None


def control_character_problems(value: object) -> Iterator[tuple[Location, str]]:
    """Yield each entry of a setting's value with a control character, and a sentence: which one, and what to do.

    The names of a table count too. A group of settings yields nothing, because each group checks its own fields.
    """
    if isinstance(value, str) and (control := control_character(value)):
        yield (), f"contains the control character {control}: remove it"
    entries: Mapping[str, object] | dict[int, object] = {}
    if isinstance(value, Mapping):
        entries = value
    elif isinstance(value, list | tuple):
        entries = dict(enumerate(value))
    for name, entry in entries.items():
        if isinstance(name, str) and (control := control_character(name)):
            yield (name,), f"its name contains the control character {control}: remove it"
        for location, sentence in control_character_problems(entry):
            yield (name, *location), sentence
