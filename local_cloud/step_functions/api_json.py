"""Arguments and answers of an API, between the JSON of Step Functions and the shapes of boto3.

Only the API's own members are spelled otherwise. The names in a map, such as the attributes of a DynamoDB item, are
data: they stay as they are.
"""

from collections.abc import Callable
from typing import Any

# A member's name in Step Functions, by its name in the API.
Spell = Callable[[str], str]


def to_api(value: Any, shape: Any, spell: Spell) -> Any:
    """Arguments under the API's own names."""
    kind = getattr(shape, "type_name", None)
    if isinstance(value, dict) and kind == "structure":
        api_names = {spell(name): name for name in shape.members}
        named = {api_names.get(name, name): inner for name, inner in value.items()}
        return {name: to_api(inner, shape.members.get(name), spell) for name, inner in named.items()}
    if isinstance(value, dict) and kind == "map":
        return {name: to_api(inner, shape.value, spell) for name, inner in value.items()}
    if isinstance(value, list) and kind == "list":
        return [to_api(inner, shape.member, spell) for inner in value]
    return value


def from_api(value: Any, shape: Any, spell: Spell) -> Any:
    """An answer as JSON, with times as text and the content of streams as text."""
    kind = getattr(shape, "type_name", None)
    if isinstance(value, dict) and kind == "structure":
        return {spell(name): from_api(inner, shape.members.get(name), spell) for name, inner in value.items()}
    if isinstance(value, dict) and kind == "map":
        return {name: from_api(inner, shape.value, spell) for name, inner in value.items()}
    if isinstance(value, list) and kind == "list":
        return [from_api(inner, shape.member, spell) for inner in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "read"):
        return value.read().decode()
    return value.decode() if isinstance(value, bytes) else value
