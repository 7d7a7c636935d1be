"""JSON that Terraform must take as it is."""

import json
import re

# A CDKTF token is Terraform's to resolve; every other ${ and %{ is text that only looks like a template.
_TEMPLATE_START = re.compile(r"\$\{(?!TfToken\[)|%\{")


def json_literal(value: object) -> str:
    """`value` as JSON that comes out of Terraform as the same value, whatever strings it holds.

    Terraform's template characters are escaped: JSONata is full of them, as in `{%{"a": 1}%}`. What isn't ASCII
    is written as JSON's own escapes, since Terraform normalizes Unicode ("e" and U+0301 become one character)
    and drops U+FEFF. https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences-1
    """
    return _TEMPLATE_START.sub(lambda match: match.group()[0] + match.group(), json.dumps(value))
