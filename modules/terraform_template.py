"""Text and JSON that Terraform reads as such, not as a template."""

import json
import re
from typing import Any

# Terraform resolves a CDKTF token. Every other ${ and %{ is text that only looks like a template.
_TEMPLATE_START = re.compile(r"\$\{(?!TfToken\[)|%\{")
_ESCAPED_START = re.compile(r"\$\$\{|%%\{")


def json_literal(value: object) -> str:
    """`value` as JSON that Terraform reads as the same value, whatever strings it contains.

    Terraform's template characters are escaped; JSONata is full of them, as in `{%{"a": 1}%}`. Characters outside ASCII
    are written as escapes of JSON, because Terraform normalizes Unicode ("e" and U+0301 become one character) and drops
    U+FEFF. https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences-1
    """
    return text_literal(json.dumps(value))


def text_literal(text: str) -> str:
    """`text` as Terraform reads it as the same text, if Unicode's normal form NFC doesn't change it."""
    return _TEMPLATE_START.sub(lambda match: match.group()[0] + match.group(), text)


def read_literal(text: str) -> Any:
    """The value that `json_literal` wrote, as Terraform passes it on."""
    return json.loads(_ESCAPED_START.sub(lambda match: match.group()[1:], text))
