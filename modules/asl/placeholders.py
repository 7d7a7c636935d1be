"""Placeholders in a definition's text: `${Name}`, as CloudFormation, SAM and Terraform's `templatefile` fill them.

They are no JSONata, no JSONPath and no ARNs. `$$.` and `$.` are never one.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-statemachine.html
https://developer.hashicorp.com/terraform/language/functions/templatefile
"""

import json
import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\$\{\s*(?P<name>[^{}]*?)\s*\}")
# Inside JSONata, `${"day": date}` groups values; a name alone is not valid JSONata.
_PLACEHOLDER_IN_JSONATA = re.compile(r"\$\{\s*(?P<name>[A-Za-z_][\w.:-]*)\s*\}")
# A JSON string, in which a placeholder may contain quotes; or a placeholder outside of strings, as for a number.
_JSON_TOKEN = re.compile(r'"(?P<text>(?:\$\{[^{}]*\}|\\.|[^"\\])*)"|(?P<bare>\$\{[^{}]*\})', re.DOTALL)


class Placeholders:
    """Fills placeholders with values, and collects the names of those that have none."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values
        self.missing: dict[str, None] = {}  # in the order in which they appear

    def fill_json(self, text: str) -> str:
        """A JSON text with its placeholders filled: text inside of strings, JSON values outside of them."""
        return _JSON_TOKEN.sub(self._fill_token, text)

    def fill(self, text: str) -> object:
        """A string of a YAML file with its placeholders filled. A placeholder alone becomes its value, of any type."""
        alone = _PLACEHOLDER.fullmatch(text)
        if alone and alone["name"] in self._values:
            return self._values[alone["name"]]
        return self._fill_text(text, in_json=False)

    def _fill_token(self, token: re.Match[str]) -> str:
        if token["bare"] is None:
            return f'"{self._fill_text(token["text"], in_json=True)}"'
        name = token["bare"][2:-1].strip()
        if name in self._values:
            return json.dumps(self._values[name])
        self.missing[name] = None
        return "null"

    def _fill_text(self, text: str, *, in_json: bool) -> str:
        def fill(placeholder: re.Match[str]) -> str:
            name = placeholder["name"]
            if name not in self._values:
                self.missing[name] = None
                return placeholder[0]
            value = self._values[name]
            written = value if isinstance(value, str) else json.dumps(value)
            return json.dumps(written)[1:-1] if in_json else written

        pattern = _PLACEHOLDER_IN_JSONATA if text.startswith("{%") else _PLACEHOLDER
        return pattern.sub(fill, text)
