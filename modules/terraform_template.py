"""Text that Terraform must take as it is."""

import re

# A CDKTF token is Terraform's to resolve; every other ${ and %{ is text that only looks like a template.
_TEMPLATE_START = re.compile(r"\$\{(?!TfToken\[)|%\{")


def literal(text: str) -> str:
    """`text` with Terraform's template characters escaped, so that a plan holds the same bytes.

    JSONata is full of them: `{%{"a": 1}%}`.
    https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences-1
    """
    return _TEMPLATE_START.sub(lambda match: match.group()[0] + match.group(), text)
