"""The label of a distributed Map, which is part of the ARNs of its Map Runs and children, and of IAM's resources.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

import re
from collections.abc import Iterator

_LONGEST = 40
# The characters that a label must not contain, such as white space, wildcards and brackets.
_REFUSED = re.compile(r"[\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]")


def label_errors(label: str) -> Iterator[str]:
    """An error for each reason for which AWS refuses the label."""
    if not 1 <= len(label) <= _LONGEST:
        yield f"Label: must have 1 to {_LONGEST} characters, not {len(label)}"
    if refused := _REFUSED.search(label):
        yield f"Label: must not contain {refused.group()!r}: {label!r}"
