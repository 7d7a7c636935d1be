"""A text inside a JSONata expression."""

import json


def literal(text: str) -> str:
    """The text as JSONata reads it: like a string of JSON."""
    return json.dumps(text, ensure_ascii=False)
