"""A field that takes a number, which a definition may give as a path."""

import contextlib
import math
from dataclasses import dataclass
from typing import Any

from local_cloud.step_functions import payload


class BadValue(Exception):  # noqa: N818 - a value of the definition is wrong, not this program
    """A limit has a value that AWS doesn't take. The text is AWS's, without the place."""


@dataclass(frozen=True)
class Limit:
    """`field` is the field's name in the definition, such as `MaxConcurrencyPath`.

    `path` is what the number was read from, "" in JSONata and for a literal.
    """

    value: Any
    field: str
    path: str = ""

    def whole(self) -> int:
        """Raises BadValue unless it is a whole number."""
        number = self._number()
        if number is None or number != int(number):
            raise self._not_valid("integer")
        return int(number)

    def count(self) -> int:
        """Raises BadValue unless it is a whole number of 0 or more."""
        number = self.whole()
        if number < 0:
            raise BadValue(f"{self._name} cannot be negative.")
        return number

    def percentage(self) -> float:
        """Raises BadValue unless it is a number from 0 to 100."""
        number = self._number()
        if number is None:
            raise self._not_valid("float")
        if not 0 <= number <= 100:
            raise BadValue(f"{self._name} must be between 0 and 100.")
        return float(number)

    def _number(self) -> float | None:
        """None unless it is a number. A path may also find a number as a text, as recorded on AWS."""
        value = self.value
        if isinstance(value, str) and self.path:
            with contextlib.suppress(ValueError):
                value = float(value)
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return value if is_number else None

    @property
    def _name(self) -> str:
        return self.field.removesuffix("Path") if self.path else self.field

    def _not_valid(self, kind: str) -> BadValue:
        text = self.value if isinstance(self.value, str) else payload.text(self.value)
        source = f": {self.path}" if self.path else ""
        return BadValue(f'The {self.field} field refers to value "{text}" which is not a valid {kind}{source}')
